/** Checks of rows that Athena has written to a scratch table: Athena runs them there, because the rows don't fit on this machine. */
import { randomUUID } from "node:crypto";
import { filePaths } from "@lakehouse/formats/duckdb-sql";
import { identifier } from "@lakehouse/formats/sql-text";
import { relationsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import { placeName } from "../../engine/athena/result-views.ts";
import {
  checkStatement,
  mostStatementBytes,
  type PinnedSource,
} from "../../engine/athena/statement.ts";
import { translateQuery } from "../../engine/athena/translate/translate.ts";
import type { Engine, ResultColumn, Session } from "../../engine/engine.ts";
import { AthenaModelError, type CheckFailure, ModelError } from "../../errors.ts";
import { type Attempt, type CheckQuery, checkFolder } from "../../state/athena-attempt.ts";
import { builtView, type CheckOfRows, checkQuery, checksOfRows } from "../check-query.ts";
import type { ResolvedModel } from "../model-graph.ts";
import type { Pins } from "./pins.ts";
import { scratchName } from "./scratch-table.ts";

/** The most rows of a failed check that are shown. */
const sampleRows = 5;

/** What checks are made with. */
export interface RemoteChecksInput {
  readonly catalog: Catalog;
  readonly engine: Engine;
  /** The database of Glue with the lake's tables. */
  readonly database: string;
  /** The address of an object of gold. */
  readonly addressOf: (key: string) => string;
}

/**
 * Makes the queries of a model's checks.
 *
 * @throws ModelError if one has no translation.
 */
export async function checkQueries(
  { catalog, engine, database, addressOf }: RemoteChecksInput,
  { model, checkReads }: ResolvedModel,
  { token }: Attempt,
  pins: Pins,
): Promise<CheckQuery[]> {
  const checks = checksOfRows(model);
  if (checks.length === 0) {
    return [];
  }
  const built = { columns: model.columns, table: scratchName(token), snapshot: undefined };
  const sources = relationsOf(catalog).flatMap((relation): PinnedSource[] => {
    const { name, kind, columns } = relation;
    if (!checkReads.includes(name) || (kind !== "current" && kind !== "model")) {
      return [];
    }
    const snapshot = pins.get(name)?.last.snapshot;
    return [name === model.name ? { name, ...built } : { name, columns, snapshot }];
  });
  using session = await sessionOf(engine, catalog, model);
  const queries: CheckQuery[] = [];
  for (const [place, check] of checks.entries()) {
    const { sql, columns } = await translateCheck(session, engine, check, model);
    const all = [{ name: builtView, ...built }, ...sources];
    const own = randomUUID();
    const target = addressOf(checkFolder(model.name, token, own));
    const statement = checkStatement({ sql, columns, database, sources: all }, sampleRows, target);
    if (Buffer.byteLength(statement) > mostStatementBytes) {
      throw new AthenaModelError(
        model.name,
        `the statement of its check ${checkName(check)} is longer than the ${mostStatementBytes} bytes that Athena takes`,
        "Divide the check into several.",
      );
    }
    queries.push({ place, token: own, sql: statement });
  }
  return queries;
}

/** A check in Athena's SQL. */
export interface TranslatedCheck {
  readonly sql: string;
  /** The columns of the rows that break it, with DuckDB's types. */
  readonly columns: readonly ResultColumn[];
  /** Why its result may differ from DuckDB's, although both are right. */
  readonly warnings: readonly string[];
}

/**
 * Translates a check.
 *
 * @param session Has a view, which may be empty, for each relation, and for the rows of the model.
 * @throws ModelError if it has no translation.
 */
export async function translateCheck(
  session: Pick<Session, "rows" | "describe">,
  engine: Engine,
  check: CheckOfRows,
  model: Model,
  place?: () => string | undefined,
): Promise<TranslatedCheck> {
  const query = checkQuery(engine, check, model);
  const translation = await translateQuery(session, query);
  const columns = await session.describe(query);
  const { refusal } = translation;
  const interval = columns.find(({ type }) => type.includes("INTERVAL"));
  const problem =
    refusal?.problem ?? (interval && `it returns ${interval.name}, which Athena can't write`);
  if (refusal !== undefined || problem !== undefined) {
    throw new ModelError(
      model.name,
      `Athena can't run its check ${checkName(check)} as DuckDB does: ${problem}`,
      `${refusal?.hint ?? "Cast it to another type."} Or write the check in another way, or remove largeOutput, so that DuckDB runs it (docs/athena-models.md).`,
      place?.(),
    );
  }
  return { sql: translation.sql, columns, warnings: translation.warnings };
}

/**
 * Reads what the query of a check wrote.
 *
 * @param files Local files.
 * @returns Undefined if the check holds.
 */
export async function checkFailure(
  { catalog, engine }: Pick<RemoteChecksInput, "catalog" | "engine">,
  { model }: ResolvedModel,
  place: number,
  files: readonly string[],
): Promise<CheckFailure | undefined> {
  const check = checksOfRows(model)[place];
  if (check === undefined || files.length === 0) {
    return undefined;
  }
  using session = await sessionOf(engine, catalog, model);
  const columns = await session.describe(checkQuery(engine, check, model));
  const from = `read_parquet(${filePaths(files)}, hive_partitioning = false)`;
  const values = columns.map(({ name, type }, index) => {
    const stored = placeName(index + 1);
    const value = type === "TIMESTAMP" ? `make_timestamp(${stored})` : `cast(${stored} as ${type})`;
    return `${value} as ${identifier(name)}`;
  });
  const [first] = await session.rows(`select ${placeName(0)} as failing from ${from} limit 1`);
  const sample = await session.rows(`select ${values.join(", ")} from ${from}`);
  return first === undefined
    ? undefined
    : { model: model.name, check: checkName(check), failing: Number(first["failing"]), sample };
}

async function sessionOf(engine: Engine, catalog: Catalog, model: Model): Promise<Session> {
  const session = await engine.session();
  for (const { name, columns, format } of relationsOf(catalog)) {
    await session.define(name, { kind: "files", columns, format, files: [] });
  }
  const { columns } = model;
  await session.define(builtView, { kind: "files", columns, format: "parquet", files: [] });
  return session;
}
