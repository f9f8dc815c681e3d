/** DuckDB, set up so that the same input gives the same bytes: one thread a query, several queries at once. */
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** How to run DuckDB. */
export interface DuckDbOptions {
  /** Where it spills to. */
  readonly directory: string;
  /** The most that it holds in memory, MiB. */
  readonly memoryLimitMib: number;
  /** How many queries run at once. */
  readonly connections: number;
}

/** A database without tables of its own, and a few connections to it; temporary views belong to one connection. */
export class DuckDb {
  readonly #instance: DuckDBInstance;
  readonly #all: readonly DuckDBConnection[];
  readonly #idle: DuckDBConnection[];
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];

  private constructor(instance: DuckDBInstance, connections: readonly DuckDBConnection[]) {
    this.#instance = instance;
    this.#all = connections;
    this.#idle = [...connections];
  }

  /**
   * Opens a database in memory.
   *
   * A query that runs on several threads adds doubles up in any order; with `threads` = 1 each runs on the
   * thread that called it, and those of other connections beside it.
   */
  static async open(options: DuckDbOptions): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(":memory:", {
      threads: "1",
      memory_limit: `${options.memoryLimitMib}MiB`,
      temp_directory: join(options.directory, "duckdb"),
      home_directory: options.directory,
      preserve_insertion_order: "true",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connections: DuckDBConnection[] = [];
    for (let count = 0; count < options.connections; count += 1) {
      const connection = await instance.connect();
      await connection.run("set TimeZone = 'UTC'");
      connections.push(connection);
    }
    return new DuckDb(instance, connections);
  }

  /** Lends a connection to `work`, once one is free. */
  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection =
      this.#idle.pop() ??
      (await new Promise<DuckDBConnection>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(connection);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#idle.push(connection);
      } else {
        next(connection);
      }
    }
  }

  /** Closes it; nothing of it may be in use. */
  close(): void {
    for (const connection of this.#all) {
      connection.closeSync();
    }
    this.#instance.closeSync();
  }
}

/** The rows of a query, values as DuckDB's JSON form has them: whole numbers and decimals as text. */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJson();
}
