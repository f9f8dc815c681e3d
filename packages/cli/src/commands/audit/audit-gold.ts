/** Holds current rows against silver, and gold against its run record. */
import { InvalidKeyError, ObjectNotFoundError, StoreError } from "@lakehouse/lake/errors";
import { statePrefix } from "@lakehouse/lake/keys";
import { listSilver, type SilverObject } from "@lakehouse/silver-gold/current/silver-objects";
import type { Session } from "@lakehouse/silver-gold/engine/engine";
import { openEngine } from "@lakehouse/silver-gold/engine/open-engine";
import { GoldError } from "@lakehouse/silver-gold/errors";
import { publishedKeys } from "@lakehouse/silver-gold/publish/gold-listing";
import { readManifest } from "@lakehouse/silver-gold/state/manifest";
import { type RunRecord, readRunRecord } from "@lakehouse/silver-gold/state/run-record";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { CommandError } from "../../errors.ts";
import { countKeys } from "./keys.ts";
import { listed } from "./layers.ts";
import type { Problem } from "./problem.ts";

const runGold = "Run lakehouse gold.";
const rebuildGold = "Run lakehouse gold --rebuild.";

/** @returns The number of current rows of all tables; problems are added to `problems`. */
export async function auditGold(context: Context, problems: Problem[]): Promise<number> {
  const { lake, catalog, scratch, signal } = context;
  const record = await guarded("run record", problems, () => readRunRecord(lake.gold));
  using engine = await openEngine({ directory: scratch });
  using session = await engine.session();
  let currentRows = 0;
  for (const table of catalog.tables) {
    signal.throwIfAborted();
    const rows = await guarded(table.name, problems, () =>
      auditTable(context, session, table, record?.record, problems),
    );
    currentRows += rows ?? 0;
  }
  if (record !== undefined) {
    await auditPublication(context, record.record, problems);
  }
  return currentRows;
}

async function auditTable(
  context: Context,
  session: Session,
  table: Table,
  record: RunRecord | undefined,
  problems: Problem[],
): Promise<number> {
  const { lake } = context;
  const problem = (kind: string, message: string, mend?: string) =>
    problems.push({ kind, object: table.name, message, ...(mend !== undefined && { mend }) });
  const silver = await listSilver(lake.silver, table);
  const state = record?.tables[table.name];
  if (state === undefined) {
    if (silver.length > 0) {
      problem("unmerged", `none of its ${silver.length} silver objects is in gold yet`, runGold);
    }
    return 0;
  }
  if (state.fingerprint !== table.currentFingerprint) {
    problem("contract_changed", "gold was made with an older contract", runGold);
    return 0;
  }
  const merged = await readManifest(lake.gold, state.manifest);
  const differing = silver.filter(({ key, etag }) => merged.get(key)?.etag !== etag).length;
  const removed = merged.size - silver.filter(({ key }) => merged.has(key)).length;
  if (differing + removed > 0) {
    problem(
      "unmerged",
      `${differing} silver objects are new and ${removed} gone since the last gold run`,
      runGold,
    );
  }
  const files = Object.values(state.partitions);
  const compared: readonly SilverObject[] | undefined =
    differing + removed > 0 ? undefined : silver;
  const counts = await countKeys(context, session, table, files, compared);
  for (const object of counts.changed) {
    const message = "these current rows are not those that a gold run wrote";
    problems.push({ kind: "current_changed", object, message, mend: rebuildGold });
  }
  if (counts.changed.length > 0) {
    return 0;
  }
  for (const { key, rows, objects } of counts.repeated) {
    const from = objects.map((each) => JSON.stringify(each)).join(", ");
    problem(
      "repeated_key",
      `${rows} current rows have the key ${key}; they came from ${from}`,
      keepPartition(table),
    );
  }
  if (counts.rows !== counts.recorded) {
    problem(
      "current_rows",
      `the run record says ${counts.recorded} current rows, but there are ${counts.rows}`,
      rebuildGold,
    );
  }
  if (counts.silverKeys !== undefined && counts.silverKeys !== counts.keys) {
    problem(
      "current_rows",
      `silver has ${counts.silverKeys} different keys, but current rows have ${counts.keys}`,
      rebuildGold,
    );
  }
  return counts.rows;
}

/** What to do about a key that is in several partitions: no gold run can tell which of its rows is right. */
function keepPartition({ partitionBy: { column } }: Table): string {
  return (
    `Gold counts each of them, and a rebuild changes nothing: ${column} decides on the partition, and must be ` +
    "alike in all records of a key. Let the producer see to that, and take the wrong record out of its bronze " +
    "object, then run lakehouse silver --object and lakehouse gold; or partition by a column that never changes."
  );
}

async function auditPublication(
  { lake, catalog }: Context,
  record: RunRecord,
  problems: Problem[],
): Promise<void> {
  const problem = (kind: string, object: string, message: string, mend = runGold) =>
    problems.push({ kind, object, message, mend });
  const pending = Object.keys(record.pending).length;
  if (pending > 0) {
    problem("unpublished", "gold", `publication of ${pending} objects is unfinished`);
  }
  for (const { name, fingerprint } of catalog.models) {
    if (record.models[name]?.fingerprint !== fingerprint) {
      problem("model_changed", name, "it changed since the last gold run, or is new");
    }
  }
  const expected = publishedKeys(record);
  const found = new Map<string, string>();
  for await (const { key, etag } of listed(lake.gold, problems)) {
    if (!key.startsWith(statePrefix)) {
      found.set(key, etag);
    }
  }
  for (const key of found.keys()) {
    if (!expected.has(key) && record.pending[key] === undefined) {
      problem("orphan", key, "no model publishes it", "Remove it.");
    }
  }
  for (const key of expected) {
    const etag = found.get(key);
    if (record.pending[key] !== undefined) {
      continue;
    }
    if (etag === undefined) {
      problem("gold_missing", key, "the run record names it, but it is not there", rebuildGold);
    } else if (etag !== record.run.etags[key]) {
      problem("gold_changed", key, "it is not what the last gold run published", rebuildGold);
    }
  }
}

/** State that cannot be read is a problem of the lake; a store that fails is none, nor being told to stop. */
async function guarded<T>(
  object: string,
  problems: Problem[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isMissing = error instanceof ObjectNotFoundError;
    if (error instanceof CommandError || (error instanceof StoreError && !isMissing)) {
      throw error;
    }
    const message =
      error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
    // These two say what to do themselves.
    const saysMend = error instanceof GoldError || error instanceof InvalidKeyError;
    problems.push({ kind: "state", object, message, ...(!saysMend && { mend: rebuildGold }) });
    return undefined;
  }
}
