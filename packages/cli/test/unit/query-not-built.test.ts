/** `lakehouse query` and `export` of tables and models that no gold run has built. */
import { join } from "node:path";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64 } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import { describe, expect, test } from "vitest";
import { exportTable } from "../../src/commands/export/export.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import type { Context } from "../../src/context.ts";
import { arrive, contextOf } from "../support/context.ts";

const tableOf = (name: string) =>
  defineTable({ name, columns: { id: int64().notNull() }, primaryKey: ["id"] });
const modelOf = (name: string, table: string) =>
  defineModel({
    name,
    description: "",
    materialization: full(),
    columns: { ids: int64() },
    sql: `select count(*) as ids from ${table}`,
  });
const [visits, pages] = [tableOf("visits"), tableOf("pages")];
const [first, second] = [modelOf("first", "visits"), modelOf("second", "visits")];
const open = inFormat(modelOf("third", "visits"), "table");
const catalog = defineCatalog([visits, pages], [first, second, open, modelOf("fourth", "pages")]);

/** A lake with silver. */
async function lakeWith(records: readonly object[]): Promise<Context> {
  const context = contextOf(temporaryDirectory(), catalog);
  arrive(context, "visits", 1, records);
  arrive(context, "pages", 1, records);
  await silver(context);
  return context;
}

async function gold(context: Context, only?: readonly string[]): Promise<void> {
  const scratch = join(context.folder, "gold");
  await runGold(context.lake, context.catalog, { scratch, threads: 1, only });
}

const csvOf = async (context: Context, sql: string): Promise<string> =>
  (await Array.fromAsync(query(context, sql, "csv"))).join("");

describe("after gold --only", () => {
  test.each([
    ["second", "Model second"],
    ["third", "Model third"],
    ["fourth", "Model fourth"],
  ])("%s is not built", async (name, what) => {
    const context = await lakeWith([{ id: 1 }]);
    await gold(context, ["first"]);
    expect(await csvOf(context, "select ids, id from first, visits")).toBe("ids,id\n1,1\n");
    const error = {
      kind: "usage",
      message: expect.stringContaining(`${what} is not built yet.`),
      hint: "Run lakehouse gold.",
    };
    await expect(csvOf(context, `select count(*) from ${name}`)).rejects.toMatchObject(error);
    await expect(exportTable(context, name, { format: "csv" })).rejects.toMatchObject(error);
    await gold(context);
    expect(await csvOf(context, `select count(*) as n from ${name}`)).toBe("n\n1\n");
  });
});

test("a model that is defined after the gold run is not built", async () => {
  const context = await lakeWith([{ id: 1 }]);
  await gold(context);
  const more = defineCatalog([...catalog.tables], [...catalog.models, modelOf("fifth", "visits")]);
  const edited = { ...context, catalog: more };
  await expect(csvOf(edited, "from fifth")).rejects.toThrow("Model fifth is not built yet.");
  await gold(edited, ["fifth"]);
  expect(await csvOf(edited, "from fifth")).toBe("ids\n1\n");
});

test("before the first gold run, nothing is built", async () => {
  const context = await lakeWith([{ id: 1 }]);
  await expect(csvOf(context, "from first")).rejects.toThrow("Model first is not built yet.");
  await expect(csvOf(context, "from visits")).rejects.toThrow("Table visits is not built yet.");
  expect(await csvOf(context, "from silver_visits")).toBe("id\n1\n");
  expect(await csvOf(context, "describe first")).toContain("ids");
});

test("a lake without records has empty tables and models once gold has run", async () => {
  const context = contextOf(temporaryDirectory(), catalog);
  await gold(context);
  expect(await csvOf(context, "from visits")).toBe("id\n");
  await csvOf(context, "from first");
});
