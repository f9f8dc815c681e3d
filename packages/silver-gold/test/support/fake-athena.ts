/** A workgroup of Athena in memory: DuckDB runs the statements over the published versions of a lake's tables. */

import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { filePaths } from "@lakehouse/formats/duckdb-sql";
import { literal } from "@lakehouse/formats/sql-text";
import { athenaResultsPrefix } from "@lakehouse/lake/keys";
import { icebergSnapshots } from "@lakehouse/open-tables/open-table";
import { asError } from "@lakehouse/transforms/errors";
import {
  QueryRefusedError,
  type QueryService,
  type QueryStatus,
} from "../../src/engine/athena/query-service.ts";
import { contentAt, readHistories } from "../../src/inspect/versions.ts";
import type { MemoryStore } from "./memory-store.ts";

interface Query {
  readonly id: string;
  readonly sql: string;
  status: QueryStatus;
}

const unload = /^UNLOAD \(\n([\s\S]*)\n\) TO '([^']+)' WITH/;
const bytesScanned = 1_000;

/** One for all queries, each with a connection of its own: opening it takes most of a small query's time. */
let opened: Promise<DuckDBInstance> | undefined;

async function connect(): Promise<DuckDBConnection> {
  opened ??= DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await (await opened).connect();
  await connection.run("set TimeZone = 'UTC'");
  return connection;
}

/** Athena, for one database over one bucket. */
export class FakeAthena implements QueryService {
  readonly name = "fake";
  readonly queries: Query[] = [];
  /** The ids of queries that were stopped. */
  readonly stopped: string[] = [];
  /** The number of starts to refuse because of too many queries. */
  busy = 0;
  /** Whether queries go on until `finish`. */
  isHeld = false;
  /** The most files of a query. */
  files = 1;
  /** Decides how the next queries end, instead of DuckDB. */
  readonly outcomes: Pick<QueryStatus, "state" | "reason" | "isRetryable">[] = [];
  /** Called before each call. */
  before: (call: "start" | "status" | "stop") => void = () => {};
  readonly #gold: MemoryStore;
  readonly #tokens = new Map<string, Query>();
  readonly #folder: string;

  /** @param scratch A folder for files. */
  constructor(gold: MemoryStore, scratch: string) {
    this.#gold = gold;
    this.#folder = mkdtempSync(join(scratch, "athena-"));
  }

  /** Another workgroup with the same queries, over a copy of the bucket. */
  copy(gold: MemoryStore): FakeAthena {
    const other = new FakeAthena(gold, this.#folder);
    other.isHeld = this.isHeld;
    other.stopped.push(...this.stopped);
    for (const [token, query] of this.#tokens) {
      const copy = { ...query };
      other.queries.push(copy);
      other.#tokens.set(token, copy);
    }
    return other;
  }

  async start(sql: string, token: string): Promise<string> {
    this.before("start");
    if (this.busy > 0) {
      this.busy -= 1;
      throw new QueryRefusedError("Rate exceeded", true);
    }
    const known = this.#tokens.get(token);
    if (known !== undefined) {
      if (known.sql !== sql) {
        throw new QueryRefusedError("Idempotent parameters do not match", false);
      }
      return known.id;
    }
    if (!/^(UNLOAD|SELECT)\b/i.test(sql)) {
      throw new QueryRefusedError("line 1:1: mismatched input", false);
    }
    const id = randomUUID();
    const status: QueryStatus = { state: "running", bytesScanned: 0, milliseconds: 0 };
    const query: Query = { id, sql, status };
    this.queries.push(query);
    this.#tokens.set(token, query);
    return id;
  }

  async status(id: string): Promise<QueryStatus | undefined> {
    this.before("status");
    const query = this.queries.find((each) => each.id === id);
    if (query?.status.state === "running" && !this.isHeld) {
      await this.finish(query);
    }
    return query?.status;
  }

  async stop(id: string): Promise<void> {
    this.before("stop");
    this.stopped.push(id);
    const query = this.queries.find((each) => each.id === id);
    if (query?.status.state === "running") {
      query.status = { ...query.status, state: "cancelled", reason: "Query cancelled by user" };
    }
  }

  /** Ends a query. */
  async finish(query: Query): Promise<void> {
    const outcome = this.outcomes.shift();
    const used = { bytesScanned, milliseconds: 20 };
    if (outcome !== undefined) {
      query.status = { ...used, ...outcome };
      return;
    }
    try {
      const manifest = await this.#unload(query);
      query.status = { ...used, state: "succeeded", ...(manifest && { manifest }) };
    } catch (error) {
      const reason = asError(error).message;
      query.status = { ...used, state: "failed", reason, isRetryable: false };
    }
  }

  async #unload({ id, sql }: Query): Promise<string | undefined> {
    const [, select = "", target = ""] = unload.exec(sql) ?? [];
    if (target === "") {
      return undefined;
    }
    const folder = this.#key(target);
    if ([...this.#gold.objects.keys()].some((key) => key.startsWith(folder))) {
      throw new Error("HIVE_PATH_ALREADY_EXISTS: Target directory already exists");
    }
    const connection = await connect();
    const keys: string[] = [];
    try {
      await connection.run(`create temp table rows as ${await this.#pinned(select)}`);
      for (let file = 0; file < this.files; file += 1) {
        const path = join(this.#folder, `${id}-${file}.parquet`);
        const part = `from rows where rowid % ${this.files} = ${file}`;
        const counted = await connection.runAndReadAll(`select count(*) ${part}`);
        if (counted.getRows()[0]?.[0] !== 0n) {
          const key = `${folder}20260101_00001_${id}_${file}`;
          await connection.run(`copy (${part}) to ${literal(path)} (format parquet)`);
          await this.#gold.put(key, await readFile(path));
          keys.push(key);
        }
      }
    } finally {
      connection.closeSync();
    }
    const manifest = `${athenaResultsPrefix}${id}-manifest.csv`;
    const lines = keys.map((key) => `${this.#gold.uri?.(key)}\n`).join("");
    await this.#gold.put(manifest, Buffer.from(lines));
    return this.#gold.uri?.(manifest);
  }

  /** The query with the files of each pinned version in its place. */
  async #pinned(select: string): Promise<string> {
    const histories = await readHistories(this.#gold);
    let sql = select;
    for (const [text, name = "", id] of select.matchAll(
      /"lake"\."(\w+)" FOR VERSION AS OF (\d+)/g,
    )) {
      const history = histories.get(name);
      const snapshot =
        history && icebergSnapshots(history.table).find((each) => each.id === Number(id));
      if (history === undefined || snapshot === undefined) {
        throw new Error(`INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: ${id}`);
      }
      const { columns, keys } = contentAt(history, snapshot.version);
      const paths: string[] = [];
      for (const key of keys) {
        const path = join(this.#folder, randomUUID());
        await writeFile(path, this.#gold.objects.get(key)?.bytes ?? "");
        paths.push(path);
      }
      const nulls = columns.map((column) => `null as "${column.name}"`).join(", ");
      const rows =
        paths.length === 0
          ? `(select ${nulls} limit 0)`
          : `read_parquet(${filePaths(paths)}, hive_partitioning = false)`;
      sql = sql.replace(text, rows);
    }
    return sql;
  }

  #key(address: string): string {
    return address.slice(this.#gold.uri?.("").length);
  }
}
