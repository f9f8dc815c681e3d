/** Runs one reading query over the layers of the lake. */
import { join } from "node:path";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { directoryOf } from "@lakehouse/lake/lake";
import { relationsOf } from "@lakehouse/lake/relations";
import { EngineError, mayRead, type ResultStream } from "@lakehouse/silver-gold/engine";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import type { Context } from "../../context.ts";
import { DataError, QueryError, UsageError } from "../../errors.ts";
import type { Point } from "../../sql/point.ts";
import {
  earlierViews,
  missingFile,
  type RelationView,
  relationsAt,
  viewOf,
  viewsOf,
} from "../../sql/relations.ts";
import { formatRows, type QueryFormat } from "./format.ts";
import { placeOf, type Statement } from "./statement.ts";

/**
 * Runs a query.
 *
 * @param statement The SQL, or a statement from a file, which errors name.
 * @param at The point at which tables are read; undefined for now.
 * @returns The formatted rows, in pieces of text.
 * @throws As `queryRows`.
 */
export async function* query(
  context: Context,
  statement: string | Statement,
  format: QueryFormat,
  at?: Point,
): AsyncGenerator<string> {
  const named = typeof statement === "string" ? { sql: statement } : statement;
  yield* queryRows(context, named, at, (rows) => formatRows(rows, format, context.screen));
}

/**
 * Runs a query, and hands its rows over while the lake's files are there.
 *
 * @param read Reads the rows, or some of them. What it yields is returned.
 * @throws UsageError if it is not one reading statement, or a table has no such version.
 * @throws QueryError if the engine can't run it.
 * @throws DataError if a file of the lake can't be read.
 */
export async function* queryRows<T>(
  context: Context,
  { sql, file }: Statement,
  at: Point | undefined,
  read: (rows: ResultStream) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const { scratch, signal } = context;
  try {
    const views = await viewsIn(context, sql, at);
    const files = [...views.values()].flatMap((view) => view.files);
    using engine = await openEngine({ directory: join(scratch, "sql"), files, signal });
    using session = await engine.session();
    for (const [name, view] of views) {
      await session.define(name, view);
    }
    yield* read(await session.stream(sql));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ObjectNotFoundError) {
      throw missingFile(error);
    }
    throw error instanceof EngineError ? translate(context, sql, error, file) : error;
  }
}

/** Views of all relations, with the rows that a query reads. Finds mistakes in it before anything is downloaded. */
async function viewsIn(
  context: Context,
  sql: string,
  at: Point | undefined,
): Promise<ReadonlyMap<string, RelationView>> {
  const { catalog, scratch, signal } = context;
  const all = relationsOf(catalog);
  using engine = await openEngine({ directory: join(scratch, "sql"), signal });
  using session = await engine.session();
  const isRead = async (): Promise<ReadonlySet<string>> =>
    await mayRead(
      engine,
      sql,
      all.map(({ name }) => name),
    );
  const earlier = at && (await relationsAt(context, await isRead(), at));
  for (const relation of all) {
    const { name } = relation;
    await session.define(name, viewOf(earlier?.get(name)?.relation ?? relation, []));
  }
  await session.validate(sql);
  if (earlier !== undefined) {
    return await earlierViews(context, earlier);
  }
  return await viewsOf(context, describes.test(sql) ? new Set() : await isRead());
}

/** A statement that reads only the columns of a table, which gold need not have. */
const describes = /^\s*desc(?:ribe)?\b/i;

function translate(
  { location, scratch }: Context,
  sql: string,
  error: EngineError,
  file: string | undefined,
): Error {
  const { fault, message, summary } = error;
  const place = file === undefined ? "" : `${placeOf(error, sql, file)}: `;
  if (fault === "statement") {
    return new UsageError(
      `${place}query runs one statement that only reads, but ${message}`,
      "Write one SELECT, FROM, WITH, VALUES, TABLE, PIVOT, UNPIVOT, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN.",
    );
  }
  if (fault === "outside") {
    return new UsageError(
      `${place}query reads only the lake's tables and models, not ${JSON.stringify(summary)}`,
      'To list them: lakehouse query "show tables". To read files, use DuckDB itself (docs/query.md).',
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
  return new QueryError(`${place}${message}`, { cause: error });
}
