/** Checks that an object of state still holds what a run wrote. */
import { hashFile } from "./content-hash.ts";
import { contentHashOf } from "./state-keys.ts";

/** @param path A local copy of the object. */
export async function isIntact(key: string, path: string): Promise<boolean> {
  return (await hashFile(path)) === contentHashOf(key);
}
