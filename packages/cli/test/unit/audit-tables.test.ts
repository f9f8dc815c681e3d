/** The audit proves that current rows are what silver makes of them, whatever a contract says of keys and partitions. */
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { arrive, contextOf } from "../support/context.ts";

const columns = { id: int64().notNull(), note: string() };

/** A lake of one table, after a run. */
async function lakeOf(table: Table, ...objects: readonly (readonly object[])[]) {
  const context = contextOf(temporaryDirectory(), defineCatalog([table], []));
  for (const [hour, records] of objects.entries()) {
    arrive(context, table.name, hour, records);
  }
  await silver(context);
  await gold(context);
  return context;
}

const one = { id: 1, note: "a" };
const two = { id: 2, note: "b" };

test.each([
  ["a key and no partitions", defineTable({ name: "t", columns, primaryKey: ["id"] }), 2],
  ["neither", defineTable({ name: "t", columns }), 4],
])("a table with %s is proved", async (_name, table, currentRows) => {
  const context = await lakeOf(table, [one, one], [one, two]);
  expect(await audit(context, true)).toMatchObject({ ok: true, problems: [], currentRows });
});
