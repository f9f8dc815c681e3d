/** The bronze objects that have no silver yet, and those that no contract describes. */
import {
  bronzePrefix,
  isBronzeKey,
  parseBronzeKey,
  silverKeys,
  silverPrefix,
} from "@lakehouse/lake/keys";
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { SilverLake } from "./process-object.ts";

/**
 * Lists the keys of bronze objects without silver, table by table, oldest first.
 *
 * @param passOver Receives the files that are not objects, or not where a delivery stream puts them.
 */
export async function* backlog(
  lake: SilverLake,
  { tables }: Catalog,
  passOver: PassOver,
): AsyncGenerator<string> {
  for (const { name } of tables) {
    const done = new Set<string>();
    for await (const { key } of lake.silver.list(silverPrefix(name), passOver)) {
      done.add(key);
    }
    for await (const { key } of lake.bronze.list(bronzePrefix(name), passOver)) {
      if (isBronzeKey(key, passOver) && !silverKeys(key).some((each) => done.has(each))) {
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

/** Lists the tables that have bronze objects but no contract, by name. @param passOver As in `backlog`. */
export async function unknownTables(
  bronze: ObjectStore,
  { tables }: Catalog,
  passOver: PassOver,
): Promise<UnknownTable[]> {
  const known = new Set(tables.map(({ name }) => name));
  const counts = new Map<string, number>();
  for await (const { key } of bronze.list("", passOver)) {
    const name = isBronzeKey(key) ? parseBronzeKey(key).table : undefined;
    if (name !== undefined && !known.has(name)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts].map(([name, objects]) => ({ name, objects }));
}
