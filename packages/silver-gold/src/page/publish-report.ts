/** Publishes a report about the lake in the gold store. It needs nothing that the gold function may not read: bronze is left out. */
import { glueDatabase as glueDatabaseOf } from "@lakehouse/lake/deployed-lake";
import { reportKey } from "@lakehouse/lake/keys";
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import { readReportAssets, renderReport } from "@lakehouse/page/report";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { PageLake } from "./page-lake.ts";
import { Refusals } from "./refusals.ts";
import { defaultLimits, flowWithoutBronze, reportData } from "./report-data.ts";

/** The lake of the gold function. */
export interface ReportedLake {
  readonly lake: PageLake["lake"];
  readonly catalog: Catalog;
  readonly scratch: string;
  readonly environment: string | undefined;
  /** The name of gold's bucket; undefined if it is a directory. */
  readonly bucket: string | undefined;
  readonly region: string | undefined;
  readonly glueDatabase: string | undefined;
  /** The folder with the built page. */
  readonly page: string;
}

/** What the run did, and what it leaves. */
export interface ReportedRun {
  /** Whether it changed gold. */
  readonly isChanged: boolean;
  /** Silver objects that an older contract made, by table. */
  readonly outdated: Readonly<Record<string, number>>;
  /** The time left. */
  readonly milliseconds: number;
  readonly passOver: PassOver;
}

/** The part of the time left that a report may take. */
const share = 0.5;
const mostMilliseconds = 300_000;

/** Between runs of a warm function, it remembers the counts of quarantine objects. */
const known = new WeakMap<ObjectStore, Refusals>();

/**
 * Publishes the report, if the run changed gold or there is none yet.
 *
 * @returns Its size; 0 if the last one stays.
 * @throws If it can't be made in time, or if a read or the write fails.
 */
export async function publishReport(
  { bucket, region, glueDatabase, page, ...reported }: ReportedLake,
  { isChanged, outdated, milliseconds, passOver }: ReportedRun,
): Promise<number> {
  const { lake, environment } = reported;
  if (!isChanged && (await lake.gold.head(reportKey)) !== undefined) {
    return 0;
  }
  const signal = AbortSignal.timeout(Math.min(milliseconds * share, mostMilliseconds));
  const assets = await readReportAssets(page);
  const place = {
    root: lake.gold.description,
    bucket: bucket === undefined ? undefined : { name: bucket, region: region ?? "REGION" },
    database: glueDatabase ?? glueDatabaseOf(environment ?? "ENVIRONMENT"),
  };
  const commandLine = environment === undefined ? "lakehouse" : `lakehouse --env ${environment}`;
  const pageLake = {
    ...reported,
    bronze: undefined,
    mistakes: [],
    place,
    commandLine,
    passOver,
  };
  const refusals = known.get(lake.silver) ?? new Refusals(lake.silver, passOver);
  known.set(lake.silver, refusals);
  const now = new Date();
  const flow = await flowWithoutBronze(pageLake, outdated, now);
  const data = await reportData(
    pageLake,
    { flow, audit: null, refusals },
    defaultLimits,
    now,
    signal,
  );
  const html = Buffer.from(renderReport(data, assets));
  signal.throwIfAborted();
  await lake.gold.put(reportKey, html, { contentType: "text/html; charset=utf-8" });
  return html.length;
}
