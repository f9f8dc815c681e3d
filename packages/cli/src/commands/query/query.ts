/** Runs one reading query over the layers of the lake. */
import { directoryOf } from "@lakehouse/lake/lake";
import { relationsOf } from "@lakehouse/lake/relations";
import { EngineError, mayRead } from "@lakehouse/silver-gold/engine";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import type { Context } from "../../context.ts";
import { DataError, QueryError, UsageError } from "../../errors.ts";
import { defineEmptyViews, defineViews } from "../../sql/relations.ts";
import { formatRows, type QueryFormat } from "./format.ts";

/**
 * Runs a query.
 *
 * @returns The formatted rows, in pieces of text.
 * @throws UsageError if it is not one reading statement.
 * @throws QueryError if the engine can't run it.
 * @throws DataError if a file of the lake can't be read.
 */
export async function* query(
  context: Context,
  sql: string,
  format: QueryFormat,
): AsyncGenerator<string> {
  const { catalog, scratch, signal, screen } = context;
  using engine = await openEngine({ directory: scratch, signal });
  using session = await engine.session();
  try {
    await defineEmptyViews(session, catalog);
    // Finds mistakes in the query before anything is downloaded.
    await session.describe(sql);
    const names = relationsOf(catalog).map(({ name }) => name);
    await defineViews(context, session, await mayRead(engine, sql, names));
    yield* formatRows(await session.stream(sql), format, screen);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof EngineError ? translate(context, sql, error) : error;
  }
}

function translate({ location, scratch }: Context, sql: string, error: EngineError): Error {
  const { fault, message, summary } = error;
  if (fault === "statement") {
    return new UsageError(
      `query runs one statement that only reads, but ${message}`,
      "Write one SELECT, DESCRIBE, SUMMARIZE or SHOW.",
    );
  }
  if (fault === "other") {
    return error;
  }
  const folders = [scratch, ...(location === "s3" ? [] : [directoryOf(location)])];
  // A file that the query does not name itself belongs to the lake.
  if (folders.some((folder) => summary.includes(folder) && !sql.includes(folder))) {
    return new DataError(
      `A file of the lake cannot be read. ${summary}\n`,
      "Run lakehouse audit, which says how to fix it.",
      { cause: error },
    );
  }
  return new QueryError(message, { cause: error });
}
