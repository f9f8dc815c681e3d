/** `lakehouse query` of a lake whose gold is replaced meanwhile, where files are downloaded, as in S3. */
import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64 } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test, vi } from "vitest";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import type { Context } from "../../src/context.ts";
import { arrive, contextOf } from "../support/context.ts";

const visits = defineTable({
  name: "visits",
  columns: { id: int64().notNull() },
  primaryKey: ["id"],
});
const numbers = defineModel({
  name: "numbers",
  description: "How many there are",
  materialization: full(),
  columns: { visits: int64() },
  sql: "select count(*) as visits from visits",
});
const sql = "select visits, (select count(*) from visits) as rows from numbers";

/** A lake whose files are downloaded. @param meanwhile Runs before each download of the model's file. */
async function downloading(meanwhile: (context: Context) => Promise<void>): Promise<Context> {
  const context = contextOf(temporaryDirectory(), defineCatalog([visits], [numbers]));
  await goldWith(context, 1);
  const { gold } = context.lake;
  const find = gold.download.bind(gold);
  let copies = 0;
  vi.spyOn(gold, "download").mockImplementation(async (key, directory) => {
    if (directory !== context.scratch) {
      return await find(key, directory);
    }
    if (/^numbers\/|^_state\/staged\//.test(key)) {
      await meanwhile(context);
    }
    copies += 1;
    await mkdir(directory, { recursive: true });
    const copy = join(directory, `${copies}-${basename(key)}`);
    await copyFile(await find(key, directory), copy);
    return copy;
  });
  return context;
}

async function goldWith(context: Context, id: number): Promise<void> {
  arrive(context, "visits", id, [{ id }]);
  await silver(context);
  await runGold(context.lake, context.catalog, {
    scratch: join(context.folder, "gold"),
    threads: 1,
  });
}

async function rowsOf(context: Context): Promise<unknown> {
  const text = (await Array.fromAsync(query(context, sql, "json"))).join("");
  return (JSON.parse(text) as { rows: unknown }).rows;
}

test("all rows are those of one run, though another run replaces them meanwhile", async () => {
  let runs = 0;
  const context = await downloading(async (each) => {
    runs += 1;
    if (runs === 1) {
      await goldWith(each, 2);
    }
  });
  expect(await rowsOf(context)).toEqual([{ visits: 2, rows: 2 }]);
  expect(runs).toBe(2);
});

test("a lake that is replaced again and again is an error, with what to do", async () => {
  let runs = 1;
  const context = await downloading(async (each) => {
    runs += 1;
    await goldWith(each, runs);
  });
  await expect(rowsOf(context)).rejects.toMatchObject({
    kind: "data",
    message: expect.stringContaining("Gold was replaced 3 times while the query read it."),
    hint: "Run the query again once the gold run has ended.",
  });
});
