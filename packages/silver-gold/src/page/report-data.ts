/** Everything that a report embeds. */
import { rm } from "node:fs/promises";
import { sep } from "node:path";
import { quarantinePrefix, silverPrefix } from "@lakehouse/lake/keys";
import { relationsOf } from "@lakehouse/lake/relations";
import type {
  AuditData,
  FlowData,
  LayerData,
  RefusedRecord,
  ReportData,
  RowsPage,
} from "@lakehouse/page/data";
import { inParallel } from "../in-parallel.ts";
import { type GoldRelation, isGold } from "../inspect/engines.ts";
import { type GoldFile, inspect, type ModelState, type TableState } from "../inspect/inspect.ts";
import { countLayer } from "../inspect/layers.ts";
import { readHistories } from "../inspect/versions.ts";
import { versionsOf } from "./history-data.ts";
import { lakeData } from "./lake-data.ts";
import type { PageLake } from "./page-lake.ts";
import { primaryKeyOf } from "./primary-key.ts";
import type { Refusals } from "./refusals.ts";
import { RelationRows } from "./rows.ts";

const listedAtOnce = 8;
const downloadsAtOnce = 8;
/** Few rows are read, and the gold function has little memory. */
const memoryLimitMib = 256;
/** A report is one file, so it holds the beginning of long records, and the latest versions. */
const rawLength = 4_096;
const mostVersions = 100;

/** The most that a report holds. */
export type ReportLimits = ReportData["limits"];

/** The limits if none are given. */
export const defaultLimits: ReportLimits = { rows: 1_000, refused: 20 };

/** What is collected elsewhere. */
export interface ReportParts {
  readonly flow: FlowData;
  readonly audit: AuditData | null;
  readonly refusals: Refusals;
}

/** Reads what a report embeds: a bounded part of each table and model, and of quarantine. */
export async function reportData(
  page: PageLake,
  { flow, audit, refusals }: ReportParts,
  limits: ReportLimits,
  now: Date,
  signal?: AbortSignal,
): Promise<ReportData> {
  const { lake, catalog } = page;
  const names = catalog.tables.map(({ name }) => name);
  const inspection = await inspect(lake.gold, catalog);
  const states = new Map<string, TableState | ModelState>([
    ...inspection.tables.map((state) => [state.table.name, state] as const),
    ...inspection.models.map((state) => [state.model.name, state] as const),
  ]);
  const rows: Record<string, RowsPage> = {};
  for (const relation of relationsOf(catalog).filter(isGold)) {
    signal?.throwIfAborted();
    const state = states.get(relation.name);
    if (state?.freshness === "current") {
      rows[relation.name] = await firstRows(page, relation, state.files, limits.rows);
    }
  }
  const refused: RefusedRecord[] = [];
  for (const name of names) {
    refused.push(...(await refusals.samples(name, limits.refused, { rawLength }, signal)));
  }
  const histories = [...(await readHistories(lake.gold))].map(
    ([name, history]) => [name, versionsOf(history).slice(0, mostVersions)] as const,
  );
  return {
    lake: await lakeData(page, now),
    flow,
    refusals: await refusals.count(names, signal),
    refused,
    rows,
    history: Object.fromEntries(histories),
    audit,
    limits,
  };
}

/** The first rows. Downloads only the files that they are in. */
async function firstRows(
  { lake, scratch }: PageLake,
  relation: GoldRelation,
  all: readonly GoldFile[],
  limit: number,
): Promise<RowsPage> {
  let rows = 0;
  const read: GoldFile[] = [];
  for (const file of all) {
    if (rows < limit) {
      read.push(file);
      rows += file.rows;
    }
  }
  const files = await inParallel(read, downloadsAtOnce, ({ key }) =>
    lake.gold.download(key, scratch),
  );
  try {
    const { name, columns, format } = relation;
    const opened = {
      name,
      view: { kind: "files" as const, columns, format, files },
      primaryKey: primaryKeyOf(relation),
      state: "",
    };
    using reader = await RelationRows.open(opened, scratch, { memoryLimitMib });
    const page = await reader.page({ relation: name, offset: 0, limit });
    return { ...page, total: all.reduce((sum, file) => sum + file.rows, 0) };
  } finally {
    const copies = files.filter((path) => path.startsWith(scratch + sep));
    await Promise.all(copies.map((path) => rm(path, { force: true })));
  }
}

/** What the layers hold that the gold function can list: all but bronze. @param outdated Silver objects, by table. */
export async function flowWithoutBronze(
  { lake, catalog, environment, commandLine, passOver }: PageLake,
  outdated: Readonly<Record<string, number>>,
  now: Date,
): Promise<FlowData> {
  const { silver, gold } = lake;
  const inspection = await inspect(gold, catalog);
  const parts = [
    ...catalog.tables.flatMap(({ name }) => [
      { layer: "silver" as const, name, store: silver, prefix: silverPrefix(name), rows: null },
      {
        layer: "quarantine" as const,
        name,
        store: silver,
        prefix: quarantinePrefix(name),
        rows: null,
      },
    ]),
    ...inspection.models.map(({ model: { name }, files }) => ({
      layer: "gold" as const,
      name,
      store: gold,
      prefix: `${name}/`,
      rows: files.reduce((sum, file) => sum + file.rows, 0),
    })),
  ];
  const layers = await inParallel(
    parts,
    listedAtOnce,
    async ({ layer, name, store, prefix, rows }): Promise<LayerData> => ({
      ...(await countLayer(layer, name, store, prefix, passOver)),
      rows,
      backlog: null,
    }),
  );
  return {
    at: now.toISOString(),
    layers,
    backlog: null,
    outdated: Object.entries(outdated).map(([table, objects]) => ({
      table,
      objects,
      command: `${commandLine} replay ${table} --outdated${environment === undefined ? "" : " --remote"}`,
    })),
    unknown: [],
  };
}
