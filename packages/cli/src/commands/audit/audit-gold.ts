/** Compares current rows with silver, and gold with its run record. */
import { ObjectNotFoundError, StoreError } from "@lakehouse/lake/errors";
import { modelOfGoldKey, reportKey } from "@lakehouse/lake/keys";
import { foldersOf, type ObjectStore } from "@lakehouse/lake/object-store";
import type { Engine, Session } from "@lakehouse/silver-gold/engine";
import {
  changedLogs,
  changedOutputs,
  compareSilver,
  type Inspection,
  inspect,
  type ModelState,
  type TableState,
} from "@lakehouse/silver-gold/inspect";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { isLog, isState } from "@lakehouse/silver-gold/state-keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import { asError, LakehouseError } from "@lakehouse/transforms/errors";
import type { Context } from "../../context.ts";
import { InterruptedError, QueryError, UsageError } from "../../errors.ts";
import { countKeys } from "./keys.ts";
import { listed } from "./layers.ts";
import type { Problem } from "./problem.ts";
import { filesWithFalseStatistics } from "./statistics.ts";

/** The audit of the layers has reported them. */
const reported = (): void => {};
const runGold = "Run lakehouse gold.";
const rebuildGold = "Run lakehouse gold --rebuild.";

/** What the audit found in gold. */
export interface AuditedGold {
  /** The number of current rows of all tables. */
  readonly currentRows: number;
  /** Tables and models that are no longer defined. */
  readonly retired: Inspection["retired"];
}

/** What to audit of gold. */
export interface GoldAuditOptions {
  /** Whether to read all published objects, instead of those whose etag has changed. */
  readonly content: boolean;
  /** The keys of silver objects that are not compared with gold. */
  readonly damaged: ReadonlySet<string>;
}

/** Adds the problems it finds to `problems`, except for tables and models that are no longer defined. */
export async function auditGold(
  context: Context,
  problems: Problem[],
  { content, damaged }: GoldAuditOptions,
): Promise<AuditedGold> {
  const { lake, catalog, scratch, signal } = context;
  const inspection = await guarded("run record", problems, () => inspect(lake.gold, catalog));
  if (inspection === undefined) {
    // Without it, nobody can tell what gold should hold.
    return { currentRows: 0, retired: [] };
  }
  using engine = await openEngine({ directory: scratch, folders: await foldersOf(lake) });
  using session = await engine.session();
  let currentRows = 0;
  for (const state of inspection.tables) {
    signal.throwIfAborted();
    const rows = await guarded(state.table.name, problems, () =>
      auditTable(context, engine, session, { state, models: inspection.models }, problems, damaged),
    );
    currentRows += rows ?? 0;
  }
  if (inspection.lastRun !== undefined) {
    // Reading the tables may take long, and a run may have published meanwhile.
    const latest = await guarded("run record", problems, () => inspect(lake.gold, catalog));
    if (latest !== undefined) {
      await auditPublication(context, latest, problems, content);
    }
  }
  return { currentRows, retired: inspection.retired };
}

async function auditTable(
  context: Context,
  engine: Engine,
  session: Session,
  { state, models }: { readonly state: TableState; readonly models: readonly ModelState[] },
  problems: Problem[],
  damaged: ReadonlySet<string>,
): Promise<number> {
  const { table, freshness, files } = state;
  const problem = (kind: string, message: string, hint?: string) =>
    problems.push({ kind, object: table.name, message, ...(hint !== undefined && { hint }) });
  if (freshness === "changed") {
    problem("contract_changed", "gold was built with an older contract", runGold);
    return 0;
  }
  const { added, removed, ...found } = await compareSilver(context.lake, state, reported);
  const keys = found.keys.filter((key) => !damaged.has(key));
  const replay = `Run lakehouse replay ${table.name}, then lakehouse gold.`;
  await auditStatistics(context, session, context.lake.silver, keys, replay, problems);
  if (freshness === "new") {
    if (added > 0) {
      problem("unmerged", `none of its ${added} silver objects is in gold yet`, runGold);
    }
    return 0;
  }
  const isMerged = added + removed === 0;
  if (!isMerged) {
    problem(
      "unmerged",
      `since the last gold run, ${added} silver objects were added and ${removed} removed`,
      runGold,
    );
  }
  const isComparable = isMerged && keys.length === found.keys.length;
  const counts = await countKeys(context, engine, session, state, isComparable ? keys : undefined);
  if (counts.changed !== undefined) {
    for (const object of counts.changed) {
      const message = "these current rows are not what a gold run wrote";
      problems.push({ kind: "current_changed", object, message, hint: rebuildGold });
    }
    return 0;
  }
  const stored = files.map(({ key }) => key);
  await auditStatistics(context, session, context.lake.gold, stored, rebuildGold, problems);
  for (const { key, rows, objects } of counts.repeated) {
    const from = objects.map((each) => JSON.stringify(each)).join(", ");
    problem(
      "repeated_key",
      `${rows} current rows have the key ${key}; they came from ${from}`,
      repeatedKeyHint(table),
    );
  }
  const recorded = files.reduce((sum, { rows }) => sum + rows, 0);
  if (counts.rows !== recorded) {
    problem(
      "current_rows",
      `the run record says ${recorded} current rows, but there are ${counts.rows}`,
      rebuildGold,
    );
  }
  for (const [child, elements] of counts.elements) {
    const found = models.find(
      ({ model, freshness }) => model.name === child && freshness === "current",
    );
    const rows = found?.files.reduce((sum, each) => sum + each.rows, 0);
    if (rows !== undefined && rows !== elements) {
      const message = `the current rows of ${table.name} hold ${elements} elements, but it has ${rows} rows`;
      problems.push({ kind: "child_rows", object: child, message, hint: rebuildGold });
    }
  }
  if (counts.silverKeys !== undefined && counts.silverKeys !== counts.keys) {
    problem(
      "current_rows",
      table.primaryKey.length === 0
        ? `silver has ${counts.silverKeys} rows, but there are ${counts.keys} current rows`
        : `silver has ${counts.silverKeys} distinct keys${table.deleteWhen === undefined ? "" : " that are not deleted"}, but current rows have ${counts.keys}`,
      rebuildGold,
    );
  }
  return counts.rows;
}

async function auditStatistics(
  context: Context,
  session: Session,
  store: ObjectStore,
  keys: readonly string[],
  hint: string,
  problems: Problem[],
): Promise<void> {
  for (const object of await filesWithFalseStatistics(context, session, store, keys)) {
    const message = "the statistics of a decimal column are wrong, so filters on it miss rows";
    problems.push({ kind: "false_statistics", object, message, hint });
  }
}

/** The hint for a key with several rows. */
function repeatedKeyHint({ keysNeverMove }: Table): string {
  return keysNeverMove
    ? `The contract says keysNeverMove, but this key moved to another partition. Remove that from the contract. ${runGold}`
    : `${rebuildGold} If that does not help, keep its files and report a bug.`;
}

async function auditPublication(
  { lake }: Context,
  inspection: Inspection,
  problems: Problem[],
  content: boolean,
): Promise<void> {
  const { pending, logs, models, published, hashes, retired } = inspection;
  const problem = (kind: string, object: string, message: string, hint = runGold) =>
    problems.push({ kind, object, message, hint });
  if (pending.size > 0) {
    problem("unpublished", "gold", `${pending.size} objects are not published yet`);
  }
  for (const { model, freshness } of models) {
    if (freshness !== "current") {
      problem(
        "model_changed",
        model.name,
        "it is new, changed since the last gold run, or left out of it (--only)",
      );
    }
  }
  const found = new Map<string, string>();
  for await (const { key, etag } of listed(lake.gold, problems)) {
    // The data files of models are listed, too: their digests are recorded.
    if (key !== reportKey && (!isState(key) || hashes.has(key))) {
      found.set(key, etag);
    }
  }
  for (const key of found.keys()) {
    if (isLog(key) && !logs.has(key) && !pending.has(key)) {
      const message = "no gold run wrote it to the log of this open table";
      const hint =
        "Copy what you need from it to a table of its own, remove it, and run lakehouse gold.";
      problem("foreign_commit", key, message, hint);
    } else if (!published.has(key) && !pending.has(key) && !logs.has(key)) {
      const hint =
        modelOfGoldKey(key) === undefined
          ? "Remove it."
          : "Run lakehouse gold --prune, which removes what a gold run published. If it stays, remove it yourself.";
      problem("orphan", key, "no model publishes it", hint);
    }
  }
  for (const [key, isPublished] of logs) {
    if (isPublished && !found.has(key)) {
      problem("gold_missing", key, "the log of this open table has lost it");
    }
  }
  for (const key of content ? await changedLogs(lake.gold, inspection, found) : []) {
    const message = "it is not what a gold run wrote to the metadata of this open table";
    problem("log_changed", key, message, rebuildGold);
  }
  const unknown = new Set(retired.flatMap(({ kind, name }) => (kind === "model" ? [name] : [])));
  for (const key of await changedOutputs(lake.gold, inspection, found, content)) {
    if (unknown.has(modelOfGoldKey(key) ?? "")) {
      continue;
    }
    if (found.has(key)) {
      problem("gold_changed", key, "it is not what the last gold run published", rebuildGold);
    } else {
      problem("gold_missing", key, "the run record names it, but it does not exist", rebuildGold);
    }
  }
}

/** Reports state that can't be read as a problem. Rethrows errors of the store and interrupts. */
async function guarded<T>(
  object: string,
  problems: Problem[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isMissing = error instanceof ObjectNotFoundError;
    const isOurs = [InterruptedError, QueryError, UsageError].some((type) => error instanceof type);
    if (isOurs || (error instanceof StoreError && !isMissing)) {
      throw error;
    }
    const whole = asError(error).message;
    const own = error instanceof LakehouseError ? error.hint : undefined;
    const problem = own === undefined ? whole : whole.replace(own, "");
    const message = (problem.split("\n", 1)[0] ?? "").trim();
    // What is missing in a store can be made again. The store's own hint is about keys.
    const hint = isMissing || own === undefined ? rebuildGold : own;
    problems.push({ kind: "state", object, message, hint });
    return undefined;
  }
}
