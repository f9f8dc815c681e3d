/** A workgroup of Athena in memory: DuckDB runs the statements over the published versions of a lake's tables. */
import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { filePaths } from "@lakehouse/formats/duckdb-sql";
import { literal } from "@lakehouse/formats/sql-text";
import { athenaResultsPrefix } from "@lakehouse/lake/keys";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { commitTable, icebergSnapshots } from "@lakehouse/open-tables/open-table";
import type { OpenColumn } from "@lakehouse/open-tables/table-schema";
import { asError } from "@lakehouse/transforms/errors";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import {
  QueryRefusedError,
  type QueryService,
  type QueryStatus,
} from "../../src/engine/athena/query-service.ts";
import { contentAt, readHistories } from "../../src/inspect/versions.ts";
import { MemoryCatalog } from "./memory-catalog.ts";
import type { MemoryStore } from "./memory-store.ts";

interface Query {
  readonly id: string;
  readonly sql: string;
  status: QueryStatus;
}

const unload = /^UNLOAD \(\n([\s\S]*)\n\) TO '([^']+)' WITH/;
const insert = /^INSERT INTO "lake"\."(\w+)"\n([\s\S]*)$/;
const bytesScanned = 1_000;

/** One for all queries, each with a connection of its own: opening it takes most of a small query's time. */
let opened: Promise<DuckDBInstance> | undefined;

async function connect(): Promise<DuckDBConnection> {
  opened ??= DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await (await opened).connect();
  await connection.run("set TimeZone = 'UTC'");
  await connection.run("create or replace temp macro with_timezone(t, z) as timezone(z, t)");
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
  readonly #tables: MemoryCatalog;
  /** The columns of tables that statements have written to. */
  readonly #columns = new Map<string, readonly string[]>();
  readonly #tokens = new Map<string, Query>();
  readonly #folder: string;

  /**
   * @param scratch A folder for files.
   * @param tables Has the tables that statements write to.
   */
  constructor(gold: MemoryStore, scratch: string, tables = new MemoryCatalog()) {
    this.#gold = gold;
    this.#tables = tables;
    this.#folder = mkdtempSync(join(scratch, "athena-"));
  }

  /** Another workgroup with the same queries, over a copy of the bucket. */
  copy(gold: MemoryStore, tables: MemoryCatalog): FakeAthena {
    const other = new FakeAthena(gold, this.#folder, tables);
    other.isHeld = this.isHeld;
    other.stopped.push(...this.stopped);
    for (const [name, columns] of this.#columns) {
      other.#columns.set(name, columns);
    }
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
    if (!/^(UNLOAD|INSERT|SELECT)\b/i.test(sql)) {
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
      const manifest = (await this.#insert(query)) ?? (await this.#unload(query));
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

  /** Writes rows to an Iceberg table. */
  async #insert({ id, sql }: Query): Promise<undefined> {
    const [, name = "", select = ""] = insert.exec(sql) ?? [];
    if (name === "") {
      return undefined;
    }
    const table = this.#tables.entries.get(name);
    const address = table?.parameters["metadata_location"] ?? "";
    const metadata = this.#gold.objects.get(this.#key(address))?.bytes;
    if (table === undefined || metadata === undefined) {
      throw new Error(`TABLE_NOT_FOUND: Table '${name}' does not exist`);
    }
    const { schemas, ...kept } = JSON.parse(metadata.toString()) as {
      readonly "table-uuid": string;
      readonly schemas: readonly {
        readonly fields: readonly { name: string; id: number; type: string }[];
      }[];
    };
    const columns = (schemas[0]?.fields ?? []).map(
      (field): OpenColumn => ({ ...field, nullable: true, type: typeOf(field.type) }),
    );
    this.#columns.set(
      name,
      columns.map((column) => column.name),
    );
    const folder = this.#key(table.location);
    const files = await this.#writeFiles(id, await this.#pinned(select), columns, folder);
    if (this.#tables.entries.get(name)?.version !== table.version) {
      throw new Error(`ICEBERG_COMMIT_ERROR: Table '${name}' has changed`);
    }
    const { objects } = await commitTable(undefined, {
      ...{ run: 1, at: 1, operation: "append", retention: 1, formats: ["iceberg"], files },
      ...{ location: table.location, schema: { name, description: "", columns } },
    });
    let last = "";
    for (const { key, bytes } of objects.create) {
      const isTable = key.endsWith(".json");
      const own = isTable && { "table-uuid": kept["table-uuid"] };
      const content = isTable
        ? Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(bytes).toString()), ...own }))
        : bytes;
      await this.#gold.put(`${folder}/${key}`, content);
      last = key;
    }
    const parameters = { ...table.parameters, metadata_location: `${table.location}/${last}` };
    this.#tables.put("insert", name, { location: table.location, parameters });
    return undefined;
  }

  async #writeFiles(
    id: string,
    select: string,
    columns: readonly OpenColumn[],
    folder: string,
  ): Promise<DataFile[]> {
    const connection = await connect();
    const written: DataFile[] = [];
    try {
      const names = columns.map(({ name }) => `"${name}"`).join(", ");
      await connection.run(`create temp table rows(${names}) as ${select}`);
      for (let file = 0; file < this.files; file += 1) {
        const path = join(this.#folder, `${id}-${file}.parquet`);
        const part = `from rows where rowid % ${this.files} = ${file}`;
        const counts = columns.map(({ name }) => `count(*) - count("${name}")`);
        const [counted = []] = (
          await connection.runAndReadAll(`select count(*), ${counts.join(", ")} ${part}`)
        ).getRows();
        const [rows = 0, ...nulls] = counted.map(Number);
        if (rows > 0) {
          const ids = columns.map((column) => `"${column.name}": ${column.id}`).join(", ");
          await connection.run(
            `copy (${part}) to ${literal(path)} (format parquet, field_ids {${ids}})`,
          );
          const bytes = await readFile(path);
          const key = `data/20260101_00001_${id}_${file}.parquet`;
          await this.#gold.put(`${folder}/${key}`, bytes);
          const known = columns.map(({ name }, index) => [name, { nulls: nulls[index] }] as const);
          written.push({
            ...{ path: key, partition: "", rows, bytes: bytes.length },
            columns: Object.fromEntries(known),
          });
        }
      }
    } finally {
      connection.closeSync();
    }
    return written;
  }

  /** The query with the files of each pinned version in its place. */
  async #pinned(select: string): Promise<string> {
    const histories = await readHistories(this.#gold);
    let sql = select;
    for (const [text, name = ""] of select.matchAll(/"lake"\."(lakehouse_scratch_\w+)"/g)) {
      const location = this.#key(this.#tables.entries.get(name)?.location ?? "");
      const keys = [...this.#gold.objects.keys()].filter((key) =>
        key.startsWith(`${location}/data/`),
      );
      const nulls = this.#columns.get(name)?.map((column) => `null as "${column}"`);
      sql = sql.replace(text, await this.#rowsOf(keys, nulls?.join(", ") ?? ""));
    }
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
      const nulls = columns.map((column) => `null as "${column.name}"`).join(", ");
      sql = sql.replace(text, await this.#rowsOf(keys, nulls));
    }
    return sql;
  }

  /** @param nulls The columns if there are no files. */
  async #rowsOf(keys: readonly string[], nulls: string): Promise<string> {
    const paths: string[] = [];
    for (const key of keys) {
      const path = join(this.#folder, randomUUID());
      await writeFile(path, this.#gold.objects.get(key)?.bytes ?? "");
      paths.push(path);
    }
    return paths.length === 0
      ? `(select ${nulls} limit 0)`
      : `read_parquet(${filePaths(paths)}, hive_partitioning = false)`;
  }

  #key(address: string): string {
    return address.slice(this.#gold.uri?.("").length);
  }
}

/** The type that Iceberg names so. */
function typeOf(name: string): OpenColumn["type"] {
  const [, precision, scale] = /^decimal\((\d+), ?(\d+)\)$/.exec(name) ?? [];
  return precision === undefined
    ? (exampleTypes.find((type) => definitionOf(type).iceberg(type as never) === name) ?? {
        kind: "string",
      })
    : { kind: "decimal", precision: Number(precision), scale: Number(scale) };
}
