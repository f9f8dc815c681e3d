/** Runs a query on DuckDB and its translation on Trino, and compares every value. */
import { identifier } from "@lakehouse/formats/sql-text";
import type { JsonValue, Session } from "@lakehouse/silver-gold/engine";
import { translateQuery } from "@lakehouse/silver-gold/testing/translate";
import type { Client } from "../../../src/trino/client.ts";
import { type Relation, reading, type Sessions } from "./relation.ts";

/** The rows of both engines, sorted, each value as text. */
export interface Answers {
  readonly duckDb: readonly string[];
  readonly athena: readonly string[];
}

/** A translated query. */
export interface Translated {
  readonly sql: string;
  readonly warnings: readonly string[];
}

/** @throws Error if it is refused. */
export async function translated(session: Session, sql: string): Promise<Translated> {
  const found = await translateQuery(session, sql);
  if (found.refusal !== undefined) {
    throw new Error(`${found.refusal.problem}. ${found.refusal.hint}\n${sql}`);
  }
  return found;
}

/** How many queries are one statement, because each statement costs more than its rows. */
const statementQueries = 6;

/** Runs all queries on both. Doubles are rounded if the translation warns of them. */
export async function answersOf(
  { rows: session, types }: Sessions,
  client: Client,
  relations: readonly Relation[],
  queries: readonly (readonly [string, string])[],
): Promise<ReadonlyMap<string, Answers>> {
  const result = new Map<string, Answers>();
  for (let start = 0; start < queries.length; start += statementQueries) {
    const part = queries.slice(start, start + statementQueries);
    const texts: ((row: readonly unknown[]) => string)[] = [];
    const statements: string[] = [];
    for (const [index, [, sql]] of part.entries()) {
      const { sql: athena, warnings } = await translated(types, sql);
      const isRounded = warnings.some((warning) => warning.includes("doubles"));
      const columns = await types.describe(sql);
      texts.push((row) =>
        JSON.stringify(
          row.map((value, at) => canonical(value, columns[at]?.type ?? "", isRounded)),
        ),
      );
      const values = columns.map(({ name }) => `CAST(${identifier(name)} AS VARCHAR)`);
      statements.push(`SELECT ${index}, ARRAY[${values.join(", ")}] FROM (${athena})`);
    }
    const { rows } = await client.run(reading(relations, statements.join("\nUNION ALL\n")));
    for (const [index, [name, sql]] of part.entries()) {
      const textOf = texts[index] ?? String;
      const found = rows.flatMap(([query, row]) =>
        query === index ? [textOf(row as unknown[])] : [],
      );
      const expected = (await valuesOf(session, sql)).map(textOf);
      result.set(name, { duckDb: expected.sort(), athena: found.sort() });
    }
  }
  return result;
}

/** All rows of a query. */
export async function valuesOf(session: Session, sql: string): Promise<(readonly JsonValue[])[]> {
  const { batches } = await session.stream(sql);
  const rows: (readonly JsonValue[])[] = [];
  for await (const batch of batches) {
    rows.push(...batch);
  }
  return rows;
}

/** A value as text that is the same for equal values of a type. */
export function canonical(value: unknown, type: string, isRounded = false): string | null {
  if (value === null || value === undefined) {
    return null;
  }
  if (type === "DOUBLE") {
    const number = Number(value);
    return isRounded && Number.isFinite(number) ? number.toPrecision(12) : String(number);
  }
  return type === "TIMESTAMP" ? momentOf(String(value)) : String(value);
}

/** `2024-01-02 03:04:05.600000` as `2024-01-02 03:04:05.6`. */
function momentOf(text: string): string {
  const [clock = "", fraction = ""] = text.replace("T", " ").replace(/Z$/, "").split(".");
  const digits = fraction.replace(/0+$/, "");
  return digits === "" ? clock : `${clock}.${digits}`;
}
