/** A small lakehouse for tests: one table of readings, and three models. */
import { hash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silverKey } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { receiptToMetadata } from "@lakehouse/lake/receipt";
import {
  boolean,
  date,
  decimal,
  float64,
  int64,
  json,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { notNull, unique } from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { parse } from "csv-parse/sync";
import type { GoldOptions, GoldRun } from "../../src/gold-run.ts";
import { runGold } from "../../src/run-gold.ts";
import { FileLists } from "../../src/state/file-list.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { isLog, sequenceOf } from "../../src/state/state-keys.ts";
import { dataKeysOf, knownStateOf } from "../../src/state/state-of.ts";
import { type Etags, MemoryStore } from "./memory-store.ts";

export const readings = defineTable({
  name: "readings",
  columns: {
    sensor: string().notNull(),
    number: int64().notNull(),
    taken_on: date().notNull(),
    amount: decimal(38, 4),
    note: string(),
    taken_at: timestamp(),
    ok: boolean(),
    ratio: float64(),
    extra: json(),
  },
  primaryKey: ["sensor", "number"],
  partitionBy: month("taken_on"),
});

export const monthly = defineModel({
  name: "monthly",
  description: "Readings of each sensor and month",
  materialization: incremental(readings),
  columns: { sensor: string(), taken_in: string(), readings: int64(), total: decimal(38, 4) },
  sql: `select sensor, strftime(taken_on, '%Y-%m') as taken_in, count(*) as readings,
    cast(sum(amount) as decimal(38, 4)) as total
    from readings group by all`,
  checks: [unique("sensor", "taken_in"), notNull("sensor")],
});

export const summary = defineModel({
  name: "summary",
  description: "Readings of each sensor",
  materialization: full(),
  columns: { sensor: string(), months: int64(), total: decimal(38, 4) },
  sql: `select sensor, count(*) as months, cast(sum(total) as decimal(38, 4)) as total
    from monthly group by sensor; -- all of them`,
  checks: [unique("sensor")],
});

export const everything = defineModel({
  name: "everything",
  description: "The current rows, as they are",
  materialization: full(),
  columns: {
    sensor: string(),
    number: int64(),
    taken_on: date(),
    amount: decimal(38, 4),
    note: string(),
    taken_at: timestamp(),
    ok: boolean(),
    ratio: float64(),
    extra: json(),
  },
  sql: "from readings",
});

export const catalog = defineCatalog([readings], [summary, monthly, everything]);
/** For tests with many runs. */
export const smallCatalog = defineCatalog([readings], [monthly, summary]);

/** The fields of a row in a silver file; undefined is null. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** A lake in memory. */
export interface MemoryLake {
  readonly silver: MemoryStore;
  readonly gold: MemoryStore;
}

/**
 * @param bucket Gives gold's objects addresses, as in S3.
 * @param etags The etags of both stores.
 */
export const newLake = (bucket?: string, etags?: Etags): MemoryLake => ({
  silver: new MemoryStore(undefined, etags),
  gold: new MemoryStore(bucket, etags),
});
/** Another lake with the same objects. */
export function copyOf({ silver, gold }: MemoryLake): MemoryLake {
  const copy = (store: MemoryStore) => {
    const other = new MemoryStore(store.bucket, store.etags);
    for (const [key, stored] of store.objects) {
      other.objects.set(key, stored);
    }
    return other;
  };
  return { silver: copy(silver), gold: copy(gold) };
}

/** Makes a lake once, and returns a copy of it for each test. */
export function preparedLake(prepare: () => Promise<MemoryLake>): () => Promise<MemoryLake> {
  let prepared: Promise<MemoryLake> | undefined;
  return async () => {
    prepared ??= prepare();
    return copyOf(await prepared);
  };
}

export const scratch = mkdtempSync(join(tmpdir(), "gold-test-"));

/** The key of a bronze object that arrived at this minute of 2024-01-01. */
export function bronzeKey(minute: number, table = "readings"): string {
  const [hour, rest] = [Math.floor(minute / 60), minute % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  const uuid = `00000000-0000-4000-8000-${String(minute).padStart(12, "0")}`;
  return `${table}/2024/01/01/${hour}/${table}-1-2024-01-01-${hour}-${rest}-00-${uuid}.gz`;
}

/** The text of a silver file. */
export function csv(columns: readonly string[], rows: readonly Fields[]): string {
  const line = (fields: readonly (string | undefined)[]) => `${fields.map(quoted).join(",")}\n`;
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))].map(line).join("");
}

/** Writes a silver object as bronze→silver does. @returns Its key. */
export async function writeSilver(
  silver: ObjectStore,
  bronze: string,
  rows: readonly Fields[],
  table: Table = readings,
  columns: readonly string[] = table.columns.map(({ name }) => name),
): Promise<string> {
  return await putSilver(silver, bronze, Buffer.from(csv(columns, rows)), rows.length, table);
}

/**
 * Writes the content of a silver object with its receipt, as bronze→silver does.
 *
 * @param digests Leaves out the digests if false, as an earlier version did.
 * @returns Its key.
 */
export async function putSilver(
  silver: ObjectStore,
  bronze: string,
  content: Uint8Array,
  rows: number,
  table: Table = readings,
  digests = true,
): Promise<string> {
  const key = silverKey(bronze, table.format.silver);
  const metadata = receiptToMetadata({
    records: rows,
    rows,
    quarantined: 0,
    dropped: 0,
    warned: 0,
    damaged: false,
    contract: table.silverFingerprint,
    bronzeEtag: "e",
    ...(digests && { digests: { silver: hash("sha256", content), bronze: "b" } }),
  });
  await silver.put(key, content, { metadata });
  return key;
}

/** A row of readings. */
export function reading(
  sensor: string,
  number: number,
  takenOn: string,
  more: Fields = {},
): Fields {
  return { sensor, number: String(number), taken_on: takenOn, ...more };
}

/** Writes one silver object of readings, a minute after the last one. */
export async function arrive(
  { silver }: MemoryLake,
  ...rows: Parameters<typeof reading>[]
): Promise<void> {
  await writeSilver(
    silver,
    bronzeKey(silver.objects.size + 1),
    rows.map((row) => reading(...row)),
  );
}

/** Runs silver→gold with the tests' defaults. */
export function run(
  lake: { readonly silver: ObjectStore; readonly gold: ObjectStore },
  of: Catalog = catalog,
  options: Partial<GoldOptions> = {},
): Promise<GoldRun> {
  return runGold(lake, of, { scratch, threads: 2, ...options });
}

/** All objects of gold by key. The run record comes without `run`, which differs from run to run. */
export function contentOf(gold: MemoryStore): Record<string, string> {
  const entries = [...gold.objects].map(([key, { bytes }]) => {
    if (!key.endsWith("run.json")) {
      return [key, bytes.toString("base64")] as const;
    }
    const { run: _, ...record } = JSON.parse(bytes.toString());
    return [key, JSON.stringify(record)] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What readers see of models, by key: published objects as strings. How current rows are spread over files may depend on
 * history.
 */
export function published(gold: MemoryStore): Record<string, string> {
  const entries = [...gold.objects].filter(
    ([key]) => !/^_(state|current)\//.test(key) && sequenceOf(key) === undefined && !isLog(key),
  );
  return Object.fromEntries(
    entries
      .map(([key, { bytes }]) => {
        return [key, bytes.toString()] as const;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The rows of a CSV file as an independent library reads them: an empty field is null, `""` is the empty string. */
export function parsed(text: string): (string | null)[][] {
  return parse(text, {
    cast: (value, { quoting }) => (value === "" && !quoting ? null : value),
    relax_column_count: false,
    skip_empty_lines: false,
    record_delimiter: "\n",
  });
}

function quoted(text: string | undefined): string {
  if (text === undefined) {
    return "";
  }
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The keys of the data files of a table, by partition. */
export async function dataFilesOf(
  { gold }: MemoryLake,
  table = "readings",
): Promise<ReadonlyMap<string, readonly string[]>> {
  const record = (await readRunRecord(gold))?.record.tables[table];
  return record === undefined ? new Map() : await dataKeysOf(new FileLists(gold), table, record);
}

/** The keys of the state that the run record needs. */
export async function usedState({ gold }: MemoryLake): Promise<ReadonlySet<string>> {
  const record = (await readRunRecord(gold))?.record;
  return record === undefined ? new Set() : (await knownStateOf(new FileLists(gold), record)).used;
}
