/** Finds Parquet files with wrong statistics. Few objects are on disk at a time. */
import { findFormat } from "@lakehouse/formats/formats";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Session } from "@lakehouse/silver-gold/engine";
import type { Context } from "../../context.ts";
import { localCopies, removeCopy } from "../../local-copies.ts";

const objectsAtOnce = 64;

/** Returns the keys of the objects whose statistics contradict their rows. Only Parquet has statistics. */
export async function filesWithFalseStatistics(
  context: Context,
  session: Session,
  store: ObjectStore,
  keys: readonly string[],
): Promise<string[]> {
  const { scratch, signal } = context;
  const parquet = keys.filter((key) => findFormat(key) === "parquet");
  const found: string[] = [];
  for (let at = 0; at < parquet.length; at += objectsAtOnce) {
    signal.throwIfAborted();
    const batch = parquet.slice(at, at + objectsAtOnce);
    const copies = await localCopies(context, store, batch);
    const wrong = new Set(await session.falseStatistics(copies));
    found.push(...batch.filter((_, index) => wrong.has(copies[index] ?? "")));
    await Promise.all(copies.map((path) => removeCopy(path, scratch)));
  }
  return found;
}
