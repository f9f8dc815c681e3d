/** The bronze objects that have no silver yet. */
import { bronzePrefix, isBronzeKey, silverKeys, silverPrefix } from "@lakehouse/lake/keys";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { SilverLake } from "./process-object.ts";

/**
 * Lists the keys of bronze objects without silver, table by table, oldest first. It skips files that are not where a
 * delivery stream puts them; the audit reports those.
 */
export async function* backlog(lake: SilverLake, { tables }: Catalog): AsyncGenerator<string> {
  for (const { name } of tables) {
    const done = new Set<string>();
    for await (const { key } of lake.silver.list(silverPrefix(name))) {
      done.add(key);
    }
    for await (const { key } of lake.bronze.list(bronzePrefix(name))) {
      if (isBronzeKey(key) && !silverKeys(key).some((each) => done.has(each))) {
        yield key;
      }
    }
  }
}
