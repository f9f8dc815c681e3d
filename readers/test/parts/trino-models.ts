/** Trino runs translated queries and expressions, and finds what DuckDB finds, value by value. */
import type { Engine } from "@lakehouse/silver-gold/engine";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { knownFunctions } from "@lakehouse/silver-gold/testing/athena-functions";
import { translateQuery } from "@lakehouse/silver-gold/testing/translate";
import { catalog } from "@lakehouse/tables/catalog";
import { cases, runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../src/trino/client.ts";
import type { Trino } from "../../src/trino/server.ts";
import { type Answers, answersOf } from "../support/athena/compare.ts";
import {
  allTypes,
  anyAggregate,
  anyExpression,
  differences,
  type Expression,
  type Place,
  plainExpressions,
  translatedExpression,
} from "../support/athena/expressions.ts";
import { type Mutant, mayCall, mutantsOf } from "../support/athena/mutants.ts";
import { equal, refused } from "../support/athena/queries.ts";
import { define, type Relation, type Sessions } from "../support/athena/relation.ts";
import { sampleRelations } from "../support/athena/sample.ts";
import { aggregates, windows } from "../support/athena/templates.ts";

/** The most expressions of a statement. */
const batch = 60;

/** The most aggregates of a statement. One that fails makes the statement run again in halves. */
const aggregateBatch = 12;

/** How many wrong tables CI tries, of some 300. FC_SCALE=20 tries all. */
const mutantsInCi = 16;

/** Every function in plain expressions, and where they are evaluated. */
const everyFunction: readonly (readonly [string, Place])[] = [
  ...plainExpressions().map((sql) => [sql, "row"] as const),
  ...aggregates.map((sql) => [sql, "group"] as const),
  ...windows.map((sql) => [sql, "window"] as const),
];

/**
 * The tests.
 *
 * @param folder An empty folder.
 */
export function translatedModels(trino: Trino | undefined, folder: string): void {
  describe.skipIf(trino === undefined)("Trino, translated queries", () => {
    let client: Client;
    let engine: Engine;
    let sessions: Sessions;
    let relations: readonly Relation[];
    let answers: ReadonlyMap<string, Answers>;
    const models = catalog.models.map(({ name, sql }) => [`the model ${name}`, sql] as const);
    const queries = [...models, ...Object.entries(equal)];

    beforeAll(async () => {
      client = trino?.client("iceberg", "default") as Client;
      engine = await openEngine({ directory: folder, sessions: 2 });
      sessions = { rows: await engine.session(), types: await engine.session() };
      relations = await sampleRelations(sessions);
      await define(sessions, allTypes);
      answers = await answersOf(sessions, client, relations, queries);
    });

    afterAll(() => {
      sessions.rows[Symbol.dispose]();
      sessions.types[Symbol.dispose]();
      engine[Symbol.dispose]();
    });

    test.each(queries)("%s", (name) => {
      expect(answers.get(name)?.athena).toEqual(answers.get(name)?.duckDb);
    });

    test.each(Object.entries(refused))("refuses %s", async (_, { sql, refused: problem }) => {
      const { refusal } = await translateQuery(sessions.types, sql);
      expect(refusal?.problem).toContain(problem);
    });

    test("every function over values of every type", async () => {
      const expressions: Expression[] = [];
      for (const [sql, place] of everyFunction) {
        const found = await translatedExpression(sessions.types, sql, place);
        expect(found, sql).toBeTypeOf("object");
        expressions.push(found as Expression);
      }
      expect(await allDifferences(sessions, client, expressions)).toEqual([]);
    });

    test("any expression", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyExpression, { minLength: batch, maxLength: batch }),
          fc.array(anyAggregate, { minLength: aggregateBatch, maxLength: aggregateBatch }),
          async (values, sums) => {
            const expressions: Expression[] = [];
            const list = [
              ...values.map((sql) => [sql, "row"] as const),
              ...sums.map((sql) => [sql, "group"] as const),
            ];
            for (const [sql, place] of list) {
              const found = await translatedExpression(sessions.types, sql, place).catch(
                () => "wrong",
              );
              expressions.push(...(typeof found === "string" ? [] : [found]));
            }
            // The generators make few expressions that are refused, or that DuckDB can't bind.
            expect(expressions.length).toBeGreaterThan(list.length / 2);
            expect(await allDifferences(sessions, client, expressions)).toEqual([]);
          },
        ),
        { ...runs(1), seed: 15, endOnFailure: true },
      );
    });

    test("a wrong entry of a table of functions gives another value", async () => {
      const mutants = mutantsOf(knownFunctions);
      const share = Math.max(1, mutants.length / cases(mutantsInCi));
      const chosen = mutants.filter((_, index) => Math.floor(index % share) === 0);
      expect(await survivors(sessions, client, chosen)).toEqual([]);
    });
  });
}

async function allDifferences(
  sessions: Sessions,
  client: Client,
  expressions: readonly Expression[],
): Promise<string[]> {
  const found: string[] = [];
  for (let start = 0; start < expressions.length; start += batch) {
    const part = await differences(sessions, client, expressions.slice(start, start + batch));
    found.push(...part.flatMap((each) => each ?? []));
  }
  return found;
}

/** Wrong tables that no expression shows to be wrong. */
async function survivors(
  sessions: Sessions,
  client: Client,
  mutants: readonly Mutant[],
): Promise<string[]> {
  const tried: { readonly mutant: Mutant; readonly expression: Expression }[] = [];
  const caught = new Set<Mutant>();
  const right = new Map<string, string>();
  for (const [sql, place] of everyFunction) {
    const found = await translatedExpression(sessions.types, sql, place);
    right.set(sql, typeof found === "string" ? found : found.athena);
  }
  for (const mutant of mutants) {
    const { names, functions } = mutant;
    for (const [sql, place] of everyFunction) {
      if (names.some((name) => mayCall(sql, name))) {
        const wrong = await translatedExpression(sessions.types, sql, place, functions);
        if (typeof wrong === "string") {
          caught.add(mutant);
        } else if (right.get(sql) !== wrong.athena) {
          tried.push({ mutant, expression: wrong });
        }
      }
    }
  }
  for (let start = 0; start < tried.length; start += batch) {
    const part = tried.slice(start, start + batch);
    const found = await differences(
      sessions,
      client,
      part.map(({ expression }) => expression),
    );
    part.forEach(({ mutant }, index) => {
      if (found[index] !== undefined) {
        caught.add(mutant);
      }
    });
  }
  return mutants
    .filter((mutant) => !caught.has(mutant))
    .map(({ kind, names, form, sql }) => `${kind} ${names.join()} ${form}: ${sql}`);
}
