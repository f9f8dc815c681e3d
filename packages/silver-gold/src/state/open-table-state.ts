/** What is remembered of an open table between versions: an object of state that the run record names. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { OpenTable } from "@lakehouse/open-tables/open-table";
import { readIntact } from "./is-intact.ts";

/** Encodes what is remembered. The same always gives the same bytes. */
export async function encodeOpenTable(table: OpenTable): Promise<Uint8Array> {
  return await promisify(gzip)(JSON.stringify(table));
}

/** @throws StateError if the object is missing or damaged. */
export async function readOpenTable(gold: ObjectStore, key: string): Promise<OpenTable> {
  const bytes = await readIntact(gold, key);
  return JSON.parse((await promisify(gunzip)(bytes)).toString()) as OpenTable;
}
