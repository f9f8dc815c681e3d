/** What is remembered of an open table between versions: an object of state that the run record names. */
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { OpenTable } from "@lakehouse/open-tables/open-table";
import { StateError } from "../errors.ts";
import { hashBytes } from "./content-hash.ts";
import { contentHashOf } from "./state-keys.ts";

/** Encodes what is remembered. The same always gives the same bytes. */
export async function encodeOpenTable(table: OpenTable): Promise<Uint8Array> {
  return await promisify(gzip)(JSON.stringify(table));
}

/** @throws StateError if the object is missing or damaged. */
export async function readOpenTable(gold: ObjectStore, key: string): Promise<OpenTable> {
  let bytes: Uint8Array;
  try {
    bytes = await buffer(await gold.read(key));
  } catch (error) {
    throw error instanceof ObjectNotFoundError ? new StateError(key, "it is missing") : error;
  }
  // Content with the digest in its name is what a run wrote.
  if (hashBytes(bytes) !== contentHashOf(key)) {
    throw new StateError(key, "its content has changed since a run wrote it");
  }
  return JSON.parse((await promisify(gunzip)(bytes)).toString()) as OpenTable;
}
