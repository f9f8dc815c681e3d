/** DuckDB as the engine: an in-memory database, a pool of connections, and a connection for parsing. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { list, pathPattern } from "@lakehouse/formats/duckdb-sql";
import type { LineLength } from "@lakehouse/formats/format";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { sqlType } from "@lakehouse/transforms/types/column-type";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import type {
  Dependencies,
  DividedQuery,
  Engine,
  EngineOptions,
  MergeDecision,
  MergeInput,
  MergeOutput,
  Session,
  WriteInput,
} from "../engine.ts";
import { SharedRows } from "../shared-rows.ts";
import { dependenciesOf, loadOutsideValues } from "./dependencies.ts";
import { duckDb, translated } from "./duckdb-error.ts";
import { DuckDbSession } from "./duckdb-session.ts";
import { keepByteOrderMarks } from "./exact-strings.ts";
import { decideMerge, mergeFiles } from "./merge/merge.ts";
import { writeUnits } from "./merge/write-units.ts";
import type { OutsideValues } from "./outside-values.ts";
import { partitionQuery } from "./partition-query.ts";

/** The most connections that a merge uses. Each takes memory. */
const mergeConnections = 2;

const interruptMilliseconds = 50;

/** By SQL. Every database of a process finds the same, and the runs of one process have the same models. */
const knownDependencies = new Map<string, Dependencies>();

/** Opens DuckDB. */
export async function openDuckDb({
  directory,
  memoryLimitMib,
  sessions = 1,
  reproducible = false,
  threads = reproducible ? 1 : undefined,
  folders = [],
  files = [],
  signal,
}: EngineOptions): Promise<Engine> {
  keepByteOrderMarks();
  return await translated(async () => {
    await mkdir(directory, { recursive: true });
    const instance = await DuckDBInstance.create(":memory:", {
      // On several threads, a query adds up doubles in any order. With one thread each, queries still run in parallel.
      ...(threads !== undefined && { threads: String(threads) }),
      ...(memoryLimitMib !== undefined && { memory_limit: `${memoryLimitMib}MiB` }),
      // DuckDB gives freed memory back early: by default, it keeps hundreds of MiB beyond its limit.
      allocator_flush_threshold: "8MiB",
      allocator_bulk_deallocation_flush_threshold: "32MiB",
      temp_directory: join(directory, "duckdb"),
      home_directory: directory,
      preserve_insertion_order: "true",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const parser = await instance.connect();
    const connections: DuckDBConnection[] = [];
    for (let count = 0; count < sessions; count += 1) {
      const connection = await instance.connect();
      await connection.run("set TimeZone = 'UTC'");
      connections.push(connection);
    }
    await close(parser, [directory, ...folders], files);
    const lines = memoryLimitMib === undefined ? "any" : "usual";
    return new DuckDbEngine(instance, parser, connections, lines, signal);
  });
}

/** Closes everything but these folders and files to all connections of the instance, for good. */
async function close(
  connection: DuckDBConnection,
  folders: readonly string[],
  files: readonly string[],
): Promise<void> {
  // DuckDB checks the pattern of a path, and then each path that it finds.
  const both = (paths: readonly string[]): string =>
    list([...new Set(paths.flatMap((path) => [path, pathPattern(path)]))]);
  await connection.run(`set allowed_directories = ${both(folders)}`);
  // A folder that a link leads to may be a file.
  await connection.run(`set allowed_paths = ${both([...folders, ...files])}`);
  await connection.run("set enable_external_access = false");
  await connection.run("set lock_configuration = true");
}

class DuckDbEngine implements Engine {
  readonly name = duckDb;
  readonly #instance: DuckDBInstance;
  readonly #parser: DuckDBConnection;
  /** Loaded on first use. */
  #outside: Promise<OutsideValues> | undefined;
  readonly #connections: readonly DuckDBConnection[];
  /** How long a line of a file may be at first. */
  readonly #lines: LineLength;
  readonly #signal: AbortSignal | undefined;
  readonly #sharedRows = new SharedRows();
  #interrupts: NodeJS.Timeout | undefined;
  readonly #idle: DuckDBConnection[];
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];

  constructor(
    instance: DuckDBInstance,
    parser: DuckDBConnection,
    connections: readonly DuckDBConnection[],
    lines: LineLength,
    signal: AbortSignal | undefined,
  ) {
    this.#instance = instance;
    this.#parser = parser;
    this.#connections = connections;
    this.#lines = lines;
    this.#idle = [...connections];
    this.#signal = signal;
    signal?.addEventListener("abort", this.#interrupt);
    if (signal?.aborted === true) {
      this.#interrupt();
    }
  }

  typeName(type: ColumnType): string {
    return sqlType(type);
  }

  async dependencies(sql: string): Promise<Dependencies> {
    const found =
      knownDependencies.get(sql) ??
      (await translated(async () => {
        this.#outside ??= loadOutsideValues(this.#parser);
        return await dependenciesOf(this.#parser, await this.#outside, sql);
      }));
    knownDependencies.set(sql, found);
    return found;
  }

  async forPartitions(query: DividedQuery): Promise<string | undefined> {
    return await translated(async () => {
      this.#outside ??= loadOutsideValues(this.#parser);
      return await partitionQuery(this.#parser, await this.#outside, query);
    });
  }

  async session(): Promise<Session> {
    const connection = await this.#lend();
    return new DuckDbSession(connection, this.#sharedRows, this.#lines, () =>
      this.#takeBack(connection),
    );
  }

  async mergeFiles(input: MergeInput): Promise<MergeOutput> {
    const first = await this.#lend();
    const more = this.#idle.splice(0, mergeConnections - 1);
    try {
      return await mergeFiles(first, more, input);
    } finally {
      for (const connection of [first, ...more]) {
        this.#takeBack(connection);
      }
    }
  }

  async decideMerge(input: MergeInput, mostRows: number): Promise<MergeDecision> {
    const connection = await this.#lend();
    try {
      return await decideMerge(connection, input, mostRows);
    } finally {
      this.#takeBack(connection);
    }
  }

  async writeUnits(input: WriteInput): Promise<readonly (readonly DataFile[])[]> {
    const connection = await this.#lend();
    try {
      return await translated(() => writeUnits(connection, input));
    } finally {
      this.#takeBack(connection);
    }
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#interrupt);
    clearInterval(this.#interrupts);
    for (const connection of [this.#parser, ...this.#connections]) {
      connection.closeSync();
    }
    this.#instance.closeSync();
  }

  /** A query that begins while it is interrupted would run on, so it goes on until the engine is closed. */
  readonly #interrupt = (): void => {
    const interrupt = (): void => {
      for (const connection of this.#connections) {
        connection.interrupt();
      }
    };
    interrupt();
    this.#interrupts = setInterval(interrupt, interruptMilliseconds);
  };

  async #lend(): Promise<DuckDBConnection> {
    return (
      this.#idle.pop() ??
      (await new Promise<DuckDBConnection>((resolve) => this.#waiting.push(resolve)))
    );
  }

  #takeBack(connection: DuckDBConnection): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#idle.push(connection);
    } else {
      next(connection);
    }
  }
}
