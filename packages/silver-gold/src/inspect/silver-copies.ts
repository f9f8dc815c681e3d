/** A table's silver objects, for commands that read all of them, and local copies of those that packs have. */
import { writeFile } from "node:fs/promises";
import type { Lake, PassOver } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import { listSilver } from "../current/silver-objects.ts";
import { unlessStateError } from "../errors.ts";
import { SilverPacks } from "../packs/silver-packs.ts";
import { FileLists } from "../state/file-list.ts";
import { LocalFiles } from "../state/local-files.ts";
import { readRunRecord } from "../state/run-record.ts";
import { packsPrefix } from "../state/state-keys.ts";

/** Silver objects. */
export interface SilverCopies {
  /** The keys of all objects. */
  readonly keys: readonly string[];
  /** Local files by key. Those of the other objects have to be downloaded. */
  readonly copies: ReadonlyMap<string, string>;
}

/**
 * Lists a table's silver, and makes local files of the objects that packs have as they are listed.
 *
 * @param directory The folder of the files.
 */
export async function copySilver(
  { silver, gold }: Pick<Lake, "silver" | "gold">,
  table: Table,
  passOver: PassOver,
  directory: string,
): Promise<SilverCopies> {
  const { name } = table;
  const objects = await listSilver(silver, table, passOver);
  const keys = objects.map(({ key }) => key);
  const copies = new Map<string, string>();
  // The files of a directory can be read where they are.
  const isRemote = silver.folders === undefined;
  const record = isRemote ? (await readRunRecord(gold).catch(unlessStateError))?.record : undefined;
  if (record === undefined) {
    return { keys, copies };
  }
  const files = new LocalFiles(gold, directory);
  const scope = { gold, files, lists: new FileLists(gold) };
  const listed = await Array.fromAsync(gold.list(packsPrefix(name), () => {}));
  const packs = await new SilverPacks(
    scope,
    record,
    listed.map(({ key }) => key),
  ).of(name, keys);
  try {
    for (const object of objects) {
      const copy = await packs.object(object);
      if (copy !== undefined) {
        const path = files.newPath(object.key.slice(object.key.lastIndexOf(".") + 1));
        await writeFile(path, copy.bytes);
        copies.set(object.key, path);
      }
    }
  } finally {
    await packs.close();
  }
  return { keys, copies };
}
