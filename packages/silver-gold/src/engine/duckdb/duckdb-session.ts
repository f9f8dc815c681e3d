/** A connection to DuckDB as a session. */
import {
  type DuckDBConnection,
  type DuckDBExtractedStatements,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBType,
  type Json,
  StatementType,
} from "@duckdb/node-api";
import type { FileColumn } from "@lakehouse/formats/column";
import { isLineTooLong } from "@lakehouse/formats/duckdb-sql";
import type { LineLength } from "@lakehouse/formats/format";
import { tableFormats } from "@lakehouse/formats/formats";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import type { ModelColumn } from "@lakehouse/transforms/model/model";
import {
  EngineError,
  type FileView,
  type JsonValue,
  type MergeInput,
  type ResultColumn,
  type ResultStream,
  type Session,
  type View,
} from "../engine.ts";
import type { SharedRows, SharedTable } from "../shared-rows.ts";
import { copyDataFiles } from "./copy-data-files.ts";
import { copyPartitions } from "./copy-partitions.ts";
import { duckDb, engineError, translated } from "./duckdb-error.ts";
import { falseStatistics } from "./false-statistics.ts";
import { storedColumns } from "./merge/merge-sql.ts";
import { explained, isEmpty, startsOf, writes } from "./statement.ts";
import { storedRows, unstorableValue } from "./storable.ts";
import { exactJson } from "./values.ts";
import { viewQuery } from "./view-query.ts";

export class DuckDbSession implements Session {
  readonly #connection: DuckDBConnection;
  readonly #giveBack: () => void;
  #lines: LineLength;
  /** The views over files, for the case that a line is longer than usual. */
  readonly #views = new Map<string, View>();
  readonly #sharedRows: SharedRows;
  /** The tables that its views read. */
  readonly #shared: SharedTable[] = [];

  /** @param lines How long a line of a file may be at first. If one is longer, the session reads longer ones. */
  constructor(
    connection: DuckDBConnection,
    sharedRows: SharedRows,
    lines: LineLength,
    giveBack: () => void,
  ) {
    this.#connection = connection;
    this.#sharedRows = sharedRows;
    this.#lines = lines;
    this.#giveBack = giveBack;
  }

  [Symbol.dispose](): void {
    for (const table of this.#shared) {
      this.#sharedRows.release(table);
    }
    this.#giveBack();
  }

  async define(name: string, view: View): Promise<void> {
    const files = await viewQuery(view, this.#lines);
    const query = view.kind === "files" ? await this.#withShared(view, files) : files;
    // The query is on its own lines, because it may end with a comment.
    const sql = `create or replace temp view ${identifier(name)} as\n${query}`;
    await translated(() => this.#connection.run(sql));
    if (view.kind === "query") {
      this.#views.delete(name);
    } else {
      this.#views.set(name, view);
    }
  }

  /** The query for the rows of a view, from a table if they are kept. @param query The one that reads its files. */
  async #withShared(view: FileView, query: string): Promise<string> {
    const table = await this.#sharedRows.keep(this.#connection, view, query);
    if (table === undefined) {
      return query;
    }
    this.#shared.push(table);
    return `from main.${table.name}`;
  }

  async keep(name: string, sql: string): Promise<void> {
    await translated(() =>
      this.#withAnyLine(() =>
        this.#connection.run(`create or replace temp table ${identifier(name)} as\n${sql}`),
      ),
    );
  }

  async describe(sql: string): Promise<readonly ResultColumn[]> {
    return await translated(async () => {
      const statement = await this.#prepare(sql);
      const columns = Array.from({ length: statement.columnCount }, (_, index) => ({
        name: statement.columnName(index),
        type: typeText(statement.columnType(index)),
      }));
      statement.destroySync();
      return columns;
    });
  }

  async validate(sql: string): Promise<void> {
    await translated(async () => {
      const statements = await this.#statements(sql);
      // The columns of a PIVOT depend on the rows, so only its first part can be prepared without them.
      const isPivot = statements.count > 1;
      for (let index = 0; index < statements.count; index += 1) {
        const statement = await statements.prepare(index);
        const kind = statement.statementType;
        statement.destroySync();
        requireReading(kind, isPivot);
        if (isPivot && kind === StatementType.CREATE) {
          return;
        }
      }
    });
  }

  async copy(
    view: string,
    path: string,
    format: FileFormat,
    columns: readonly FileColumn[],
  ): Promise<number> {
    const { copyOptions } = tableFormats[format].duckDb;
    const rows = storedRows(view, format, columns);
    return await this.#copying(view, format, columns, async () => {
      const result = await this.#connection.run(
        `copy (${rows}) to ${literal(path)} (${copyOptions})`,
      );
      const [[count] = []] = await result.getRows();
      return Number(count);
    });
  }

  async copyDataFiles(
    view: string,
    directory: string,
    columns: readonly ModelColumn[],
    fieldIds: MergeInput["fieldIds"],
    mostRows?: number,
  ): Promise<readonly Omit<DataFile, "partition">[]> {
    const rows = `select ${storedColumns(columns)} from (${storedRows(view, "parquet", columns)})`;
    return await this.#copying(view, "parquet", columns, () =>
      copyDataFiles(this.#connection, rows, directory, columns, fieldIds, mostRows),
    );
  }

  async copyPartitions(...what: Parameters<Session["copyPartitions"]>) {
    return await translated(() => copyPartitions(this.#connection, ...what));
  }

  async copyToDatabase(view: string, path: string): Promise<number> {
    const name = identifier(view);
    return await translated(async () => {
      await this.#connection.run(`attach ${literal(path)} as copied`);
      try {
        const result = await this.#withAnyLine(() =>
          this.#connection.run(`create or replace table copied.main.${name} as from temp.${name}`),
        );
        const [[count] = []] = await result.getRows();
        return Number(count);
      } finally {
        // It writes what is in the log into the file.
        await this.#connection.run("detach copied");
      }
    });
  }

  /** Runs a COPY of `storedRows`, and finds the value that makes it fail. */
  async #copying<T>(
    view: string,
    format: FileFormat,
    columns: readonly FileColumn[],
    copy: () => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#withAnyLine(copy);
    } catch (error) {
      const value = await translated(() =>
        unstorableValue(this.#connection, view, format, columns, error),
      );
      throw value ?? engineError(error);
    }
  }

  async rows(sql: string): Promise<Record<string, JsonValue>[]> {
    return await translated(() =>
      this.#withAnyLine(async () => {
        const reader = await this.#connection.runAndReadAll(sql);
        return reader.getRowObjectsJson();
      }),
    );
  }

  async stream(sql: string): Promise<ResultStream> {
    // It can't begin again after its first rows.
    await this.#readLines("any");
    return await translated(async () => {
      const statement = await this.#prepare(sql);
      const result = await statement.stream();
      const types = result.columnTypes();
      const columns = result
        .deduplicatedColumnNames()
        .map((name, index) => ({ name, type: String(types[index]) }));
      return { columns, batches: batches(result) };
    });
  }

  async falseStatistics(files: readonly string[]): Promise<readonly string[]> {
    return await translated(() => falseStatistics(this.#connection, files));
  }

  /** Runs again if a line was longer than usual. */
  async #withAnyLine<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const isTooLong = error instanceof Error && isLineTooLong(error.message);
      if (this.#lines === "any" || !isTooLong) {
        throw error;
      }
      await this.#readLines(this.#lines === "usual" ? "long" : "any");
      return await this.#withAnyLine(run);
    }
  }

  async #readLines(lines: LineLength): Promise<void> {
    if (this.#lines !== lines) {
      this.#lines = lines;
      for (const [name, view] of this.#views) {
        await this.define(name, view);
      }
    }
  }

  /** @throws EngineError if it is not one reading statement. */
  async #prepare(sql: string): Promise<DuckDBPreparedStatement> {
    const statements = await this.#statements(sql);
    for (let index = 0; index < statements.count; index += 1) {
      const statement = await statements.prepare(index);
      const kind = statement.statementType;
      if (readingKinds.includes(kind)) {
        return statement;
      }
      requireReading(kind, statements.count > 1);
      if (kind === StatementType.CREATE) {
        await statement.run();
      }
    }
    throw notReading("there is no such statement");
  }

  /** Splits one statement. DuckDB turns a PIVOT into several: the first create types of its values, and one reads. */
  async #statements(sql: string): Promise<DuckDBExtractedStatements> {
    const writing = isEmpty(sql) ? "there are 0 statements" : (writes(sql) ?? several(sql));
    if (writing !== undefined) {
      throw notReading(writing);
    }
    const inner = explained(sql);
    if (inner !== undefined) {
      // EXPLAIN ANALYZE runs it.
      await this.validate(inner);
    }
    return await this.#connection.extractStatements(sql);
  }
}

/** CALL runs a table function. */
const readingKinds: readonly number[] = [
  StatementType.SELECT,
  StatementType.EXPLAIN,
  StatementType.CALL,
];

function requireReading(kind: number, isPivot: boolean): void {
  const isPart = isPivot && [StatementType.CREATE, StatementType.TRANSACTION].includes(kind);
  if (!isPart && !readingKinds.includes(kind)) {
    throw notReading(`this is ${StatementType[kind]}`);
  }
}

/** Says where the second statement begins, if there is one. */
function several(sql: string): string | undefined {
  const [, second, ...more] = startsOf(sql);
  if (second === undefined) {
    return undefined;
  }
  const line = sql.slice(0, second).split("\n").length;
  const [text = ""] = sql.slice(second).split("\n", 1);
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text.trim();
  return `there are ${more.length + 2} statements: the second, on line ${line}, is ${shown}`;
}

function notReading(message: string): EngineError {
  return new EngineError(duckDb, "statement", message);
}

/** The name of a type. JSON is an alias of VARCHAR that the driver's `toString` leaves out. */
function typeText(type: DuckDBType): string {
  return type.alias ?? String(type);
}

async function* batches(result: DuckDBResult): AsyncGenerator<readonly (readonly Json[])[]> {
  try {
    yield* result.yieldConvertedRows(exactJson);
  } catch (error) {
    throw engineError(error);
  }
}
