/** Counts primary keys in gold and in silver. Few silver objects are on disk at a time. */
import {
  type CurrentKeys,
  countCurrentKeys,
  countSilverKeys,
  type SilverCopy,
} from "@lakehouse/silver-gold/count-keys";
import type { Engine, Session } from "@lakehouse/silver-gold/engine";
import { changedFiles, type TableState } from "@lakehouse/silver-gold/inspect";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { localCopies, removeCopy } from "../../local-copies.ts";

/** The most silver objects that are copied to disk at once. A lake in a directory needs no copies. */
const objectsAtOnce = 64;

/** The counts. If objects changed since a run wrote them, only those objects, and no counts. */
export type KeyCounts =
  | { readonly changed: readonly string[] }
  | (CurrentKeys & {
      readonly changed?: never;
      /** Distinct keys in silver that are not deleted. */
      readonly silverKeys: number | undefined;
    });

/** @param silver The keys of the objects that current rows were built from; undefined if silver has changed since. */
export async function countKeys(
  context: Context,
  engine: Engine,
  session: Session,
  { table, files, tombstones }: TableState,
  silver: readonly string[] | undefined,
): Promise<KeyCounts> {
  const { lake, scratch } = context;
  const all = [...files, ...tombstones];
  const keys = all.map(({ key }) => key);
  const copies = await localCopies(context, lake.gold, keys);
  const changed = await changedFiles(all, copies);
  if (changed.length > 0) {
    return { changed };
  }
  const current = await countCurrentKeys(session, table, copies.slice(0, files.length));
  await Promise.all(copies.map((path) => removeCopy(path, scratch)));
  return {
    ...current,
    silverKeys: silver && (await inSilver(context, engine, session, table, silver)),
  };
}

async function inSilver(
  context: Context,
  engine: Engine,
  session: Session,
  table: Table,
  keys: readonly string[],
): Promise<number> {
  return await countSilverKeys(engine, session, table, batches(context, keys), context.scratch);
}

/** Local copies of silver objects in batches. Each batch is deleted before the next is fetched. */
async function* batches(context: Context, keys: readonly string[]): AsyncGenerator<SilverCopy[]> {
  const { lake, scratch, signal } = context;
  for (let at = 0; at < keys.length; at += objectsAtOnce) {
    signal.throwIfAborted();
    const batch = keys.slice(at, at + objectsAtOnce);
    const copies = await localCopies(context, lake.silver, batch);
    yield batch.map((key, index) => ({ key, path: copies[index] ?? "" }));
    await Promise.all(copies.map((path) => removeCopy(path, scratch)));
  }
}
