/** Counts primary keys in gold and in silver. Few silver objects are on disk at a time. */
import {
  type CurrentKeys,
  countCurrentKeys,
  countSilverKeys,
} from "@lakehouse/silver-gold/count-keys";
import type { Session } from "@lakehouse/silver-gold/engine";
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
      /** Distinct keys in silver. */
      readonly silverKeys: number | undefined;
    });

/** @param silver The keys of the objects that current rows were built from; undefined if silver has changed since. */
export async function countKeys(
  context: Context,
  session: Session,
  { table, files }: TableState,
  silver: readonly string[] | undefined,
): Promise<KeyCounts> {
  const { lake, scratch } = context;
  const keys = files.map(({ key }) => key);
  const copies = await localCopies(context, lake.gold, keys);
  const changed = await changedFiles(files, copies);
  if (changed.length > 0) {
    return { changed };
  }
  const current = await countCurrentKeys(session, table, copies);
  await Promise.all(copies.map((path) => removeCopy(path, scratch)));
  return { ...current, silverKeys: silver && (await inSilver(context, session, table, silver)) };
}

async function inSilver(
  context: Context,
  session: Session,
  table: Table,
  keys: readonly string[],
): Promise<number> {
  return await countSilverKeys(session, table, batches(context, keys), context.scratch);
}

/** Local copies of silver objects in batches. Each batch is deleted before the next is fetched. */
async function* batches(context: Context, keys: readonly string[]): AsyncGenerator<string[]> {
  const { lake, scratch, signal } = context;
  for (let at = 0; at < keys.length; at += objectsAtOnce) {
    signal.throwIfAborted();
    const copies = await localCopies(context, lake.silver, keys.slice(at, at + objectsAtOnce));
    yield copies;
    await Promise.all(copies.map((path) => removeCopy(path, scratch)));
  }
}
