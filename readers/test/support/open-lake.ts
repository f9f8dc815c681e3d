/** Open tables in a folder: real Parquet files with the metadata of both formats. */
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { duckDbType } from "@lakehouse/formats/column";
import { tableFormats } from "@lakehouse/formats/formats";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { ColumnStatistics, DataFile } from "@lakehouse/open-tables/data-file";
import {
  type Committed,
  commitTable,
  type TableChange,
  type TableSnapshot,
} from "@lakehouse/open-tables/open-table";
import type { OpenColumn, TableSchema } from "@lakehouse/open-tables/table-schema";
import { parseText } from "@lakehouse/transforms/types/column-type";

/** A row: canonical strings, in the order of the columns. */
export type Row = readonly (string | null)[];

/** Writes data files with DuckDB, in the way of current rows. */
export class Writer {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<Writer> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    await connection.run("set TimeZone = 'UTC'");
    return new Writer(connection);
  }

  /** Writes a file, with a column that is not in the table, as current rows have. */
  async write(
    folder: string,
    path: string,
    partition: string,
    columns: readonly OpenColumn[],
    rows: readonly Row[],
  ): Promise<DataFile> {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const names = columns.map(({ name }) => identifier(name));
    const values = rows.map(
      (row) => `(${row.map((text) => (text === null ? "null" : literal(text))).join(", ")})`,
    );
    const casts = columns.map(({ name, type }) => {
      const sql = type.kind === "timestamp" ? "TIMESTAMPTZ" : duckDbType(type);
      return `cast(${identifier(name)} as ${sql}) as ${identifier(name)}`;
    });
    const ids = columns.map(({ id, name }) => `${literal(name)}: ${id}`);
    await this.#connection.run(
      `copy (select ${casts.join(", ")}, 1 as _row from (values ${values.join(", ")}) as t(${names.join(", ")}))
       to ${literal(target)} (${tableFormats.parquet.duckDb.copyOptions}, field_ids {${ids.join(", ")}})`,
    );
    const { size } = await stat(target);
    const statistics = columns.map((column, index) => {
      const texts = rows.map((row) => row[index] ?? null);
      return [column.name, statisticsOf(column, texts)] as const;
    });
    return {
      path,
      partition,
      rows: rows.length,
      bytes: size,
      columns: Object.fromEntries(statistics),
    };
  }
}

/** The exact statistics of canonical strings. */
function statisticsOf({ type }: OpenColumn, texts: readonly (string | null)[]): ColumnStatistics {
  const values = texts.flatMap((text) => {
    const parsed = text === null ? undefined : parseText(type, text);
    return text === null || parsed?.ok !== true ? [] : [{ text, value: parsed.value }];
  });
  const sorted = values.toSorted((a, b) => compare(a.value, b.value)).map(({ text }) => text);
  const bounds = sorted.length === 0 ? {} : { min: sorted[0], max: sorted.at(-1) };
  return { nulls: texts.length - values.length, bytes: 100, ...bounds };
}

/** Text is in the order of its bytes. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === "string" && typeof b === "string") {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return (a as number) < (b as number) ? -1 : Number((a as number) > (b as number));
}

/** A table in a folder. */
export class OpenLake {
  /** The folder, without a slash at the end. */
  readonly folder: string;
  readonly schema: TableSchema;
  last: TableSnapshot | undefined;

  constructor(folder: string, schema: TableSchema) {
    this.folder = folder;
    this.schema = schema;
  }

  /** Publishes a version, and removes what no kept version needs. */
  async commit(files: readonly DataFile[], rest: Partial<TableChange> = {}): Promise<Committed> {
    const run = (this.last?.table.versions.at(-1)?.run ?? 0) + 1;
    const committed = await commitTable(this.last, {
      run,
      at: Date.parse("2026-11-01T06:00:00Z") + run * 60_000,
      operation: "overwrite",
      schema: this.schema,
      files,
      location: `file://${this.folder}`,
      retention: 7 * 86_400_000,
      formats: ["delta", "iceberg"],
      ...rest,
    });
    const { create, replace, remove } = committed.objects;
    for (const { key, bytes } of [...create, ...replace]) {
      await mkdir(dirname(join(this.folder, key)), { recursive: true });
      await writeFile(join(this.folder, key), bytes);
    }
    for (const path of [...remove, ...committed.unused]) {
      await rm(join(this.folder, path));
    }
    this.last = { table: committed.table, files };
    return committed;
  }
}
