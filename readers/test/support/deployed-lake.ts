/** A lake in the emulated S3 with the Glue catalog of its deployment. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { processObject } from "@lakehouse/bronze-silver/process-object";
import { noProgress } from "@lakehouse/cli/testing/progress";
import { query } from "@lakehouse/cli/testing/query";
import { synthesize } from "@lakehouse/infra/synthesize";
import { environments } from "@lakehouse/infra/testing/environments";
import { bronzePrefix } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import type { Lake } from "@lakehouse/lake/object-store";
import { GlueDatabase } from "@lakehouse/silver-gold/glue";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { screenOf } from "@lakehouse/terminal/screen";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { createGlueCatalog, type GlueCatalog } from "../../src/glue.ts";

const account = "123456789012";

/** The rows of `lakehouse query`. */
export interface LakehouseRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A lake, as after a deployment, an hour of records and a gold run. */
export interface DeployedLake {
  readonly lake: Lake;
  readonly glue: GlueCatalog;
  /** The day on which all records arrived. */
  readonly arrivalDay: string;
  /** Runs `lakehouse query --json`. */
  query(sql: string): Promise<LakehouseRows>;
}

/**
 * Makes the lake.
 *
 * @param endpoint The emulated AWS.
 * @param records The records of each table.
 * @param scratch An empty folder.
 */
export async function deployLake(
  endpoint: string,
  catalog: Catalog,
  records: ReadonlyMap<string, readonly string[]>,
  scratch: string,
): Promise<DeployedLake> {
  const [dev] = environments;
  if (dev === undefined) {
    throw new TypeError("The tests have no environment.");
  }
  const recently = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
  const athena = { ...dev.athena, firstArrivalDay: recently, firstDay: recently, yearsAhead: 0 };
  const stacks = synthesize([{ ...dev, athena }], catalog, `${scratch}/stacks`);
  const glue = await createGlueCatalog(stacks.get("dev-lakehouse") ?? "", endpoint, account);
  const buckets = {
    bronze: `lakehouse-dev-bronze-${account}`,
    silver: `lakehouse-dev-silver-${account}`,
    gold: `lakehouse-dev-gold-${account}`,
  };
  for (const bucket of Object.values(buckets)) {
    await fetch(`${endpoint}/${bucket}`, { method: "PUT" });
  }
  const settings = { buckets, region: "us-east-1", endpoints: { s3: endpoint, glue: endpoint } };
  const lake = openLake("s3", settings);
  const now = new Date().toISOString();
  const hour = now.slice(0, 13).replaceAll(/[-T]/g, "/");
  const tableCatalog = new GlueDatabase(glue.database, settings);
  // Before the first record, each table has a version without rows.
  await runGold(lake, catalog, { scratch, threads: 2, tableCatalog });
  for (const { name } of catalog.tables) {
    const key = `${bronzePrefix(name)}${hour}/${name}-1-${now.slice(0, 13).replace("T", "-")}-00-00-${randomUUID()}.gz`;
    await lake.bronze.put(key, gzipSync((records.get(name) ?? []).join("\n")));
    await processObject(lake, catalog, key, { scratch });
  }
  await runGold(lake, catalog, { scratch, threads: 2, tableCatalog });
  const context = {
    catalog,
    mistakes: [],
    location: "s3",
    lake,
    commandLine: "lakehouse",
    settings: {},
    folder: scratch,
    scratch,
    json: true,
    screen: screenOf(process.stdout),
    progress: noProgress,
    passOver: () => {},
    signal: new AbortController().signal,
  };
  const answers = new Map<string, Promise<LakehouseRows>>();
  const run = async (sql: string): Promise<LakehouseRows> =>
    JSON.parse((await Array.fromAsync(query(context, sql, "json"))).join("")) as LakehouseRows;
  return {
    lake,
    glue,
    arrivalDay: now.slice(0, 10),
    // Two tests compare with the same rows.
    query: async (sql) => {
      const answer = answers.get(sql) ?? run(sql);
      answers.set(sql, answer);
      return await answer;
    },
  };
}
