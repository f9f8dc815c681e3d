/** Processes many bronze objects in parallel. If one fails, the others continue. */
import { availableParallelism } from "node:os";
import { processObject } from "@lakehouse/bronze-silver/process-object";
import { isBronzeKey, parseBronzeKey } from "@lakehouse/lake/keys";
import { isLate, markLate } from "@lakehouse/lake/late-silver";
import { needsPersonalKey } from "@lakehouse/transforms/contract/personal";
import pMap from "p-map";
import type { Context } from "./context.ts";
import { failureOf } from "./exit.ts";

/** An object that could not be processed, and the reason. */
export interface FailedObject {
  readonly object: string;
  readonly code: string;
  readonly error: string;
}

/** Sums over the processed objects. */
export interface Counts {
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
}

/** The sums in total and for each table, and the failures. */
export interface ProcessedObjects extends Counts {
  readonly tables: Readonly<Record<string, Counts>>;
  readonly failed: readonly FailedObject[];
}

const none: Counts = { objects: 0, records: 0, rows: 0, quarantined: 0, dropped: 0 };
/** Each object in progress takes a bounded amount of memory. More at once would take more, and gain no speed. */
const concurrency = Math.min(availableParallelism(), 4);

/**
 * Processes objects. The order does not matter.
 *
 * @param keys The keys of bronze objects.
 * @param blockMib How much of an object is decoded at once.
 * @throws PersonalKeyError before anything is processed, if a table hashes personal data and there is no key.
 */
export async function processObjects(
  context: Context,
  keys: readonly string[],
  blockMib?: number,
): Promise<ProcessedObjects> {
  const { lake, catalog, location, scratch, progress, signal } = context;
  const { commandLine, findPersonalKey } = context;
  const limits = blockMib === undefined ? {} : { blockBytes: blockMib * 1024 * 1024 };
  const names = new Set(
    keys.filter((key) => isBronzeKey(key)).map((key) => parseBronzeKey(key).table),
  );
  await requirePersonalKey(context, [...names]);
  const tables: Record<string, Counts> = {};
  const failed: FailedObject[] = [];
  /** One late object of each day. */
  const late = new Map<string, string>();
  const task = progress.start("bronze → silver", "objects", keys.length);
  const processOne = async (object: string): Promise<void> => {
    signal.throwIfAborted();
    try {
      const { receipt } = await processObject(lake, catalog, object, {
        scratch,
        limits,
        findPersonalKey,
      });
      const { table, ingestDate } = parseBronzeKey(object);
      if (isLate(object, Date.now())) {
        late.set(ingestDate, object);
      }
      tables[table] = add(tables[table] ?? none, { objects: 1, ...receipt });
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = failureOf(error, commandLine);
      failed.push({ object, code, error: message });
    }
    task.advance(1);
  };
  try {
    await pMap(keys, processOne, { concurrency });
  } finally {
    task.end();
    // Gold lists a directory whole in each run.
    if (location === "s3") {
      await pMap(late.values(), (object) => markLate(lake.silver, object), { concurrency });
    }
  }
  failed.sort((a, b) => (a.object < b.object ? -1 : 1));
  return { ...Object.values(tables).reduce(add, none), tables, failed };
}

/** @throws PersonalKeyError if one of these tables hashes personal data and there is no key. */
export async function requirePersonalKey(
  { catalog, findPersonalKey }: Pick<Context, "catalog" | "findPersonalKey">,
  names: readonly string[],
): Promise<void> {
  if (catalog.tables.some((table) => names.includes(table.name) && needsPersonalKey(table))) {
    await findPersonalKey?.();
  }
}

function add(a: Counts, b: Counts): Counts {
  return {
    objects: a.objects + b.objects,
    records: a.records + b.records,
    rows: a.rows + b.rows,
    quarantined: a.quarantined + b.quarantined,
    dropped: a.dropped + b.dropped,
  };
}
