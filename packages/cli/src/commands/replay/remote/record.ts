/** The record of a replay on a deployed queue: what it replays, and how far it has sent. */
import { PreconditionFailedError } from "@lakehouse/lake/errors";
import { replayPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import * as z from "zod";
import { UsageError } from "../../../errors.ts";
import { ReplayTakenError } from "./errors.ts";

const schema = z.object({
  version: z.literal(1),
  id: z.string(),
  tables: z.array(z.string()).min(1),
  /** Whether only objects whose silver was made by an older contract. */
  outdated: z.boolean(),
  /** First and last day of arrival (UTC, `yyyy-MM-dd`). */
  from: z.string().optional(),
  to: z.string().optional(),
  /**
   * When it began, by the store's clock. Bronze that is as new is not in it, because new objects have their own queue. Silver
   * that is as new was made by it.
   */
  startedAt: z.iso.datetime(),
  /** The fingerprints of the tables' contracts when it began. */
  contracts: z.record(z.string(), z.string()),
  /** How many objects were sent. */
  sent: z.number(),
  /** The last key that was sent: of bronze, or of silver if `outdated`. */
  position: z.object({ table: z.string(), key: z.string() }).optional(),
  /** When all were sent; absent before. */
  sentAt: z.iso.datetime().optional(),
});

/** The record of a replay. */
export type ReplayRecord = z.infer<typeof schema>;

/** What a replay is of. */
export type ReplayScope = Pick<ReplayRecord, "tables" | "outdated" | "from" | "to" | "contracts">;

/** A record as it is stored. */
export interface StoredRecord {
  readonly record: ReplayRecord;
  readonly etag: string;
}

/** A store's clock may count whole seconds. */
const clockMilliseconds = 1_000;

/**
 * Starts a record. Its start is a moment that no object has yet, so it waits until that has come.
 *
 * @param wait Waits for some milliseconds.
 */
export async function createRecord(
  silver: ObjectStore,
  scope: ReplayScope,
  wait: (milliseconds: number) => Promise<void>,
): Promise<StoredRecord> {
  const now = new Date().toISOString();
  const thing = scope.tables.length === 1 ? (scope.tables[0] ?? "") : "all";
  const name = `${now.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}-${thing}`;
  for (let copy = 1; ; copy++) {
    const id = copy === 1 ? name : `${name}-${copy}`;
    const record = { version: 1, id, ...scope, startedAt: now, sent: 0 } as const;
    try {
      const etag = await silver.put(keyOf(id), encode(record), { ifMatch: null });
      const written = (await silver.head(keyOf(id)))?.lastModified.getTime() ?? Date.now();
      const start = (Math.floor(written / clockMilliseconds) + 1) * clockMilliseconds;
      await wait(clockMilliseconds);
      const startedAt = new Date(start).toISOString();
      return await saveRecord(silver, { record, etag }, { startedAt });
    } catch (error) {
      // Another replay began in the same second.
      if (!(error instanceof PreconditionFailedError) || copy === 100) {
        throw error;
      }
    }
  }
}

/** Changes a record. @throws ReplayTakenError if another command has changed it meanwhile. */
export async function saveRecord(
  silver: ObjectStore,
  { record, etag }: StoredRecord,
  changes: Partial<ReplayRecord>,
): Promise<StoredRecord> {
  const changed = { ...record, ...changes };
  try {
    const ifMatch = etag;
    return {
      record: changed,
      etag: await silver.put(keyOf(record.id), encode(changed), { ifMatch }),
    };
  } catch (error) {
    throw error instanceof PreconditionFailedError ? new ReplayTakenError(record.id) : error;
  }
}

/** The ids of all replays, oldest first. */
export async function replayIds(silver: ObjectStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of silver.list(replayPrefix, () => {})) {
    ids.push(key.slice(replayPrefix.length).replace(/\.json$/, ""));
  }
  return ids;
}

/**
 * Reads a record.
 *
 * @param id Default: the latest.
 * @throws UsageError if there is none.
 */
export async function readRecord(silver: ObjectStore, id?: string): Promise<StoredRecord> {
  const ids = await replayIds(silver);
  const found = id === undefined ? ids.at(-1) : ids.find((each) => each === id);
  if (found === undefined) {
    const latest = ids.slice(-5).reverse().join(", ");
    throw new UsageError(
      id === undefined ? "There has been no replay" : `There is no replay ${JSON.stringify(id)}`,
      latest === "" ? "Start one: lakehouse replay TABLE --remote" : `The latest are: ${latest}.`,
    );
  }
  const { head, body } = await silver.open(keyOf(found));
  const text = Buffer.concat(await Array.fromAsync(body)).toString();
  return { record: parse(found, text), etag: head.etag };
}

function parse(id: string, text: string): ReplayRecord {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new UsageError(
      `The record of the replay ${id} can't be read`,
      `Remove ${keyOf(id)} from the silver bucket, and start the replay again. Processing an object twice does no harm.`,
    );
  }
}

function keyOf(id: string): string {
  return `${replayPrefix}${id}.json`;
}

function encode(record: ReplayRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
}
