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
 * @returns The rows in the format, in pieces of text as they come.
 * @throws UsageError when it is not one reading statement.
 * @throws QueryError when the engine can't run it.
 * @throws DataError when a file of the lake can't be read.
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
    // Finds mistakes before anything is downloaded.
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
      `query runs one statement that reads, and ${message}`,
      "Write one SELECT, DESCRIBE, SUMMARIZE or SHOW.",
    );
  }
  if (fault === "other") {
    return error;
  }
  const folders = [scratch, ...(location === "s3" ? [] : [directoryOf(location)])];
  // A file that the query does not name itself is one of the lake's.
  if (folders.some((folder) => summary.includes(folder) && !sql.includes(folder))) {
    return new DataError(
      `A file of the lake cannot be read. ${summary}\n`,
      "Run lakehouse audit, which says what to do about it.",
      { cause: error },
    );
  }
  return new QueryError(message, { cause: error });
}
