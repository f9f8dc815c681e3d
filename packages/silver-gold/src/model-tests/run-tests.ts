/** Runs the tests of models: builds each model from the given rows, and compares what it returns. */
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import { didYouMean } from "@lakehouse/transforms/mistakes/nearest";
import { placeOf } from "@lakehouse/transforms/mistakes/place";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Check } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import type { AnyTestRow, ModelTest } from "@lakehouse/transforms/model/test";
import { type Engine, EngineError, mayRead } from "../engine/engine.ts";
import { type CheckFailure, ModelError, ModelFailedError } from "../errors.ts";
import { type CheckOfRows, checksOfRows } from "../models/check-query.ts";
import { type ResolvedModel, withSources } from "../models/model-graph.ts";
import { findModelMistakes, resolveEach } from "../models/model-types.ts";
import { placeOfMessage } from "../models/sql-place.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { type ReadRows, readGivenRows, readPlainRows } from "./read-rows.ts";
import type { Rows } from "./rows.ts";
import { TestedLake } from "./tested-lake.ts";

/** The result of one test. */
export interface ModelTestResult {
  readonly model: string;
  /** Its number in the model, from 1. */
  readonly test: number;
  /** The file and line, if known. */
  readonly place?: string;
  readonly ok: boolean;
  /** In the columns that the test names. */
  readonly differences: readonly Difference[];
  /** The model's checks that fail. */
  readonly checks: readonly CheckFailure[];
  /** Why it could not run. */
  readonly error?: ModelError | ModelFailedError;
}

/** A catalog whose models' SQL has been read. */
interface Resolved {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly models: ReadonlyMap<string, ResolvedModel>;
  /** The names of models with a mistake in their SQL. Nobody knows what they read. */
  readonly broken: ReadonlySet<string>;
}

interface PreparedTest {
  readonly given: ReadonlyMap<string, Rows>;
  readonly expected: Rows;
}

/** Returns the mistakes in all tests: names that do not exist, and rows that can't be. */
export async function testMistakes(
  engine: Engine,
  catalog: Catalog,
): Promise<readonly ModelError[]> {
  const tested = catalog.models.filter(({ tests = [] }) => tests.length > 0);
  if (tested.length === 0) {
    return [];
  }
  const resolved = await resolve(engine, catalog);
  return tested.flatMap((model) =>
    (model.tests ?? []).flatMap((_, index) => {
      const prepared = prepare(resolved, model, index);
      return prepared instanceof ModelError ? [prepared] : [];
    }),
  );
}

/**
 * Runs the tests of models, one after the other.
 *
 * @param names The models. Default: all.
 */
export async function* runModelTests(
  engine: Engine,
  catalog: Catalog,
  names: readonly string[] = catalog.models.map(({ name }) => name),
): AsyncIterable<ModelTestResult> {
  const tested = catalog.models.filter(
    ({ name, tests = [] }) => names.includes(name) && tests.length > 0,
  );
  if (tested.length === 0) {
    return;
  }
  const { mistakes } = await findModelMistakes(engine, catalog);
  const resolved = await resolve(engine, catalog);
  for (const model of tested) {
    const needed = new Set(neededBy(resolved, model).map((each) => each.model.name));
    const mistake = mistakes.find((each) => each.model === model.name || needed.has(each.model));
    for (const index of (model.tests ?? []).keys()) {
      const prepared = mistake ?? prepare(resolved, model, index);
      const place = placeOf(testOf(model, index));
      const result =
        prepared instanceof ModelError
          ? { differences: [], checks: [], error: prepared }
          : await run(engine, resolved, model, prepared);
      const ok =
        result.error === undefined && result.differences.length + result.checks.length === 0;
      const at = place === undefined ? {} : { place };
      yield { model: model.name, test: index + 1, ...at, ok, ...result };
    }
  }
}

type Outcome = Pick<ModelTestResult, "differences" | "checks" | "error">;

async function run(
  engine: Engine,
  { relations, models }: Resolved,
  model: Model,
  { given, expected }: PreparedTest,
): Promise<Outcome> {
  const lake = new TestedLake({ engine, relations, models, given });
  try {
    const { rows } = await lake.rowsOf(model.name);
    const names = expected.columns.map(({ name }) => name);
    const at = names.map((name) => model.columns.findIndex((each) => each.name === name));
    const actual = rows.map((row) => at.map((index) => row[index] ?? null));
    // A test that expects no rows names no columns.
    const differences =
      names.length === 0
        ? differencesOf(columnNames(model), [], [], rows)
        : differencesOf(names, keyIn(model, names), expected.rows, actual);
    const checks: CheckFailure[] = [];
    for (const check of checksOfRows(model)) {
      const reads = await readsOf(engine, check, [...relations.keys()]);
      if (reads.every((name) => name === model.name || isFed(name, models, given))) {
        checks.push(
          ...[await lake.check(model, check, reads)].filter((each) => each !== undefined),
        );
      }
    }
    return { differences, checks };
  } catch (error) {
    if (error instanceof EngineError) {
      const place = placeOfMessage(model, error.message);
      const failed = new ModelFailedError(model.name, "its test", error, place);
      return { differences: [], checks: [], error: failed };
    }
    if (error instanceof ModelFailedError) {
      return { differences: [], checks: [], error };
    }
    throw error;
  }
}

/** What a check reads besides the model's rows. */
async function readsOf(
  engine: Engine,
  check: CheckOfRows,
  names: readonly string[],
): Promise<readonly string[]> {
  switch (check.kind) {
    case "relationship":
      return [check.to];
    case "sql":
      return [...(await mayRead(engine, check.sql, names))];
    default:
      return [];
  }
}

/** Whether a test gives rows of a table or model, or of something that the model reads. */
function isFed(
  name: string,
  models: ReadonlyMap<string, ResolvedModel>,
  given: ReadonlyMap<string, Rows>,
): boolean {
  const reads = models.get(name)?.reads ?? [];
  return given.has(name) || reads.some((each) => isFed(each, models, given));
}

/** The columns of the model's first unique() that the test names. */
function keyIn({ checks }: Model, names: readonly string[]): readonly string[] {
  const isUnique = (check: Check) => check.kind === "unique";
  return (
    checks.filter(isUnique).find(({ columns }) => columns.every((each) => names.includes(each)))
      ?.columns ?? []
  );
}

async function resolve(engine: Engine, catalog: Catalog): Promise<Resolved> {
  // Other functions report the mistakes.
  const { models, mistakes } = await resolveEach(engine, catalog);
  const relations = new Map(relationsOf(catalog).map((relation) => [relation.name, relation]));
  return { relations, models, broken: new Set(mistakes.map(({ model }) => model)) };
}

function neededBy({ models }: Resolved, { name }: Model): readonly ResolvedModel[] {
  return withSources([...models.values()], [name]);
}

/** Reads a test's rows. */
function prepare(resolved: Resolved, model: Model, index: number): PreparedTest | ModelError {
  const test = testOf(model, index);
  const where = `test ${index + 1}`;
  const fail = (problem: string, hint: string, missing?: string): ModelError =>
    new ModelError(model.name, `${where} ${problem}`, hint, placeOf(test), missing);
  const given = new Map<string, Rows>();
  const names = new Set(
    neededBy(resolved, model).flatMap((each) => [...each.reads, ...each.checkReads]),
  );
  const isKnown = [model.name, ...names].every((name) => !resolved.broken.has(name));
  names.delete(model.name);
  for (const [name, rows] of Object.entries(test.given)) {
    const relation = resolved.relations.get(name);
    if (relation === undefined) {
      const hint = didYouMean(name, [...(names.size > 0 ? names : resolved.relations.keys())]);
      return fail(`gives rows of ${name}, and there is no such table or model`, hint, name);
    }
    if (isKnown && !names.has(name)) {
      const hint = `Remove them. It reads ${[...names].sort().join(", ") || "nothing"}.`;
      return fail(`gives rows of ${name}, which the model does not read`, hint);
    }
    const read = readGivenRows(relation, rows ?? []);
    if ("problem" in read) {
      return fail(`can't use its row ${read.row} of ${name}, which ${read.problem}`, read.hint);
    }
    given.set(name, read);
  }
  const expected = readExpected(model, test.expected as readonly AnyTestRow[]);
  return "problem" in expected
    ? fail(`can't expect its row ${expected.row}, which ${expected.problem}`, expected.hint)
    : { given, expected };
}

/** Reads expected rows, in the columns that any of them names. */
function readExpected({ columns }: Model, rows: readonly AnyTestRow[]): ReadRows {
  const read = readPlainRows(columns, rows);
  if ("problem" in read) {
    return read;
  }
  const named = columns.map(({ name }) => rows.some((row) => row[name] !== undefined));
  return {
    columns: columns.filter((_, at) => named[at]),
    rows: read.rows.map((row) => row.filter((_, at) => named[at])),
  };
}

function testOf({ name, tests = [] }: Model, index: number): ModelTest {
  const test = tests[index];
  if (test === undefined) {
    throw new Error(`${name} has no test ${index + 1}.`);
  }
  return test;
}

function columnNames({ columns }: Model): readonly string[] {
  return columns.map(({ name }) => name);
}
