/** Runs one reading query over the layers of the lake. */
import { type DuckDBConnection, StatementType } from "@duckdb/node-api";
import { directoryOf } from "@lakehouse/lake/lake";
import type { Context } from "../../context.ts";
import { DataError, QueryError, UsageError } from "../../errors.ts";
import { openDuckDb } from "../../sql/duckdb.ts";
import { makeViews, relationNames } from "../../sql/relations.ts";
import { formatRows, type QueryFormat, type QueryRows } from "./format.ts";
import { namesIn } from "./names.ts";
import { exactJson } from "./values.ts";

const reading = "Write one SELECT, DESCRIBE, SUMMARIZE or SHOW.";
/** How DuckDB's messages begin when the query is at fault, and not a file or this machine. */
const faultOfQuery =
  /^(?:Failed to extract statements: )?(?:Parser|Binder|Catalog|Syntax|Conversion|Out of Range|Invalid Input|Mismatch Type|Invalid Type|Not implemented|Parameter Not Resolved|Constraint|Sequence|Divide by Zero) Error|IO Error: No files found/;

/**
 * Runs a query.
 *
 * @returns The rows in the format, in pieces of text as they come.
 * @throws UsageError when it is not one reading statement.
 * @throws QueryError when DuckDB cannot run it.
 * @throws DataError when a file of the lake cannot be read.
 */
export async function* query(
  context: Context,
  sql: string,
  format: QueryFormat,
): AsyncGenerator<string> {
  const { scratch, signal } = context;
  const { connection, close } = await openDuckDb(scratch);
  const interrupt = () => connection.interrupt();
  signal.addEventListener("abort", interrupt);
  try {
    yield* formatRows(await rowsOf(context, connection, sql), format);
  } catch (error) {
    signal.throwIfAborted();
    throw translate(context, sql, error);
  } finally {
    signal.removeEventListener("abort", interrupt);
    close();
  }
}

async function rowsOf(
  context: Context,
  connection: DuckDBConnection,
  sql: string,
): Promise<QueryRows> {
  await checkOneStatement(connection, sql);
  const read = await namesIn(connection, sql, relationNames(context.catalog));
  await makeViews(context, connection, read);
  const statement = await connection.prepare(sql);
  if (statement.statementType !== StatementType.SELECT) {
    throw new UsageError(
      `query only reads, and this is ${StatementType[statement.statementType]}`,
      reading,
    );
  }
  const result = await statement.stream();
  const types = result.columnTypes();
  const columns = result
    .deduplicatedColumnNames()
    .map((name, index) => ({ name, type: String(types[index]) }));
  return { columns, pieces: result.yieldConvertedRows(exactJson) };
}

async function checkOneStatement(connection: DuckDBConnection, sql: string): Promise<void> {
  // DuckDB gives no message of its own for a text without any statement.
  const withoutComments = sql.replace(/--.*$|\/\*[\s\S]*?\*\//gm, "").replace(/[\s;]/g, "");
  const { count } = withoutComments === "" ? { count: 0 } : await connection.extractStatements(sql);
  if (count !== 1) {
    throw new UsageError(`query runs one statement, and here are ${count}`, reading);
  }
}

function translate({ location, scratch }: Context, sql: string, error: unknown): unknown {
  if (!(error instanceof Error && faultOfQuery.test(error.message))) {
    return error;
  }
  const folders = [scratch, ...(location === "s3" ? [] : [directoryOf(location)])];
  // Behind it DuckDB repeats the statement, views and all.
  const [said = ""] = error.message.split("\n\nLINE ", 1);
  // A file that the query does not name itself is one of the lake's.
  if (folders.some((folder) => said.includes(folder) && !sql.includes(folder))) {
    return new DataError(
      `A file of the lake cannot be read. ${said}\nRun lakehouse audit, which says what to do about it.`,
      { cause: error },
    );
  }
  return new QueryError(error.message.replace("Failed to extract statements: ", ""), {
    cause: error,
  });
}
