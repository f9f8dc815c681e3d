/** Evaluates many expressions at once, on DuckDB and translated on Trino. */
import { identifier } from "@lakehouse/formats/sql-text";
import type { JsonValue, Session } from "@lakehouse/silver-gold/engine";
import type { Functions } from "@lakehouse/silver-gold/testing/athena-functions";
import { translateQuery } from "@lakehouse/silver-gold/testing/translate";
import { asError } from "@lakehouse/transforms/errors";
import fc from "fast-check";
import type { Client } from "../../../src/trino/client.ts";
import { canonical, valuesOf } from "./compare.ts";
import { type Relation, reading, type Sessions } from "./relation.ts";
import { anyAggregates, columns, type Kind, literals, templates } from "./templates.ts";

const rowCount = 40;

/** The relation of all expressions: a number, a group, and a column of each type. */
export const allTypes: Relation = {
  name: "r",
  columns: {
    n: "INTEGER",
    k: "INTEGER",
    ...Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type])),
  },
  rows: Array.from({ length: rowCount }, (_, row) => [
    String(row),
    String(row % 3),
    ...Object.values(columns).map(
      ({ values }, place) =>
        values[(row * ((place % 3) + 1) + Math.floor(row / 17)) % values.length] ?? null,
    ),
  ]),
};

/** Where an expression is evaluated: for each row, each group, or over windows. */
export type Place = "row" | "group" | "window";

/** A translated expression. */
export interface Expression {
  /** In DuckDB. */
  readonly sql: string;
  readonly athena: string;
  readonly type: string;
  readonly isRounded: boolean;
  readonly place: Place;
}

const suffix: { readonly [P in Place]: string } = {
  row: "",
  window: "",
  group: " group by k",
};

/** Translates an expression. Returns the problem if it is refused. */
export async function translatedExpression(
  session: Session,
  sql: string,
  place: Place,
  functions?: Functions,
): Promise<Expression | string> {
  const query = `select ${sql} as c from r${suffix[place]}`;
  const [column] = await session.describe(query);
  const found = await translateQuery(session, query, functions);
  if (found.refusal !== undefined) {
    return found.refusal.problem;
  }
  const [, athena] =
    /^SELECT CAST\("c" AS [^\n]*\) AS "c"\nFROM \(SELECT ([\s\S]*) AS "c"\nFROM "r" AS "r"(?:\nGROUP BY "k")?\)$/.exec(
      found.sql,
    ) ?? [];
  if (athena === undefined) {
    throw new Error(`The translation has another form: ${found.sql}`);
  }
  const isRounded = found.warnings.some((warning) => warning.includes("doubles"));
  return { sql, athena, type: column?.type ?? "", isRounded, place };
}

/** The values of each expression in Athena, by row or group; what Athena says of one that it refuses. */
async function athenaValues(
  client: Client,
  expressions: readonly Expression[],
): Promise<(readonly unknown[] | string)[]> {
  const result: (readonly unknown[] | string)[] = [];
  for (const place of ["row", "group", "window"] as const) {
    const part = expressions.filter((each) => each.place === place);
    const values = await valuesOfPart(client, place, part);
    for (const [index, each] of part.entries()) {
      result[expressions.indexOf(each)] = values[index] ?? [];
    }
  }
  return result;
}

/** One statement, or one for each half if Athena refuses it. */
async function valuesOfPart(
  client: Client,
  place: Place,
  part: readonly Expression[],
): Promise<(readonly unknown[] | string)[]> {
  if (part.length === 0) {
    return [];
  }
  const list = part.map(({ athena }, index) => {
    const value = place === "row" ? `TRY(${athena})` : athena;
    return `${value} AS ${identifier(`c${index}`)}`;
  });
  const [key, groups] = place === "group" ? ["k", " GROUP BY k"] : ["n", ""];
  const query = `SELECT ${[key, ...list].join(", ")} FROM r${groups}`;
  try {
    const { rows } = await client.run(reading([allTypes], query));
    const sorted = [...rows].sort(([one], [other]) => Number(one) - Number(other));
    return part.map((_, index) => sorted.map((row) => row[index + 1]));
  } catch (error) {
    if (part.length === 1) {
      return [asError(error).message];
    }
    const half = Math.ceil(part.length / 2);
    return [
      ...(await valuesOfPart(client, place, part.slice(0, half))),
      ...(await valuesOfPart(client, place, part.slice(half))),
    ];
  }
}

/** The values of an expression in DuckDB, or undefined for one that fails as a whole. */
async function duckDbValues(
  session: Session,
  { sql, place }: Expression,
): Promise<readonly JsonValue[] | undefined> {
  const value = place === "row" ? `try(${sql})` : sql;
  try {
    const rows = await valuesOf(
      session,
      `select ${value} as c from r${suffix[place]} order by ${place === "group" ? "k" : "n"}`,
    );
    return rows.map(([each]) => each ?? null);
  } catch {
    return undefined;
  }
}

/** The first difference in the values of each expression. */
export async function differences(
  { rows: session }: Sessions,
  client: Client,
  expressions: readonly Expression[],
): Promise<(string | undefined)[]> {
  const athena = await athenaValues(client, expressions);
  const result: (string | undefined)[] = [];
  for (const [index, expression] of expressions.entries()) {
    const expected = await duckDbValues(session, expression);
    result.push(
      expected === undefined
        ? undefined
        : await difference(session, client, expression, expected, athena[index] ?? []),
    );
  }
  return result;
}

async function difference(
  session: Session,
  client: Client,
  { sql, athena, type, isRounded, place }: Expression,
  expected: readonly JsonValue[],
  found: readonly unknown[] | string,
): Promise<string | undefined> {
  if (typeof found === "string") {
    return `${sql}: Athena refuses ${athena}: ${found}`;
  }
  for (const [row, value] of expected.entries()) {
    const [one, other] = [value, found[row]].map((each) => canonical(each, type, isRounded));
    const mayFail = place === "row" && one !== other;
    const isFailure =
      (mayFail && one === null && (await fails(session, sql, row))) ||
      (mayFail && other === null && (await overflows(client, athena, row)));
    if (one !== other && !isFailure) {
      const values = allTypes.rows[row]?.map((each) => each ?? "null").join(" ");
      return `${sql} is ${one}, but ${other} in Athena (${athena}), row ${values}`;
    }
  }
  return undefined;
}

/** Whether Athena ends the query because a number has more than the 38 digits of its decimals. DuckDB's 128 bits hold a few more. */
async function overflows(client: Client, athena: string, row: number): Promise<boolean> {
  return await client.run(reading([allTypes], `SELECT ${athena} FROM r WHERE n = ${row}`)).then(
    () => false,
    (error: Error) => /decimal.*overflow/i.test(error.message),
  );
}

/** Whether DuckDB refuses to calculate the value. */
async function fails(session: Session, sql: string, row: number): Promise<boolean> {
  return await session.rows(`select ${sql} as c from r where n = ${row}`).then(
    () => false,
    () => true,
  );
}

/** The templates with a column in each of their places, each time the next one of its type. */
export function plainExpressions(): string[] {
  return Object.values(templates)
    .flat()
    .map((template) => {
      let place = 0;
      return template.replace(/\$([a-z]+)/g, (_, kind: Kind) => {
        const choices = columnsOf(kind === "num" ? "dbl" : kind);
        const column = choices[place % choices.length];
        place += 1;
        return column ?? "null";
      });
    })
    .filter((sql) => !/^\w+$/.test(sql));
}

function columnsOf(kind: Kind): string[] {
  return Object.entries(columns).flatMap(([name, column]) => (column.kind === kind ? [name] : []));
}

/** Any expression. */
export const anyExpression: fc.Arbitrary<string> = fc
  .constantFrom<Kind>("bool", "int", "huge", "dec", "dbl", "text", "date", "ts")
  .chain((kind) => expressionOf(kind, 3));

/** Any aggregate, over rows grouped by `k`. */
export const anyAggregate: fc.Arbitrary<string> = fc
  .constantFrom(...anyAggregates)
  .chain((template) => filled(template, 2));

/** The template with an expression in each of its places. */
function filled(template: string, depth: number): fc.Arbitrary<string> {
  const kinds = [...template.matchAll(/\$([a-z]+)/g)].map(([, each]) => each as Kind);
  return fc
    .tuple(...kinds.map((each) => expressionOf(each, depth)))
    .map((parts) => parts.reduce((sql, part) => sql.replace(/\$[a-z]+/, () => part), template));
}

function expressionOf(kind: Kind, depth: number): fc.Arbitrary<string> {
  if (kind === "num") {
    return fc.constantFrom<Kind>("int", "dec", "dbl").chain((each) => expressionOf(each, depth));
  }
  const leaf = fc.constantFrom(...columnsOf(kind), ...columnsOf(kind), ...literals[kind]);
  if (depth === 0 || templates[kind].length === 0) {
    return leaf;
  }
  const composed = fc
    .constantFrom(...templates[kind])
    .chain((template) => filled(template, depth - 1).map((sql) => `(${sql})`));
  return fc.oneof({ weight: 3, arbitrary: composed }, { weight: 1, arbitrary: leaf });
}
