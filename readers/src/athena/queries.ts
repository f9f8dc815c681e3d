/** The queries of the emulated Athena: what each of them is doing, and how it ends. */
import { randomUUID } from "node:crypto";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { asError } from "@lakehouse/transforms/errors";
import { type Place, runStatement, StatementError } from "./statement.ts";

/** A query. Its states and reasons are Athena's. */
export interface Query {
  readonly id: string;
  readonly sql: string;
  readonly workgroup: string;
  readonly submitted: number;
  state: "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  reason?: string;
  isRetryable?: boolean;
  bytes: number;
  ended?: number;
  /** The address of the list of files that it wrote. */
  manifest?: string;
  /** Whether somebody has stopped it. */
  isStopped: boolean;
}

/** Where queries run, and what tests make of them. */
export interface QueriesOptions {
  /** Trino, with a catalog for Iceberg tables and one that writes files. */
  readonly address: string;
  readonly tables: string;
  readonly files: string;
  /** The stores that queries write to, by bucket. */
  readonly stores: ReadonlyMap<string, ObjectStore>;
  /** The bytes that a query may scan. */
  scanLimit: number;
  /** Waits before each query begins. */
  gate: Promise<unknown>;
  /** How the next queries end, instead of running. */
  readonly outcomes: Pick<Query, "state" | "reason" | "isRetryable">[];
}

/** The database of the tables that are made for the files of an UNLOAD. */
const scratch = "athena_scratch";
const unload = /^\s*UNLOAD\s*\(([\s\S]*)\)\s*TO\s*'([^']+)'\s*WITH\s*\(([^()]*)\)\s*;?\s*$/i;

class Stopped extends Error {}

/** Runs a query to its end, and notes how it ended. */
export async function execute(
  query: Query,
  database: string,
  output: string,
  options: QueriesOptions,
): Promise<void> {
  try {
    await options.gate;
    query.state = "RUNNING";
    const outcome = options.outcomes.shift();
    if (outcome !== undefined) {
      Object.assign(query, outcome);
      return;
    }
    const stop = stopOf(query, options.scanLimit);
    const early = stop(0);
    if (early !== undefined) {
      throw early;
    }
    await run(
      query,
      { address: options.address, catalog: options.tables, schema: database },
      output,
      options,
      stop,
    );
    query.state = "SUCCEEDED";
  } catch (error) {
    query.state = error instanceof Stopped ? "CANCELLED" : "FAILED";
    query.reason = asError(error).message;
    query.isRetryable =
      error instanceof StatementError &&
      ["INSUFFICIENT_RESOURCES", "INTERNAL_ERROR"].includes(error.kind);
  } finally {
    query.ended = Date.now();
  }
}

function stopOf(query: Query, limit: number): (bytes: number) => Error | undefined {
  return (bytes) => {
    query.bytes = bytes;
    if (query.isStopped) {
      return new Stopped("Query cancelled by user");
    }
    return bytes > limit
      ? new Stopped("Query cancelled! : Bytes scanned limit was exceeded")
      : undefined;
  };
}

async function run(
  query: Query,
  place: Place,
  output: string,
  { files, stores }: QueriesOptions,
  stop: (bytes: number) => Error | undefined,
): Promise<void> {
  const [, select, target = ""] = unload.exec(query.sql) ?? [];
  if (select === undefined) {
    await runStatement(place, query.sql, stop);
    return;
  }
  const folder = target.endsWith("/") ? target : `${target}/`;
  if ((await addressesIn(stores, folder)).length > 0) {
    throw new Error(
      `HIVE_PATH_ALREADY_EXISTS: Target directory for table '${target}' already exists`,
    );
  }
  // A table outside of the database, whose files stay when it goes.
  const table = `${files}.${scratch}."unload_${randomUUID().replaceAll("-", "")}"`;
  await runStatement(place, `CREATE SCHEMA IF NOT EXISTS ${files}.${scratch}`).catch(unlessExists);
  try {
    await runStatement(
      place,
      `CREATE TABLE ${table} WITH (external_location = '${folder}', format = 'PARQUET') AS\n${select}`,
      stop,
    );
  } finally {
    await runStatement(place, `DROP TABLE IF EXISTS ${table}`);
  }
  const manifest = `${output}${query.id}-manifest.csv`;
  const lines = (await addressesIn(stores, folder)).map((address) => `${address}\n`);
  const { store, key } = placeOf(stores, manifest);
  await store.put(key, Buffer.from(lines.join("")));
  query.manifest = manifest;
}

/** Two queries at once may both find that the schema is missing. */
function unlessExists(error: unknown): void {
  if (!(error instanceof StatementError && error.code === "ALREADY_EXISTS")) {
    throw error;
  }
}

async function addressesIn(stores: QueriesOptions["stores"], folder: string): Promise<string[]> {
  const { store, key, bucket } = placeOf(stores, folder);
  const found = await Array.fromAsync(store.list(key));
  return found.map((object) => `s3://${bucket}/${object.key}`);
}

function placeOf(stores: QueriesOptions["stores"], address: string) {
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]+)\/(.*)$/.exec(address) ?? [];
  const store = stores.get(bucket);
  if (store === undefined) {
    throw new Error(`PERMISSION_DENIED: Access denied when writing to location: ${address}`);
  }
  return { store, key, bucket };
}
