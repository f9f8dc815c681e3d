/** Mistakes that the type checker would find, by users who don't run it. Each error names the place and the fix. */
import { describe, expect, it } from "vitest";
import { each } from "../../src/contract/child.ts";
import * as column from "../../src/contract/column.ts";
import { expectation } from "../../src/contract/expectation.ts";
import { month } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { ContractError } from "../../src/errors.ts";
import { loadError } from "../../src/mistakes/load-error.ts";
import { nearest } from "../../src/mistakes/nearest.ts";
import { defineCatalog } from "../../src/model/catalog.ts";
import {
  acceptedRange,
  acceptedValues,
  notNull,
  relationship,
  returnsNoRow,
  rowCount,
  unique,
} from "../../src/model/check.ts";
import { athena } from "../../src/model/engine.ts";
import { defineModel, full, incremental, inFormat } from "../../src/model/model.ts";

/** Calls whose arguments are not type-checked. */
interface Loose {
  (...given: readonly unknown[]): Loose;
  readonly [method: string]: Loose;
}
const loose = <T>(value: unknown): T => value as T;
const c = loose<Readonly<Record<"int64" | "string" | "decimal" | "json", Loose>>>(column);
const rule = loose<Loose>(expectation);
type LooseRow = Record<string, Record<string, Loose>>;

function table(changes: object, note?: unknown): unknown {
  return loose<Loose>(defineTable)({
    name: "orders",
    columns: {
      id: column.int64().notNull(),
      amount: column.decimal(18, 2),
      day: column.date().notNull(),
      ...(note === undefined ? {} : { note }),
    },
    primaryKey: ["id"],
    partitionBy: month("day"),
    ...changes,
  });
}

const rules = (make: (row: LooseRow) => unknown) => table({ expectations: make });

function model(changes: object): unknown {
  return loose<Loose>(defineModel)({
    name: "summary",
    description: "",
    materialization: full(),
    columns: { customer_id: column.int64(), total: column.decimal(38, 2) },
    sql: "select 1",
    ...changes,
  });
}

const checks = (...all: readonly unknown[]) => model({ checks: all });
const range = loose<Loose>(acceptedRange);
const count = loose<Loose>(rowCount);

const mistakes: [string, () => unknown, where: string, problem: RegExp, hint: RegExp][] = [
  // Options of a contract.
  [
    "format as a string",
    () => table({ format: "parquet" }),
    "table orders",
    /format takes an object/,
    /silver: …/,
  ],
  [
    "a silver format",
    () => table({ format: { silver: "parqet" } }),
    "table orders",
    /format of silver.*"parqet"/,
    /mean parquet\?/,
  ],
  [
    "a layer",
    () => table({ format: { sliver: "csv" } }),
    "table orders",
    /format has no option "sliver"/,
    /mean silver\?/,
  ],
  [
    "unknown columns",
    () => table({ unknownColumns: "quarantin" }),
    "table orders",
    /unknownColumns.*"quarantin"/,
    /mean quarantine\?/,
  ],
  [
    "a contract's option",
    () => table({ primarykey: ["id"] }),
    "table orders",
    /no option "primarykey"/,
    /mean primaryKey\?/,
  ],
  [
    "partition_by",
    () => table({ partition_by: 1 }),
    "table orders",
    /no option "partition_by"/,
    /mean partitionBy\?/,
  ],
  [
    "children as a list",
    () => table({ children: [] }),
    "table orders",
    /children are a list/,
    /children: \{ order_lines/,
  ],
  [
    "a child without each()",
    () => table({ children: { lines: { sku: column.string() } } }),
    "orders, child lines",
    /it is an object/,
    /Write each\(/,
  ],
  [
    "a child's columns",
    () => table({ children: { lines: loose<Loose>(each)("items", { sku: "string" }) } }),
    "table lines",
    /column sku is "string"/,
    /Call it: sku: string\(\)/,
  ],
  [
    "a child's option",
    () => table({ children: { lines: loose<Loose>(each)("items", {}, { key: ["sku"] }) } }),
    "orders, child lines",
    /each\(\) has no option "key"/,
    /Use one of description, primaryKey/,
  ],
  [
    "a child of a child",
    () => table({ children: { lines: loose<Loose>(each)("items", { more: each("m", {}) }) } }),
    "table lines",
    /column more is an object/,
    /Write a column/,
  ],
  [
    "no key",
    () => table({ primaryKey: null }),
    "table orders",
    /primaryKey is null/,
    /\["order_id"\]/,
  ],
  [
    "a key as a string",
    () => table({ primaryKey: "id" }),
    "table orders",
    /primaryKey is "id"/,
    /list/,
  ],
  [
    "a key of numbers",
    () => table({ primaryKey: [1] }),
    "table orders",
    /primaryKey is not a list of names/,
    /list/,
  ],
  [
    "a misspelled key",
    () => table({ primaryKey: ["idd"] }),
    "orders.idd",
    /primary key names it/,
    /mean id\?/,
  ],
  [
    "no partitioning",
    () => table({ partitionBy: null }),
    "table orders",
    /partitionBy is null/,
    /month\(/,
  ],
  [
    "an order as an object",
    () => table({ orderBy: { column: "day" } }),
    "table orders",
    /orderBy is an object/,
    /orderBy: "updated_at"/,
  ],
  [
    "a number in an order",
    () => table({ orderBy: ["day", 7] }),
    "table orders",
    /orderBy is not a list of names/,
    /list of names/,
  ],
  [
    "lookups that are no list",
    () => model({ materialization: loose<Loose>(incremental)(table({}), { lookups: table({}) }) }),
    "model summary",
    /lookups are an object/,
    /lookups: \[customers\]/,
  ],
  [
    "a lookup by name",
    () => model({ materialization: loose<Loose>(incremental)(table({}), { lookups: ["x"] }) }),
    "model summary",
    /one of its lookups is "x"/,
    /lookups: \[customers\]/,
  ],
  [
    "a condition of deletion that is none",
    () => table({ deleteWhen: (row: LooseRow) => row["id"] }),
    "orders, deleteWhen",
    /condition is only the column id/,
    /row\.amount\.gt/,
  ],
  [
    "a misspelled column in a condition of deletion",
    () => table({ deleteWhen: (row: LooseRow) => row["idd"]?.["eq"]?.(1) }),
    "orders, column idd",
    /rule names it/,
    /mean id\?/,
  ],
  [
    "a condition of deletion without a function",
    () => table({ deleteWhen: true }),
    "table orders",
    /deleteWhen is true/,
    /\(row\) =>/,
  ],
  [
    "keysNeverMove as a string",
    () => table({ keysNeverMove: "yes" }),
    "table orders",
    /keysNeverMove is "yes"/,
    /keysNeverMove: true/,
  ],
  [
    "partitioning as a string",
    () => table({ partitionBy: "day" }),
    "table orders",
    /partitionBy is "day"/,
    /month\(/,
  ],
  [
    "an uncalled partitioning",
    () => table({ partitionBy: month }),
    "table orders",
    /the function month/,
    /month\(/,
  ],
  [
    "partitioning without a column",
    () => table({ partitionBy: loose<Loose>(month)() }),
    "table orders",
    /column of partitionBy is missing/,
    /string/,
  ],
  [
    "partitioning by hour",
    () => table({ partitionBy: { unit: "yaer", column: "day" } }),
    "table orders",
    /"yaer"/,
    /mean year\?/,
  ],
  [
    "no columns",
    () => table({ columns: undefined }),
    "table orders",
    /columns is missing/,
    /int64\(\)/,
  ],
  [
    "an uncalled column",
    () => table({}, column.string),
    "table orders",
    /note is the function string/,
    /^Call it: note: string\(\)/,
  ],
  [
    "another uncalled column",
    () => table({}, column.int64),
    "table orders",
    /note is the function int64/,
    /^Call it: note: int64\(\)/,
  ],
  [
    "an uncalled method",
    () => table({}, column.string().notNull),
    "table orders",
    /note is the function notNull/,
    /^Call it: note: ….notNull\(\)\.$/,
  ],
  ["a type's name", () => table({}, "integer"), "table orders", /note is "integer"/, /int32/],
  [
    "expectations as a list",
    () => table({ expectations: [] }),
    "table orders",
    /expectations are a list/,
    /\(row\) =>/,
  ],
  [
    "no definition",
    () => loose<Loose>(defineTable)(),
    "table without a name",
    /takes an object/,
    /name: …/,
  ],
  [
    "no name",
    () => table({ name: undefined }),
    "table without a name",
    /name is missing/,
    /string/,
  ],

  // Columns.
  [
    "min for minimum",
    () => table({}, c.int64()["range"]?.({ min: 1 })),
    "orders.note",
    /range\(\) has no option "min"/,
    /mean minimum\?/,
  ],
  [
    "max for maximum",
    () => table({}, c.int64()["range"]?.({ max: 1 })),
    "orders.note",
    /no option "max"/,
    /mean maximum\?/,
  ],
  [
    "a range without bounds",
    () => table({}, c.int64()["range"]?.({})),
    "orders.note",
    /no bound/,
    /minimum/,
  ],
  [
    "a range of numbers",
    () => table({}, c.int64()["range"]?.(1, 9)),
    "orders.note",
    /takes an object, not 1/,
    /minimum: …/,
  ],
  [
    "a bound that is null",
    () => table({}, c.int64()["range"]?.({ minimum: null })),
    "orders.note",
    /minimum of range\(\) is null/,
    /number/,
  ],
  [
    "a range of strings",
    () => table({}, c.string()["range"]?.({ minimum: "a" })),
    "orders.note",
    /type string can't have a range/,
    /Remove /,
  ],
  [
    "a pattern of numbers",
    () => table({}, c.int64()["pattern"]?.(/1/)),
    "orders.note",
    /type int64 can't have a pattern/,
    /Remove /,
  ],
  [
    "a pattern as a string",
    () => table({}, c.string()["pattern"]?.("[A-Z]")),
    "orders.note",
    /takes a regular/,
    /slashes/,
  ],
  [
    "accepted json",
    () => table({}, c.json()["accepts"]?.("1")),
    "orders.note",
    /type json can't have accepted values/,
    /Remove /,
  ],
  [
    "accepts a list",
    () => table({}, c.string()["accepts"]?.(["a"])),
    "orders.note",
    /value of accepts\(\) is a list/,
    /string/,
  ],
  [
    "no default",
    () => table({}, c.string()["default"]?.()),
    "orders.note",
    /default\(\) is missing/,
    /string/,
  ],
  [
    "a misspelled method",
    () => table({}, c.int64()["notnull"]?.()),
    "orders.note",
    /no method notnull\(\)/,
    /mean notNull\?/,
  ],
  [
    "a method of another type",
    () => table({}, c.int64()["required"]?.()["describe"]?.("x")),
    "orders.note",
    /no method required/,
    /mean notNull\?/,
  ],
  [
    "an argument of notNull",
    () => table({}, c.int64()["notNull"]?.(false)),
    "orders.note",
    /notNull\(\) does not take false/,
    /Remove /,
  ],
  [
    "an argument of a type",
    () => table({}, c.int64({ min: 1 })),
    "orders.note",
    /int64\(\) does not take an object/,
    /Remove /,
  ],
  [
    "a third number",
    () => table({}, c.decimal(18, 2, 1)),
    "orders.note",
    /decimal\(\) does not take 1/,
    /Remove /,
  ],
  ["no scale", () => table({}, c.decimal(18)), "orders.note", /scale undefined/, /from 0/],
  [
    "an index as a string",
    () => table({}, c.string()["from"]?.("items", "0", "id")),
    "orders.note",
    /"0", which looks like an index/,
    /write the number: 0/,
  ],
  [
    "an index below zero",
    () => table({}, c.string()["from"]?.("items", -1)),
    "orders.note",
    /can't read the index -1/,
    /from 0 to 999/,
  ],
  [
    "a large index",
    () => table({}, c.string()["from"]?.("items[1000]")),
    "orders.note",
    /can't read the index 1000/,
    /json\(\)/,
  ],
  [
    "an index first",
    () => table({}, c.string()["from"]?.(0, "sku")),
    "orders.note",
    /begins with the index 0/,
    /Begin with a key/,
  ],
  [
    "an index that is no number",
    () => table({}, c.string()["from"]?.("items[x].sku")),
    "orders.note",
    /can't read the path "items\[x\]\.sku"/,
    /items\[0\]\.sku/,
  ],
  [
    "an empty key",
    () => table({}, c.string()["from"]?.("after..id")),
    "orders.note",
    /can't read the path "after\.\.id"/,
    /items\[0\]\.sku/,
  ],
  [
    "a whole path beside a key",
    () => table({}, c.string()["from"]?.("id", "user.id")),
    "orders.note",
    /mixes whole paths with the key "id"/,
    /\["id"\], \["user", "id"\]/,
  ],
  [
    "a list in a path",
    () => table({}, c.string()["from"]?.(["a", ["b"]])),
    "orders.note",
    /key of from\(\) is a list/,
    /string/,
  ],
  [
    "a path twice",
    () => table({}, c.string()["from"]?.("a.b", "a.b")),
    "orders.note",
    /the path a\.b twice/,
    /Remove one/,
  ],
  [
    "a description",
    () => table({}, c.string()["describe"]?.(1)),
    "orders.note",
    /describe\(\) is 1/,
    /string/,
  ],

  // Rules.
  [
    "a column",
    () => rules((row) => [rule("x", row["amont"]?.["gt"]?.(0))]),
    "orders, column amont",
    /no such column/,
    /mean amount\?/,
  ],
  [
    "a comparison",
    () => rules((row) => [rule("x", row["amount"]?.["get"]?.(0))]),
    "orders.amount",
    /no method get\(\)/,
    /mean gte?\?/,
  ],
  [
    "a misnamed comparison",
    () => rules((row) => [rule("x", row["id"]?.["isnull"]?.())]),
    "orders.id",
    /no method isnull/,
    /mean isNull\?/,
  ],
  [
    "a comparison without a value",
    () => rules((row) => [rule("x", row["amount"]?.["gt"]?.())]),
    "orders.amount",
    /value of gt\(\) is missing/,
    /number/,
  ],
  [
    "no list",
    () => rules((row) => [rule("x", row["id"]?.["isIn"]?.(1, 2))]),
    "orders.id",
    /isIn\(\) takes a list/,
    /isIn/,
  ],
  [
    "a combination",
    () => rules((row) => [rule("x", row["id"]?.["isNull"]?.()["und"]?.())]),
    "orders, condition",
    /no method und/,
    /mean and\?/,
  ],
  [
    "an incomplete condition",
    () => rules((row) => [rule("x", row["id"]?.["isNull"]?.()["and"]?.(row["day"]))]),
    "orders, and()",
    /only the column day/,
    /row\.amount/,
  ],
  [
    "a consequence",
    () => rules((row) => [rule("x", row["id"]?.["gt"]?.(0), "dorp")]),
    'orders, expectation "x"',
    /consequence.*"dorp"/,
    /mean drop\?/,
  ],
  [
    "a condition",
    () => rules(() => [rule("x", true)]),
    'orders, expectation "x"',
    /condition is true/,
    /row\.amount/,
  ],
  [
    "a rule's name",
    () => rules((row) => [rule(row["id"]?.["gt"]?.(0))]),
    "orders, expectation",
    /name is an object/,
    /string/,
  ],
  [
    "no rule",
    () => rules(() => [undefined]),
    "table orders",
    /one of its expectations is missing/,
    /list/,
  ],

  // Models.
  [
    "a model's option",
    () => model({ check: [] }),
    "model summary",
    /no option "check"/,
    /mean checks\?/,
  ],
  [
    "an uncalled full",
    () => model({ materialization: full }),
    "model summary",
    /the function full/,
    /full\(\)/,
  ],
  [
    "full as a string",
    () => model({ materialization: "full" }),
    "model summary",
    /is "full"/,
    /full\(\)/,
  ],
  [
    "incremental by a name",
    () => model({ materialization: loose<Loose>(incremental)("orders") }),
    "model summary",
    /table is "orders"/,
    /Import/,
  ],
  ["no sql", () => model({ sql: undefined }), "model summary", /sql is missing/, /string/],
  [
    "no description",
    () => model({ description: undefined }),
    "model summary",
    /description is missing/,
    /string/,
  ],
  [
    "a model's decimal",
    () => model({ columns: { a: column.decimal(39, 2) } }),
    "summary.a",
    /precision 39/,
    /38/,
  ],
  [
    "a check's option",
    () => checks(range("total", { min: 0 })),
    "model summary, check accepted_range(total)",
    /no option "min"/,
    /mean minimum\?/,
  ],
  [
    "a check without bounds",
    () => checks(range("total", 1)),
    "model summary, check accepted_range(total)",
    /no bound/,
    /minimum/,
  ],
  [
    "a check of undefined bounds",
    () => checks(range("total", {})),
    "model summary, check accepted_range(total)",
    /no bound/,
    /minimum/,
  ],
  [
    "a row count's option",
    () => checks(count({ minimun: 1 })),
    "model summary, check row_count()",
    /no option "minimun"/,
    /mean minimum\?/,
  ],
  [
    "a row count without limits",
    () => checks(count()),
    "model summary, check row_count()",
    /no limits/,
    /minimum: 1/,
  ],
  [
    "a row count's minimum",
    () => checks(count({ minimum: "1" })),
    "model summary, check row_count(minimum 1)",
    /minimum is "1"/,
    /whole number from 1/,
  ],
  [
    "a row count's decrease in per cent",
    () => checks(count({ maximumDecrease: 50 })),
    "model summary, check row_count(maximumDecrease 50)",
    /maximumDecrease is 50/,
    /0\.5 is half/,
  ],
  [
    "checks of a table that are no list",
    () => table({ checks: count({ minimum: 1 }) }),
    "table orders",
    /checks are an object/,
    /list/,
  ],
  [
    "a table's check of rows",
    () => table({ checks: [unique("id")] }),
    "table orders",
    /can't be "unique"/,
    /rowCount/,
  ],
  [
    "an uncalled check of a table",
    () => table({ checks: [rowCount] }),
    "table orders",
    /can't be the function rowCount/,
    /rowCount\(\)/,
  ],
  [
    "a table's row count",
    () => table({ checks: [count({ minimum: 0 })] }),
    "table orders",
    /minimum is 0/,
    /whole number from 1/,
  ],
  [
    "a table's row count's option",
    () => table({ checks: [count({ maximumDecrese: 0.5 })] }),
    "table orders",
    /no option "maximumDecrese"/,
    /mean maximumDecrease\?/,
  ],
  [
    "a check's bound",
    () => checks(range("customer_id", { minimum: "many" })),
    "model summary, check accepted_range(customer_id from many)",
    /"many" is not a valid int64/,
    /int64/,
  ],
  [
    "swapped bounds",
    () => checks(range("total", { minimum: 9, maximum: "1" })),
    "model summary, check accepted_range(total from 9 to 1)",
    /above/,
    /Swap/,
  ],
  [
    "a check's column",
    () => checks(unique("costumer_id")),
    "model summary",
    /names "costumer_id"/,
    /mean customer_id\?/,
  ],
  [
    "another check's column",
    () => checks(notNull("totl")),
    "model summary",
    /names "totl"/,
    /mean total\?/,
  ],
  [
    "a check without columns",
    () => checks(loose<Loose>(notNull)()),
    "model summary",
    /names missing/,
    /total/,
  ],
  [
    "a unique check without columns",
    () => checks(unique()),
    "model summary, check unique()",
    /no column/,
    /Name/,
  ],
  [
    "values",
    () => checks(loose<Loose>(acceptedValues)("total", 1)),
    "model summary, check accepted_values(total in 1)",
    /no list/,
    /list/,
  ],
  [
    "a value",
    () => checks(acceptedValues("customer_id", [1, "x"])),
    'model summary, check accepted_values(customer_id in 1, "x")',
    /"x" is not/,
    /int64/,
  ],
  [
    "an uncalled check",
    () => checks(unique),
    "model summary",
    /a check is the function unique/,
    /Call/,
  ],
  [
    "a check's kind",
    () => checks({ kind: "uniqe", columns: [] }),
    "model summary",
    /"uniqe"/,
    /mean unique\?/,
  ],
  [
    "a check's SQL",
    () => checks(loose<Loose>(returnsNoRow)("x")),
    "model summary, check x",
    /SQL is missing/,
    /string/,
  ],
  [
    "checks",
    () => model({ checks: unique("total") }),
    "model summary",
    /checks are an object/,
    /list/,
  ],
  [
    "an engine",
    () => model({ engine: "athina" }),
    "model summary",
    /its engine can't be "athina"/,
    /mean athena\?/,
  ],
  [
    "an uncalled engine",
    () => model({ engine: athena }),
    "model summary",
    /its engine is the function athena/,
    /engine: athena\(/,
  ],
  ["an engine's kind", () => model({ engine: {} }), "model summary", /can't be missing/, /athena/],
  [
    "an engine's option",
    () => model({ engine: loose<Loose>(athena)({ largeOutputs: true }) }),
    "model summary",
    /athena\(\) has no option "largeOutputs"/,
    /mean largeOutput\?/,
  ],
  [
    "the options of DuckDB",
    () => model({ engine: { kind: "duckdb", sql: "select 1" } }),
    "model summary",
    /duckdb does not take "sql"/,
    /Remove it/,
  ],
  [
    "an engine's SQL",
    () => model({ engine: loose<Loose>(athena)({ sql: 7 }) }),
    "model summary",
    /SQL for Athena is 7/,
    /Write a string/,
  ],
  [
    "an engine's empty SQL",
    () => model({ engine: athena({ sql: " \n" }) }),
    "model summary",
    /SQL for Athena is empty/,
    /translates/,
  ],
  [
    "an engine's binary SQL",
    () => model({ engine: athena({ sql: "select '\0'" }) }),
    "model summary",
    /not text in UTF-8/,
    /Save its \.sql file/,
  ],
  [
    "no large output",
    () => model({ engine: loose<Loose>(athena)({ largeOutput: false }) }),
    "model summary",
    /its largeOutput is false/,
    /or remove it/,
  ],
  ...["athena" as const, athena()].map((engine): (typeof mistakes)[number] => [
    "an incremental model on Athena",
    () => model({ engine, materialization: loose<Loose>(incremental)(table({})) }),
    "model summary",
    /can't build a model that is incremental/,
    /Make it full\(\)/,
  ]),
];

describe("a mistake without type checking", () => {
  it.each(mistakes)("%s", (_name, make, where, problem, hint) => {
    const error = thrownBy(make);
    expect(error.where).toContain(where);
    expect(error.message).toMatch(problem);
    expect(error.hint).toMatch(hint);
    expect(error.message).toMatch(/unchecked-mistakes\.test\.ts:\d+\)\. /);
    expect(error.message).not.toContain("\n");
  });

  it("suggests the most similar name, or none", () => {
    expect(nearest("qwertz", ["minimum", "maximum"])).toBeUndefined();
    expect(nearest("numeric", ["string", "decimal"])).toBe("decimal");
    expect(nearest("not_null", ["notNull"])).toBe("notNull");
  });
});

describe("a relationship", () => {
  const orders = loose<ReturnType<typeof defineTable>>(table({}));
  it.each([
    [relationship("customer_id", "oders", "id"), /no table or model oders/, /mean orders\?/],
    [relationship("customer_id", "orders", "idd"), /orders has no column idd/, /mean id\?/],
  ])("names a table or model and its column", (check, problem, hint) => {
    const made = loose<ReturnType<typeof defineModel>>(checks(check));
    const error = thrownBy(() => defineCatalog([orders], [made]));
    expect(error.message).toMatch(problem);
    expect(error.hint).toMatch(hint);
    expect(error.place).toMatch(/unchecked-mistakes/);
  });
});

it("refuses large output of a model that its contract makes no open table", () => {
  const made = loose<ReturnType<typeof defineModel>>(
    model({ engine: athena({ largeOutput: true }) }),
  );
  const error = thrownBy(() => defineCatalog([], [inFormat(made, "parquet")]));
  expect(error.message).toMatch(/model summary: with largeOutput.*its format is parquet/);
  expect(error.hint).toMatch(/format: "table"/);
  expect(error.place).toMatch(/unchecked-mistakes/);
  expect(defineCatalog([], [inFormat(made, "table")]).models).toHaveLength(1);
});

describe("a name that does not exist", () => {
  it.each([
    [new ReferenceError("numeric is not defined"), "decimal"],
    [new ReferenceError("defneModel is not defined"), "defineModel"],
    [new TypeError("contract.uniqe is not a function"), "unique"],
    [new TypeError("Cannot read properties of undefined"), "Fix the line"],
  ])("is an error in the contract: %s", (thrown, hint) => {
    const error = loadError(thrown);
    expect(error).toBeInstanceOf(ContractError);
    expect((error as ContractError).message).toMatch(
      /^(packages\/transforms\/)?test\/unit\/unchecked-mistakes\.test\.ts:\d+: /,
    );
    expect((error as ContractError).message).toContain(thrown.message);
    expect((error as ContractError).hint).toContain(hint);
  });

  it("is the only error that is changed", () => {
    const error = new Error("The disk is full.");
    expect(loadError(error)).toBe(error);
  });
});

function thrownBy(make: () => unknown): ContractError {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(ContractError);
    return error as ContractError;
  }
  throw new Error("Nothing was refused.");
}
