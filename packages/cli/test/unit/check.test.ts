/** `lakehouse check` in this process: the mistakes of the bundler, the engine and the type checker, each once. */
import { join } from "node:path";
import { catalog } from "@lakehouse/tables/catalog";
import type { SampleGenerator } from "@lakehouse/tables/sample-generator";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { check } from "../../src/commands/check/check.ts";
import { checkDeployed } from "../../src/commands/check/check-deployed.ts";
import { sampleMistakes } from "../../src/commands/check/sample-mistakes.ts";
import { mistakeIn, optionOf } from "../../src/commands/check/type-mistakes.ts";
import { contextOf } from "../support/context.ts";

// The compiler looks at the user's tables, not at those of the tests.
const noTypes = async () => [];
const folder = join(import.meta.dirname, "../../../fixtures/tables");
const scratch = join(temporaryDirectory(), "scratch");

test("tables without mistakes", async () => {
  expect(await check({ catalog, mistakes: [], scratch }, noTypes, folder)).toEqual({
    ok: true,
    tables: 2,
    models: 5,
    mistakes: [],
    warnings: [],
  });
});

test("a sample without records is named, with its file", () => {
  const file = "packages/tables/src/a/sample.ts: sample()";
  const problemOf = (sample: unknown) => {
    const [mistake] = sampleMistakes(new Map([["a", sample as SampleGenerator]]));
    expect(mistake?.message.endsWith(mistake.hint ?? " ")).not.toBe(false);
    return mistake?.message.slice(0, -(mistake.hint ?? "").length).trimEnd();
  };
  expect(problemOf(() => [])).toBe(`${file} yields no records.`);
  expect(problemOf(function* () {})).toBe(`${file} yields no records.`);
  for (const nothing of [undefined, null, 7, "{}", Promise.resolve([])]) {
    expect(problemOf(() => nothing)).toBe(`${file} does not return lines.`);
  }
  expect(problemOf(() => [{ id: 1 }])).toBe(`${file} yields object, not a string.`);
  expect(problemOf(async function* () {})).toBe(`${file} does not return lines.`);
  const thrown = problemOf(() => {
    throw new Error("no luck.");
  });
  expect(thrown).toMatch(/check\.test\.ts:\d+: sample\(\) fails: no luck\.$/);
  expect(problemOf(() => ["{}"])).toBeUndefined();
  expect(
    problemOf(function* () {
      for (;;) {
        yield "{}";
      }
    }),
  ).toBeUndefined();
});

test("every mistake counts, and each has its hint", async () => {
  const [first, second, third, ...models] = catalog.models;
  const broken: Catalog = {
    ...catalog,
    models: [
      ...(first === undefined ? [] : [{ ...first, sql: "select nothing from orders" }]),
      ...(second === undefined ? [] : [{ ...second, sql: "selec 1" }]),
      ...(third === undefined ? [] : [{ ...third, sql: "from parcels" }]),
      ...models,
    ],
  };
  const mistakes = [
    { folder: "orders", part: "models", message: "a: b. Fix it.", hint: "Fix it." },
    { folder: "orders", part: "sample", message: "a: b. Fix it.", hint: "Fix it." },
  ] as const;
  const result = await check({ catalog: broken, mistakes, scratch }, noTypes, folder);
  expect(result.ok).toBe(false);
  expect(result.mistakes).toEqual([
    { message: "a: b. Fix it.", hint: "Fix it." },
    {
      message: expect.stringMatching(/its SQL is not one SELECT.*Write one SELECT statement\.$/),
      hint: "Write one SELECT statement.",
    },
    {
      message: expect.stringMatching(/reads parcels, which is neither a table nor a model/),
      hint: expect.stringMatching(/^Tables and models are: /),
    },
    {
      message: expect.stringMatching(/^Model \w+: DuckDB refuses its query: .*"nothing" not found/),
      hint: "Fix the SQL.",
    },
  ]);
  for (const { message } of result.mistakes) {
    expect(message).not.toContain("\n");
  }
});

test("a model for Athena is checked for it, and a warning is no mistake", async () => {
  const result = async (sum: string) => {
    const models = catalog.models.map(
      (model): Model =>
        model.name === "customer_daily"
          ? {
              ...model,
              engine: { kind: "athena" },
              sqlFile: "a.sql",
              sql: model.sql.replace("sum(amount)", sum),
            }
          : model,
    );
    return await check({ catalog: { ...catalog, models }, mistakes: [], scratch }, noTypes, folder);
  };
  expect(await result("sum(amount::double)::decimal(18, 2)::decimal(38, 2)")).toMatchObject({
    ok: true,
    mistakes: [],
    warnings: [
      { message: expect.stringMatching(/^Model customer_daily \(a\.sql\): It adds up doubles/) },
    ],
  });
  expect(await result("median(amount)::decimal(38, 2)")).toMatchObject({
    ok: false,
    mistakes: [{ message: expect.stringMatching(/^Model customer_daily: Athena can't build it/) }],
    warnings: [],
  });
});

test("a lake without Athena can't validate, and mistakes come first", async () => {
  const onAthena = (sql: string): Catalog => ({
    ...catalog,
    models: catalog.models.map((model) =>
      model.name === "customer_daily"
        ? { ...model, engine: { kind: "athena" }, sql: model.sql.replace("sum(amount)", sql) }
        : model,
    ),
  });
  const checked = async (models: Catalog, environment?: string) => {
    const context = { ...contextOf(temporaryDirectory(), models), environment };
    return await checkDeployed(context, async (each) => await check(each, noTypes, folder));
  };
  expect(await checked(catalog)).toMatchObject({ ok: true, mistakes: [] });
  expect(await checked(onAthena("median(amount)::decimal(38, 2)"))).toMatchObject({ ok: false });
  await expect(checked(onAthena("sum(amount)"))).rejects.toThrow(/no Athena.*--env dev check/);
  await expect(checked(onAthena("sum(amount)"), "prod")).rejects.toThrow(/deploy -- --env prod/);
});

test("a type error counts, unless another mistake says the same", async () => {
  const file = "packages/tables/src/orders/contract.ts";
  const at = (line: number, message: string, isSyntax = false) => ({
    file,
    line,
    message: `${file}:${line}: ${message}`,
    isSyntax,
  });
  const message = `orders.a: the key names it, but there is no such column (${file}:6).`;
  const mistakes = [{ folder: "orders", part: "contract", message }] as const;
  const other = at(60, "Cannot find name 'b'.");
  const types = [
    at(6, "No overload matches this call."),
    at(9, `Type 'Partitioning<"a">' is not assignable to type 'Partitioning<"id">'.`),
    at(10, "';' expected.", true),
    at(11, "Property 'a' does not exist on type 'Row'."),
    other,
  ];
  const result = await check({ catalog, mistakes, scratch }, async () => types, folder);
  expect(result.mistakes.map((each) => each.message)).toEqual([message, other.message]);
});

test.each([
  [
    'table orders: defineTable() has no option "primarykey" (FILE:5).',
    `Object literal may only specify known properties, but 'primarykey' does not exist in type 'TableDefinition<Column<"boolean" | "date">>'. Did you mean to write 'primaryKey'?`,
  ],
  [
    'table orders: its partitionBy is "ts" (FILE:5).',
    `Type 'string' is not assignable to type 'Partitioning<"id" | "ts">'.`,
  ],
  [
    'table orders: column id is "int64" (FILE:5).',
    `Type 'string' is not assignable to type 'Column<"boolean" | "int64">'.`,
  ],
])("a mistake is reported once: %s", async (template, message) => {
  const file = "packages/tables/src/orders/contract.ts";
  const mistake = {
    folder: "orders",
    part: "contract" as const,
    message: template.replace("FILE", file),
  };
  const type = { file, line: 6, message: `${file}:6: ${message}`, isSyntax: false };
  const context = { catalog, mistakes: [mistake], scratch };
  const { mistakes } = await check(context, async () => [type], folder);
  expect(mistakes.map((each) => each.message)).toEqual([mistake.message]);
});

test.each([
  ["format", 'table orders: format takes an object, not "parquet" (FILE:5).'],
  ["expectations", "table orders: its expectations return an object (FILE:5)."],
  ["checks", 'table orders: its checks are "a" (FILE:5).'],
])("a mistake in the option %s is reported once", async (option, template) => {
  const file = "packages/tables/src/orders/contract.ts";
  const message = template.replace("FILE", file);
  const text = "Type 'A' is not assignable to type 'B'.";
  const type = { file, line: 11, message: `${file}:11: ${text}`, isSyntax: false };
  const types = async () => [
    { ...type, option },
    { ...type, option: "other" },
  ];
  const broken = [{ folder: "orders", part: "contract", message }] as const;
  const { mistakes } = await check({ catalog, mistakes: broken, scratch }, types, folder);
  expect(mistakes.map((each) => each.message)).toEqual([message, type.message]);
});

test("the option that a line begins with", () => {
  const source = 'a({\n  format: "parquet",\n  expectations(row) {\n  "x",';
  expect([1, 2, 3, 4, 5].map((line) => optionOf(source, line))).toEqual([
    "a",
    "format",
    "expectations",
    undefined,
    undefined,
  ]);
});

test("the compiler's lines", () => {
  expect(
    mistakeIn("packages/tables/src/a/contract.ts(10,5): error TS2304: Cannot find name 'x'."),
  ).toEqual({
    file: "packages/tables/src/a/contract.ts",
    line: 10,
    message: "packages/tables/src/a/contract.ts:10: Cannot find name 'x'.",
    isSyntax: false,
  });
  expect(mistakeIn("a.ts(1,1): error TS1005: ';' expected.")?.isSyntax).toBe(true);
  expect(mistakeIn("  Type 'a' is not assignable to type 'b'.")).toBeUndefined();
});
