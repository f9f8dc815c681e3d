/** Every mistake in a contract, model or catalog is an error at start-up that names the place and the fix. */
import { describe, expect, it } from "vitest";
import { type EachOptions, each } from "../../src/contract/child.ts";
import {
  boolean,
  Column,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
} from "../../src/contract/column.ts";
import { when } from "../../src/contract/computed.ts";
import { Condition, type ConditionNode, type Term } from "../../src/contract/condition.ts";
import { expectation } from "../../src/contract/expectation.ts";
import { day, month } from "../../src/contract/partition.ts";
import { csv } from "../../src/contract/source.ts";
import { defineTable, type TableDefinition } from "../../src/contract/table.ts";
import { ContractError } from "../../src/errors.ts";
import { defineCatalog } from "../../src/model/catalog.ts";
import { defineModel, full, incremental } from "../../src/model/model.ts";

type Columns = Readonly<Record<string, Column>>;

/** A valid contract with one mistake. */
function table(columns: Columns, mistake: Partial<TableDefinition<Columns>> = {}) {
  return defineTable<Columns>({
    name: "orders",
    columns: { id: int64().notNull(), day: date().notNull(), ...columns },
    primaryKey: ["id"],
    partitionBy: month("day"),
    ...mistake,
  });
}

/** A contract with a column of personal data beside others. */
const personal = (columns: Columns, mistake: Partial<TableDefinition<Columns>> = {}) =>
  table({ email: string().from("user", "email").pii("hash"), ...columns }, mistake);

const few = { id: int64().notNull(), day: date().notNull() };
/** A contract without a key. */
const keyless = (changes: Partial<TableDefinition<typeof few>>) =>
  defineTable({ name: "orders", columns: few, partitionBy: month("day"), ...changes });
/** A contract without partitions. */
const undivided = (changes: Partial<TableDefinition<typeof few>> = {}) =>
  defineTable({ name: "orders", columns: few, primaryKey: ["id"], ...changes });

/** A contract's child. */
const lines = (columns: Columns, options: EachOptions<Columns> = {}) => ({
  children: { lines: each<Columns>("items", { note: string(), ...columns }, options) },
});
const dropping = expectation("it holds", new Condition({ op: "isNull", column: "note" }), "drop");

/** An expectation that the type checker would reject. */
const rule = (node: ConditionNode) => ({
  expectations: () => [expectation("it holds", new Condition(node))],
});
const literal = (value: string | number) => ({ kind: "literal", value }) as const;

function model(mistake: object) {
  return defineModel({
    name: "summary",
    description: "",
    materialization: full(),
    columns: { id: int64() },
    sql: "select 1 as id",
    ...mistake,
  });
}

const mistakes: [() => unknown, where: string, problem: RegExp, hint: RegExp][] = [
  [
    // @ts-expect-error There is no such method.
    () => table({ a: string().pii("encrypt") }),
    "orders.a",
    /method of pii\(\) can't be "encrypt"/,
    /hash, mask, drop/,
  ],
  [() => table({ a: boolean().pii("hash") }), "orders.a", /as easy to tell apart/, /"mask"/],
  [() => table({ a: json().pii("hash") }), "orders.a", /json can't have pii\("hash"\)/, /"drop"/],
  [() => table({ a: float64().pii("hash") }), "orders.a", /float64 can't have/, /string\(\)/],
  [
    () => table({ id: int64().notNull().pii("mask") }),
    "orders.id",
    /key column has pii\("mask"\)/,
    /"hash"/,
  ],
  [
    () => table({ day: date().notNull().pii("hash") }),
    "orders.day",
    /partition column has pii/,
    /another column/,
  ],
  [() => personal({}, { orderBy: "email" }), "orders.email", /orderBy names it/, /Order by/],
  [
    () => personal({}, { deleteWhen: () => new Condition({ op: "isNull", column: "email" }) }),
    "orders.email",
    /deleteWhen reads it/,
    /Compute a boolean/,
  ],
  [
    () => personal({ user: json() }),
    "orders.user",
    /reads user, which holds the personal data of email/,
    /pii\(\), too/,
  ],
  [
    () =>
      personal(
        { mail: string() },
        {
          computed: (row) => ({
            mail: when(row["email"]?.isNull() as Condition, null).otherwise(row["email"] as Term),
          }),
        },
      ),
    "orders.mail",
    /computed from email, whose values are personal data/,
    /condition may read/,
  ],
  [
    () =>
      personal(
        { has: boolean().pii("mask") },
        { computed: () => ({ has: new Condition({ op: "isNull", column: "email" }) }) },
      ),
    "orders.has",
    /computed, and has pii/,
    /Mark the columns/,
  ],
  [
    () =>
      personal(
        { a: json().from("lines[0]") },
        { children: { lines_of: each("lines", { to: string().pii("hash") }) } },
      ),
    "orders.a",
    /reads lines\[0\], which holds the personal data of lines_of/,
    /pii\(\), too/,
  ],
  [
    () => defineTable({ name: "orders", columns: { a: string().pii("drop") } }),
    "table orders",
    /all of its columns/,
    /at least one/,
  ],
  [() => table({}, { name: "Orders" }), 'table "Orders"', /not a plain SQL name/, /lower-case/],
  [() => table({}, { name: "" }), 'table ""', /not a plain SQL name/, /lower-case/],
  [() => table({}, { columns: {} }), "table orders", /no columns/, /its key/],
  [() => table({ Note: string() }), "orders.Note", /not a plain SQL name/, /\.from\("…"\)/],
  [() => table({ note: string().from() }), "orders.note", /path is empty/, /\.from\(/],
  [() => table({ a: string(), b: string().from("a") }), "orders.b", /same key as a/, /Remove one/],
  [() => table({ a: decimal(0, 0) }), "orders.a", /precision 0/, /from 1 to 38/],
  [() => table({ a: decimal(39, 2) }), "orders.a", /precision 39/, /from 1 to 38/],
  [() => table({ a: decimal(1.5, 0) }), "orders.a", /precision 1.5/, /from 1 to 38/],
  [() => table({ a: decimal(5, 6) }), "orders.a", /scale 6/, /from 0 to 5/],
  [() => table({ a: decimal(5, -1) }), "orders.a", /scale -1/, /from 0 to 5/],
  [
    () => table({ a: int32().default("x") }),
    "orders.a",
    /default is not a valid int32/,
    /Write a valid int32/,
  ],
  [() => table({ a: int32().default(2 ** 31) }), "orders.a", /default.*does not fit/, /Write a/],
  [() => table({ a: string().default(7) }), "orders.a", /default is not a valid string/, /Write a/],
  [
    () => table({ a: boolean().default(1) }),
    "orders.a",
    /default is not a valid boolean/,
    /Write a/,
  ],
  [
    () => table({ a: new Column({ type: { kind: "json" }, nullable: true, default: "1" }) }),
    "orders.a",
    /type json can't have a default/,
    /Remove the default/,
  ],
  [
    () => table({ a: date().accepts("2024-02-30") }),
    "orders.a",
    /accepted value.*no such date/,
    /date/,
  ],
  [() => table({ a: string().accepts() }), "orders.a", /accepts no values/, /remove accepts\(\)/],
  [() => table({ a: int64().range({ minimum: 1.5 }) }), "orders.a", /minimum.*whole/, /int64/],
  [
    () => table({ a: date().range({ maximum: 5 }) }),
    "orders.a",
    /maximum is not a valid date/,
    /date/,
  ],
  [
    () => table({ a: int64().range({ minimum: 9, maximum: "10" }).default(11) }),
    "orders.a",
    /default 11 breaks its own rule: range/,
    /Choose a default/,
  ],
  [
    () => table({ a: decimal(4, 1).range({ minimum: "10.0", maximum: 9 }) }),
    "orders.a",
    /minimum 10.0 is above its maximum 9/,
    /Swap/,
  ],
  [
    () => table({ a: string().accepts("x").default("y") }),
    "orders.a",
    /default y breaks its own rule: accepted_values/,
    /Choose a default/,
  ],
  [
    () =>
      table({
        a: string()
          .pattern(/^[A-Z]$/)
          .default("y"),
      }),
    "orders.a",
    /default y breaks its own rule: pattern/,
    /Choose a default/,
  ],
  [() => table({ a: string().pattern(/a/g) }), "orders.a", /flag g or y/, /Remove the flag/],
  [() => table({ a: string().pattern(/a/y) }), "orders.a", /flag g or y/, /Remove the flag/],
  [
    () => table({}, { primaryKey: [] }),
    "table orders",
    /primaryKey is an empty list/,
    /identify a row/,
  ],
  [() => table({}, { primaryKey: ["nr"] }), "orders.nr", /primary key names it/, /one of id, day/],
  [() => table({}, { primaryKey: ["id", "id"] }), "orders.id", /names it twice/, /once/],
  [() => table({ a: int32() }, { primaryKey: ["a"] }), "orders.a", /may be null/, /notNull/],
  [
    () => table({ a: float64().notNull() }, { primaryKey: ["a"] }),
    "orders.a",
    /type float64 can't be a key/,
    /compare exactly/,
  ],
  [
    () => table({ a: json().notNull() }, { primaryKey: ["a"] }),
    "orders.a",
    /type json can't be a key/,
    /compare exactly/,
  ],
  [() => table({}, { partitionBy: day("at") }), "orders.at", /partitioning names it/, /one of/],
  [
    () => table({ seen_at: timestamp() }, { orderBy: "seenAt" }),
    "orders.seenAt",
    /orderBy names it/,
    /mean seen_at/,
  ],
  [() => table({}, { orderBy: ["day", "day"] }), "orders.day", /orderBy names it twice/, /once/],
  [() => table({}, { orderBy: ["day", "id"] }), "orders.id", /column of the primary key/, /grows/],
  [() => keyless({ orderBy: "day" }), "table orders", /orderBy, but no primaryKey/, /Name the/],
  [
    () => keyless({ deleteWhen: (row) => row.id.eq(0) }),
    "table orders",
    /deleteWhen, but no primaryKey/,
    /Name the/,
  ],
  [
    () => undivided({ deleteWhen: (row) => row.id.eq("x") }),
    "orders.id",
    /deleteWhen compares it with an invalid int64/,
    /valid int64/,
  ],
  [() => keyless({ keysNeverMove: true }), "table orders", /no primaryKey/, /no key can move/],
  [
    () => undivided({ keysNeverMove: true }),
    "table orders",
    /keysNeverMove, but no partitionBy/,
    /Remove keysNeverMove/,
  ],
  [
    () => model({ materialization: incremental(undivided()) }),
    "model summary",
    /incremental by orders, which has no partitionBy/,
    /full\(\), or give orders a partitionBy/,
  ],
  [() => table({ a: json() }, { orderBy: "a" }), "orders.a", /ordered by .* type json/, /time/],
  [
    () => table({}, { partitionBy: day("id") }),
    "orders.id",
    /column of type int64/,
    /date or timestamp/,
  ],
  [() => table({ a: timestamp() }, { partitionBy: day("a") }), "orders.a", /null/, /notNull/],
  [
    () => table({}, rule({ op: "isNull", column: "nr" })),
    "orders.nr",
    /expectation "it holds" names it/,
    /one of id, day/,
  ],
  [
    () => table({}, rule({ op: "compare", how: "gt", column: "id", to: literal("x") })),
    "orders.id",
    /an invalid int64/,
    /Write a valid int64/,
  ],
  [
    () => table({}, rule({ op: "not", of: { op: "isIn", column: "id", values: [1, 0.5] } })),
    "orders.id",
    /an invalid int64/,
    /Write a valid int64/,
  ],
  [
    () => table({}, rule({ op: "isIn", column: "id", values: [] })),
    "orders.id",
    /an empty list/,
    /isIn\(\)/,
  ],
  [
    () =>
      table(
        {},
        rule({ op: "compare", how: "eq", column: "id", to: { kind: "column", name: "day" } }),
      ),
    "orders.id",
    /int64.*with day \(date\)/,
    /same type/,
  ],
  [
    () =>
      table(
        {},
        {
          expectations: (row) => {
            const holds = row["id"]?.isNotNull();
            return holds === undefined ? [] : [expectation("x", holds), expectation("x", holds)];
          },
        },
      ),
    "table orders",
    /two expectations are named "x"/,
    /its own name/,
  ],
  [() => model({ name: "My model" }), 'model "My model"', /not a plain SQL name/, /lower-case/],
  [() => model({ columns: {} }), "model summary", /no columns/, /List the columns/],
  [() => model({ sql: " \n" }), "model summary", /SQL is empty/, /SELECT/],
  [() => defineCatalog([table({})], [model({ name: "orders" })]), "orders", /two/, /Rename/],
  [
    () => defineCatalog([table({}, lines({}))], [model({ name: "lines" })]),
    "lines",
    /two tables or models/,
    /Rename/,
  ],
  [() => table({}, lines({ day: date() })), "lines.day", /from its parent's row/, /line_day/],
  [() => table({}, lines({ position: int32() })), "lines.position", /number of the el/, /Rename/],
  [
    () => table({ position: int32().notNull() }, { primaryKey: ["position"], ...lines({}) }),
    "orders.position",
    /its children have a column of this name/,
    /row_position/,
  ],
  [() => table({}, lines({ Price: string() })), "lines.Price", /not a plain SQL name/, /from/],
  [() => table({}, lines({ at: int32().default("x") })), "lines.at", /default/, /Write a valid/],
  [() => table({ lines: json() }, lines({})), "orders, child lines", /same name/, /Rename/],
  [
    () => table({ items: json() }, lines({})),
    "orders.lines",
    /reads the same key as items/,
    /Remove one/,
  ],
  [
    () => table({}, { children: { orders: each("items", { sku: string() }) } }),
    "orders, child orders",
    /name of its parent/,
    /Rename/,
  ],
  [
    () => table({}, { source: csv(), ...lines({}) }),
    "table orders",
    /CSV have no arrays/,
    /Remove the children/,
  ],
  [
    () => table({}, { children: { lines: each([], { sku: string() }) } }),
    "orders, child lines",
    /can't read its path/,
    /line_items/,
  ],
  [
    () => table({}, { children: { lines: each("a..b", { sku: string() }) } }),
    "orders, child lines",
    /can't read its path "a..b"/,
    /order.items/,
  ],
  [
    () => table({}, lines({}, { primaryKey: ["note"] })),
    "lines.note",
    /key column may be null/,
    /notNull/,
  ],
  [
    () => table({}, lines({}, { expectations: () => [dropping] })),
    "orders, child lines",
    /"it holds" says "drop"/,
    /Remove "drop"/,
  ],
  [
    () => defineCatalog([], [model({ materialization: incremental(table({})) })]),
    "model summary",
    /incremental by orders/,
    /packages\/tables/,
  ],
];

describe("a mistake", () => {
  it.each(mistakes)("%s", (make, where, problem, hint) => {
    let caught: unknown;
    try {
      make();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ContractError);
    expect(caught).toMatchObject({ code: "INVALID_CONTRACT", where });
    const error = caught as ContractError;
    expect(error.message.startsWith(`${where}: `)).toBe(true);
    expect(error.message).toMatch(problem);
    expect(error.hint).toMatch(hint);
    expect(error.message.endsWith(error.hint ?? "")).toBe(true);
  });
});

describe("a contract without mistakes", () => {
  it("is accepted", () => {
    expect(() =>
      table({
        user: json(),
        user_id: int64().from("user", "id"),
        big: int64().range({ minimum: "-9223372036854775808", maximum: 2n ** 63n - 1n }),
        exact: decimal(38, 38).default("0.00000000000000000000000000000000000001"),
        fixed: int32().range({ minimum: 1, maximum: 1 }).default("001"),
        flag: boolean().accepts(true).default("true"),
      }),
    ).not.toThrow();
  });
});

describe("a contract's fingerprints", () => {
  const plain = table({ note: string() });
  it.each<[string, Columns, Partial<TableDefinition<Columns>>, silver: boolean, current: boolean]>([
    ["a description", { note: string().describe("said") }, { description: "new" }, false, false],
    ["an accepted value", { note: string().accepts("a") }, {}, true, false],
    ["a pattern", { note: string().pattern(/a/) }, {}, true, false],
    ["a default", { note: string().default("a") }, {}, true, false],
    ["a path", { note: string().from("other") }, {}, true, false],
    ["unknown columns", { note: string() }, { unknownColumns: "quarantine" }, true, false],
    ["an expectation", { note: string() }, rule({ op: "isNull", column: "note" }), true, false],
    ["a hash", { note: string().pii("hash") }, {}, true, false],
    ["a dropped column", { note: string().pii("drop") }, {}, true, true],
    ["silver's format", { note: string() }, { format: { silver: "parquet" } }, true, false],
    ["gold's format", { note: string() }, { format: { gold: "parquet" } }, false, false],
    ["a type", { note: int64() }, {}, true, true],
    ["the key", { note: string().notNull() }, { primaryKey: ["id", "note"] }, true, true],
    ["the partitioning", { note: string() }, { partitionBy: day("day") }, false, true],
    ["keys that never move", { note: string() }, { keysNeverMove: true }, false, true],
    ["keys that may move", { note: string() }, { keysNeverMove: false }, false, false],
    ["an order", { note: string() }, { orderBy: "note" }, false, true],
    [
      "a condition of deletion",
      { note: string() },
      { deleteWhen: () => new Condition({ op: "isNull", column: "note" }) },
      false,
      true,
    ],
    ["another order", { note: string() }, { orderBy: ["note", "day"] }, false, true],
    ["no order, written out", { note: string() }, { orderBy: [] }, false, false],
  ])("change as they should with %s", (_name, columns, changes, silver, current) => {
    const changed = table(columns, changes);
    expect(changed.silverFingerprint !== plain.silverFingerprint).toBe(silver);
    expect(changed.currentFingerprint !== plain.currentFingerprint).toBe(current);
  });

  it("change without partitions, and without a key", () => {
    const whole = defineTable({ name: "orders", columns: few, primaryKey: ["id"] });
    const fingerprints = [undivided({ partitionBy: month("day") }), undivided(), keyless({})];
    expect(whole.currentFingerprint).toBe(undivided().currentFingerprint);
    expect(new Set(fingerprints.map((each) => each.currentFingerprint)).size).toBe(3);
  });
});
