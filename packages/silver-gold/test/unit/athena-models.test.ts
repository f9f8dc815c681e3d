/** Models that Athena builds are checked like others, and for whether they can be built there. */
import { date, decimal, float64, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { type Check, relationship, returnsNoRow } from "@lakehouse/transforms/model/check";
import { athena, type EngineOption } from "@lakehouse/transforms/model/engine";
import { defineModel, full, inFormat, type Model } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { openEngine } from "../../src/engine/open-engine.ts";
import { resolveModels } from "../../src/models/model-graph.ts";
import { checkModels, findModelMistakes } from "../../src/models/model-types.ts";
import { scratch } from "../support/lake.ts";

const sales = defineTable({
  name: "sales",
  columns: {
    id: int64().notNull(),
    shop: string(),
    day: date().notNull(),
    price: decimal(18, 2),
    weight: float64(),
  },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const shops = defineTable({
  name: "shops",
  columns: { shop: string().notNull() },
  primaryKey: ["shop"],
});
const sqlFile = "packages/tables/src/sales/per_shop.sql";

function perShop(sql: string, engine: EngineOption = "athena"): Model {
  const made = defineModel({
    ...{ name: "per_shop", description: "", materialization: full(), sql, engine },
    columns: { shop: string(), total: decimal(38, 2) },
  });
  const own = { kind: "athena", sqlFile: "packages/tables/src/sales/per_shop.athena.sql" } as const;
  return {
    ...made,
    sqlFile,
    engine: made.engine.kind === "athena" ? { ...made.engine, ...own } : made.engine,
  };
}

const plain = "select shop,\n  sum(price)::decimal(38, 2) as total\nfrom sales group by shop";
const other = inFormat(
  defineModel({
    ...{ name: "other", description: "", materialization: full() },
    ...{ columns: { shop: string() }, sql: "select shop from shops" },
  }),
  "csv",
);

async function found(model: Model, more: readonly Model[] = [other]) {
  using engine = await openEngine({ directory: scratch });
  const catalog = defineCatalog([sales, shops], [...more, model]);
  const { mistakes, warnings } = await findModelMistakes(engine, catalog);
  return {
    mistakes: mistakes.map((each) => each.message),
    warnings: warnings.map((each) => `${each.model.name}: ${each.warning}`),
  };
}

test("a model whose SQL has a translation is right, and what may differ is a warning", async () => {
  expect(await found(perShop(plain))).toEqual({ mistakes: [], warnings: [] });
  const model = perShop(plain.replace("sum(price)", "sum(weight)::decimal(18, 2)"));
  expect(await found(model)).toEqual({
    mistakes: [],
    warnings: [expect.stringMatching(/^per_shop: It adds up doubles/)],
  });
  expect(await found({ ...model, engine: { kind: "duckdb" } })).toEqual({
    mistakes: [],
    warnings: [],
  });
});

test.each([
  [
    "a function without a translation",
    perShop(plain.replace("sum(price)", "median(price)")),
    /^Model per_shop: Athena can't build it as DuckDB does: median\(…\) is not known.* \(\S+per_shop\.sql:2\)\. .*Leave this model to DuckDB\. Or give the model SQL of its own/,
  ],
  [
    "silver",
    perShop(plain.replace("from sales", "from silver_sales")),
    /can't read silver_sales, because silver has no versions.*\(\S+per_shop\.sql:3\)\. Read sales/,
  ],
  [
    "quarantine, in SQL of its own, too",
    perShop(
      "select 'a' as shop, 0::decimal(38,2) as total from quarantine_sales",
      athena({ sql: "select 1" }),
    ),
    /can't read quarantine_sales/,
  ],
  [
    "a model that is not an open table",
    perShop(plain.replace("from sales", "from sales join other using (shop)")),
    /can't read other, because that model is kept as csv.*:3\)\. Give other format: "table"\.$/,
  ],
  [
    "a column that is declared otherwise, once",
    perShop(plain.replace("38, 2", "37, 2")),
    /column total is declared DECIMAL\(38,2\)/,
  ],
])("refused: %s", async (_, model, message) => {
  const { mistakes } = await found(model);
  expect(mistakes).toEqual([expect.stringMatching(message)]);
});

test("a check that reads what Athena builds from the model itself is refused: neither could be first", async () => {
  const later = (engine: EngineOption): Model =>
    defineModel({
      ...{ name: "later", description: "", materialization: full(), format: "table", engine },
      ...{ columns: { shop: string() }, sql: "select shop from per_shop" },
    });
  const model: Model = {
    ...perShop(plain),
    format: "table",
    checks: [relationship("shop", "later", "shop")],
  };
  expect((await found(model, [later("duckdb")])).mistakes).toEqual([]);
  expect((await found(model, [later("athena")])).mistakes).toEqual([
    expect.stringMatching(/its checks read later, which Athena builds from per_shop, so that/),
  ]);
});

test("a run refuses it, too", async () => {
  using engine = await openEngine({ directory: scratch });
  const catalog = defineCatalog([sales], [perShop(plain.replace("sum(price)", "median(price)"))]);
  const models = await resolveModels(engine, catalog);
  await expect(checkModels(engine, catalog, models)).rejects.toThrow(/Athena can't build it/);
});

test.each([
  ["select shop, approx_percentile(price, 0.5) as total from sales group by 1"],
  [
    "SELECT shop, 0 AS total FROM \"sales\" WHERE shop IS DISTINCT FROM 'from shops; x' -- from other;\n",
  ],
  ["select extract(year from sales.day) as shop from sales /* ; from db.shops */;\n"],
  ["with shops_of as (select 1) select * from shops_of cross join unnest(array[1]) as u(x)"],
  [
    "select a.price as shops, other from sales a, (sales b join sales c on b.x in (1, 2)) order by 1, shops",
  ],
  [
    'select trim(both from shops), "it\'s from shops" from sales, unnest(shops, other) as other (shops)',
  ],
])("SQL of its own is not translated: %s", async (sql) => {
  const model = perShop(plain.replace("sum(price)", "median(price)"), athena({ sql }));
  expect((await found(model)).mistakes).toEqual([]);
});

test.each([
  ["select 1 from sales;\nselect 2", /more than one statement \(\S+athena\.sql:1\)/],
  ["select 1\nfrom lake.sales", /sales is read from a database.*athena\.sql:2\)\. Write the name/],
  ['select 1\nfrom "lake" . "sales"', /sales is read from a database/],
  [
    "select 1 from sales\n join Shops on true",
    /shops is read, which .*athena\.sql:2\)\. Read the same/,
  ],
  ["select 1 from silver_sales", /silver_sales is read, which the model's sql does not read/],
  ["select 1 from sales as a (x, y),\n other", /other is read, which .*athena\.sql:2\)/],
  [
    "select 1 from sales join sales b on true, (other join sales c on true)",
    /other is read, which/,
  ],
  ["select 1 from sales, awsdatacatalog.lake.sales", /sales is read from a database/],
  ['select x as "it\'s" from sales, "Other" -- isn\'t', /other is read, which/],
  ["with a as (table other) select * from a, sales", /other is read, which/],
])("SQL of its own that reads past the published versions is refused: %s", async (sql, message) => {
  expect((await found(perShop(plain, athena({ sql })))).mistakes).toEqual([
    expect.stringMatching(message),
  ]);
});

test("a statement that is longer than Athena takes is a mistake", async () => {
  const long = plain.replace("from sales", `from sales where shop <> '${"x".repeat(262_000)}'`);
  expect((await found(perShop(long))).mistakes).toEqual([
    expect.stringMatching(/its statement for Athena has \d+ bytes, and Athena takes 262144/),
  ]);
});

test("checks of a large result are those that Athena can run, before anything reads it", async () => {
  const large = inFormat(perShop(plain, athena({ largeOutput: true })), "table");
  const checked = (check: Check, more?: readonly Model[]) =>
    found({ ...large, checks: [check] }, more);
  const right = await checked(returnsNoRow("some", "select shop from per_shop where total < 0"));
  expect(right).toEqual({ mistakes: [], warnings: [] });
  const median = returnsNoRow("median", "select 1 from per_shop having median(total) < 0");
  expect((await checked(median)).mistakes).toEqual([
    expect.stringMatching(/can't run its check median as DuckDB does: median\(…\) is not known/),
  ]);
  expect((await checked(relationship("shop", "other", "shop"))).mistakes).toEqual([
    expect.stringMatching(/can't read other, because that model is kept as csv/),
  ]);
  const built = defineModel({
    ...{ name: "built", description: "", materialization: full(), format: "table" as const },
    ...{ columns: { shop: string() }, sql: "select shop from per_shop" },
  });
  expect((await checked(relationship("shop", "built", "shop"), [built])).mistakes).toEqual([
    expect.stringMatching(/its checks read built, which is built from per_shop/),
  ]);
});
