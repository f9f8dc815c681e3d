/** Tests of models: the rows that a model is given, and those that it must return. */
import type { Column } from "../contract/column.ts";
import type { Mistake } from "../mistakes/options.ts";
import { isRecord, shown } from "../mistakes/options.ts";
import { located, locatedAs } from "../mistakes/place.ts";
import type { JsonFormOf, Kind } from "../types/types.ts";

type Columns = Readonly<Record<string, Column>>;

/** Any JSON value. */
export type TestJson =
  | string
  | number
  | boolean
  | null
  | readonly TestJson[]
  | { readonly [key: string]: TestJson };

/** A value as a test writes it, by the form that it has in JSON. Numbers of more than 15 digits are strings. */
interface Forms {
  readonly boolean: boolean;
  readonly number: number | bigint | string;
  readonly string: string;
  readonly any: TestJson;
}

type ValueOf<C> = C extends Column<infer K extends Kind> ? Forms[JsonFormOf<K>] : never;

/** A row of a table or model. */
export type TestRow<C extends Columns> = { readonly [N in keyof C]?: ValueOf<C[N]> | null };

/** A row of any table or model. */
export type AnyTestRow = Readonly<Record<string, TestJson | bigint | undefined>>;

/** A table or model that keeps its name and its columns for the type checker. */
export interface TestSource<N extends string = string, C extends Columns = Columns> {
  readonly name: N;
  readonly typedColumns: C;
}

/** A row of `quarantine_<table>`. */
interface QuarantineRow {
  readonly kind?: "record" | "object" | null;
  readonly bronze_key?: string | null;
  readonly line?: number | null;
  readonly byte_offset?: number | null;
  readonly column?: string | null;
  readonly rule?: string | null;
  readonly message?: string | null;
  readonly raw?: string | null;
  readonly raw_base64?: string | null;
  readonly reasons?: readonly Readonly<Record<"column" | "rule" | "message", string | null>>[];
  readonly records?: number | null;
  readonly record_number?: number | null;
}

/** Rows by the names of tables and models. */
export type GivenRows<S extends TestSource> = {
  readonly [T in S as T["name"]]?: readonly TestRow<T["typedColumns"]>[];
} & {
  readonly [T in S as `silver_${T["name"]}`]?: readonly TestRow<T["typedColumns"]>[];
} & { readonly [T in S as `quarantine_${T["name"]}`]?: readonly QuarantineRow[] };

/** A finished test. `R` is the type of its expected rows. */
export interface ModelTest<R = unknown> {
  /** By the names of tables and models. All others have no rows. */
  readonly given: Readonly<Record<string, readonly AnyTestRow[]>>;
  readonly expected: readonly R[];
}

/** What a test is given. */
export interface Given {
  /** The rows that the model must return, in any order. A column that no row names may have any value. */
  expect<const R>(rows: readonly R[]): ModelTest<R>;
}

/**
 * @example
 * ```ts
 * const given = givenFrom(orders);
 * // In a model:
 * tests: [
 *   given({ orders: [{ order_date: "2024-02-29", amount: "7.50" }] })
 *     .expect([{ order_date: "2024-02-29", revenue: "7.50" }]),
 * ],
 * ```
 *
 * Returns the function that begins a test with rows of these tables and models.
 */
export function givenFrom<const S extends readonly TestSource[]>(
  ..._sources: S
): (rows: GivenRows<S[number]>) => Given {
  return (rows) => {
    const start = located({});
    return {
      expect: <const R>(expected: readonly R[]): ModelTest<R> =>
        // Their form is checked with the model.
        locatedAs({ given: rows as unknown as ModelTest["given"], expected }, start),
    };
  };
}

type KeysOf<R> = R extends unknown ? keyof R : never;

/** A row that a model can return. Rows of one list have all their names, with undefined for those of others. */
type ReturnedRow<C extends Columns> = {
  readonly [N in keyof C]?: ValueOf<C[N]> | null | undefined;
};

/** What a test must be that expects rows of a model: itself, if the model has these columns. */
type CheckedTest<C extends Columns, R> = [Exclude<KeysOf<R>, keyof C>] extends [never]
  ? [R] extends [ReturnedRow<C>]
    ? ModelTest<R>
    : ModelTest<TestRow<C>>
  : { readonly noSuchColumn: Exclude<KeysOf<R>, keyof C> };

/** What the tests of a model must be, by their index alone: errors are then about one test, not about a list's methods. */
export type CheckedTests<C extends Columns, T extends readonly ModelTest[]> = {
  readonly [I in keyof T as I extends `${number}` ? I : never]: T[I] extends ModelTest<infer R>
    ? unknown extends R
      ? ModelTest
      : CheckedTest<C, R>
    : ModelTest;
};

/** Returns the first mistake in the form of a model's tests. Their names and values are checked with the catalog. */
export function testsMistake(tests: unknown): Mistake | undefined {
  const hint = "Write a list: tests: [given({ … }).expect([…])].";
  if (tests === undefined) {
    return undefined;
  }
  if (!Array.isArray(tests)) {
    return { problem: `its tests are ${shown(tests)}`, hint };
  }
  const wrong = tests.findIndex((each) => !isTest(each));
  return wrong === -1
    ? undefined
    : { problem: `its test ${wrong + 1} is not given({ … }).expect([…])`, hint };
}

function isTest(value: unknown): boolean {
  return isRecord(value) && isRecord(value["given"]) && isRows(value["expected"])
    ? Object.values(value["given"]).every((rows) => rows === undefined || isRows(rows))
    : false;
}

function isRows(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRecord);
}
