/** The bronze objects that have no silver yet, and those that no contract describes. */
import {
  bronzePrefix,
  isBronzeKey,
  isProcessable,
  silverKeys,
  silverPrefix,
  undeliveredPrefix,
} from "@lakehouse/lake/keys";
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";

/** What a listing needs of the layers. */
export interface ListedLake {
  readonly bronze: Pick<ObjectStore, "list">;
  readonly silver: Pick<ObjectStore, "list" | "keyProblem">;
}

/**
 * Lists the keys of bronze objects without silver, table by table, oldest first.
 *
 * @param passOver Receives the files that are not objects, or not where a delivery stream puts them, and the objects
 *   whose names are too long for their silver.
 */
export async function* backlog(
  lake: ListedLake,
  { tables }: Catalog,
  passOver: PassOver,
): AsyncGenerator<string> {
  for (const { name } of tables) {
    const done = new Set<string>();
    for await (const { key } of lake.silver.list(silverPrefix(name), passOver)) {
      done.add(key);
    }
    for await (const { key } of lake.bronze.list(bronzePrefix(name), passOver)) {
      const isNew = isBronzeKey(key, passOver) && !silverKeys(key).some((each) => done.has(each));
      if (isNew && isProcessable(lake.silver, key, passOver)) {
        yield key;
      }
    }
  }
}

/** A table without a contract. */
export interface UnknownTable {
  readonly name: string;
  /** Its bronze objects, which nothing processes. */
  readonly objects: number;
}

/**
 * Lists the tables that have bronze objects but no contract, by name. Of the other tables it lists nothing.
 *
 * @param passOver As in `backlog`.
 */
export async function unknownTables(
  bronze: ObjectStore,
  { tables }: Catalog,
  passOver: PassOver,
): Promise<UnknownTable[]> {
  const known = new Set([undeliveredPrefix, ...tables.map(({ name }) => bronzePrefix(name))]);
  const unknown: UnknownTable[] = [];
  for await (const folder of bronze.listFolders("", passOver)) {
    let objects = 0;
    if (!known.has(folder)) {
      for await (const { key } of bronze.list(folder, passOver)) {
        objects += isBronzeKey(key) ? 1 : 0;
      }
    }
    if (objects > 0) {
      unknown.push({ name: folder.slice(0, -1), objects });
    }
  }
  return unknown;
}
