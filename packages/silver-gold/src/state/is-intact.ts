/** Checks that an object of state still holds what a run wrote. */
import { stat } from "node:fs/promises";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StateError } from "../errors.ts";
import { hashBytes, hashFile } from "./content-hash.ts";
import { contentHashOf } from "./state-keys.ts";
import { isTaken, takenHash } from "./taken-files.ts";

/** @param path A local copy of the object. */
export async function isIntact(key: string, path: string): Promise<boolean> {
  // Only the record knows more of a file that Athena wrote.
  return isTaken(key) || (await hashFile(path)) === contentHashOf(key);
}

/** What stands for the content of an object in the run record. @param path A local copy of the object. */
export async function recordedHash(key: string, path: string): Promise<string> {
  return isTaken(key) ? takenHash(key, (await stat(path)).size) : await hashFile(path);
}

/** Reads an object of state whole. @throws StateError if it is missing, or its content is not what its name says. */
export async function readIntact(gold: ObjectStore, key: string): Promise<Buffer> {
  const bytes = await readIfThere(gold, key);
  if (hashBytes(bytes) !== contentHashOf(key)) {
    throw new StateError(key, "its content has changed since a run wrote it");
  }
  return bytes;
}

/** Reads an object of state whole, without a check of its content. @throws StateError if it is missing. */
export async function readIfThere(gold: ObjectStore, key: string): Promise<Buffer> {
  try {
    return Buffer.concat(await Array.fromAsync<Uint8Array>(await gold.read(key)));
  } catch (error) {
    throw error instanceof ObjectNotFoundError ? new StateError(key, "it is missing") : error;
  }
}
