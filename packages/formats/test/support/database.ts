/** DuckDB with views over files, read and written with the SQL of the formats. */
import { type DuckDBConnection, DuckDBInstance, type Json } from "@duckdb/node-api";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import { afterAll } from "vitest";
import type { FileColumn } from "../../src/column.ts";
import { type FormatName, formats, tableFormats } from "../../src/formats.ts";
import { literal } from "../../src/sql-text.ts";

/** A database. It is closed after the tests of the file that opens it. */
export class Database {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<Database> {
    const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GiB" });
    const connection = await instance.connect();
    await connection.run("set TimeZone = 'UTC'");
    afterAll(() => {
      connection.closeSync();
      instance.closeSync();
    });
    return new Database(connection);
  }

  async define(view: string, sql: string): Promise<void> {
    await this.#connection.run(`create or replace temp view ${view} as ${sql}`);
  }

  /** Runs a statement without a result. */
  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Defines a view over a file. */
  async scan(
    view: string,
    format: FormatName,
    columns: readonly FileColumn[],
    path: string,
  ): Promise<void> {
    await this.define(view, formats[format].duckDb.scan(columns, [path]));
  }

  /** Writes a view, sorted by all columns. @returns The number of rows. */
  async copy(view: string, path: string, format: FileFormat): Promise<number> {
    const { copyOptions } = tableFormats[format].duckDb;
    const result = await this.#connection.run(
      `copy (from ${view} order by all) to ${literal(path)} (${copyOptions})`,
    );
    const [[count] = []] = await result.getRows();
    return Number(count);
  }

  async rows(sql: string): Promise<Record<string, Json>[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowObjectsJson();
  }

  /** The rows that one view has and the other has not, or not as often. */
  async difference(one: string, other: string): Promise<Record<string, Json>[]> {
    return [
      ...(await this.rows(`from ${one} except all from ${other}`)),
      ...(await this.rows(`from ${other} except all from ${one}`)),
    ];
  }
}
