/** A connection to DuckDB as a session. */
import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBType,
  type Json,
  StatementType,
} from "@duckdb/node-api";
import type { FileColumn } from "@lakehouse/formats/column";
import { tableFormats } from "@lakehouse/formats/formats";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import {
  EngineError,
  type JsonValue,
  type ResultColumn,
  type ResultStream,
  type Session,
  type View,
} from "../engine.ts";
import { duckDb, engineError, translated } from "./duckdb-error.ts";
import { falseStatistics } from "./false-statistics.ts";
import { storedRows, unstorableValue } from "./storable.ts";
import { exactJson } from "./values.ts";
import { viewQuery } from "./view-query.ts";

export class DuckDbSession implements Session {
  readonly #connection: DuckDBConnection;
  readonly #giveBack: () => void;

  constructor(connection: DuckDBConnection, giveBack: () => void) {
    this.#connection = connection;
    this.#giveBack = giveBack;
  }

  [Symbol.dispose](): void {
    this.#giveBack();
  }

  async define(name: string, view: View): Promise<void> {
    // The query is on its own lines, because it may end with a comment.
    const sql = `create or replace temp view ${identifier(name)} as\n${await viewQuery(view)}`;
    await translated(() => this.#connection.run(sql));
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

  async copy(
    view: string,
    path: string,
    format: FileFormat,
    columns: readonly FileColumn[],
  ): Promise<number> {
    const { copyOptions } = tableFormats[format].duckDb;
    const rows = storedRows(view, format, columns);
    try {
      const result = await this.#connection.run(
        `copy (${rows}) to ${literal(path)} (${copyOptions})`,
      );
      const [[count] = []] = await result.getRows();
      return Number(count);
    } catch (error) {
      const value = await translated(() =>
        unstorableValue(this.#connection, view, format, columns, error),
      );
      throw value ?? engineError(error);
    }
  }

  async rows(sql: string): Promise<Record<string, JsonValue>[]> {
    return await translated(async () => {
      const reader = await this.#connection.runAndReadAll(sql);
      return reader.getRowObjectsJson();
    });
  }

  async stream(sql: string): Promise<ResultStream> {
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

  /** @throws EngineError if it is not one reading statement. */
  async #prepare(sql: string): Promise<DuckDBPreparedStatement> {
    // DuckDB has no message for SQL without a statement.
    const withoutComments = sql.replace(/--.*$|\/\*[\s\S]*?\*\//gm, "").replace(/[\s;]/g, "");
    const statements =
      withoutComments === "" ? undefined : await this.#connection.extractStatements(sql);
    if (statements?.count !== 1) {
      throw notReading(`there are ${statements?.count ?? 0} statements`);
    }
    const statement = await statements.prepare(0);
    if (statement.statementType !== StatementType.SELECT) {
      throw notReading(`this is ${StatementType[statement.statementType]}`);
    }
    return statement;
  }
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
