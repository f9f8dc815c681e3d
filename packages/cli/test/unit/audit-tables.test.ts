/** The audit proves that current rows are what silver makes of them, whatever a contract says of keys and partitions. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64, string, timestamp } from "@lakehouse/transforms/contract/column";
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

const changes = defineTable({
  name: "changes",
  columns: { ...columns, op: string().notNull(), at: timestamp() },
  primaryKey: ["id"],
  orderBy: "at",
  deleteWhen: (row) => row.op.eq("d").or(row.note.startsWith("gone'").and(row.at.isNull().not())),
});
const change = (id: number, op: string, minute: number) => ({
  id,
  op,
  at: `2026-01-31T10:${minute}:00Z`,
});

test("deleted keys are not missed, a lost row and a changed tombstone are", async () => {
  const context = await lakeOf(
    changes,
    [change(1, "c", 10), change(1, "d", 12), change(2, "d", 11), { ...one, id: 4, op: "c" }],
    [change(1, "u", 11), change(2, "c", 12), change(3, "c", 10), { ...change(5, "c", 1) }],
    [{ ...change(3, "u", 11), note: "gone'" }, change(5, "u", 10), change(5, "d", 10)],
  );
  // 2 came back, 4 was never deleted.
  expect(await audit(context, true)).toMatchObject({ ok: true, problems: [], currentRows: 2 });

  const state = await Array.fromAsync(context.lake.gold.list("_state/tombstones/changes/"));
  expect(state).toHaveLength(1);
  appendFileSync(join(context.location, "gold", state[0]?.key ?? ""), "x");
  expect(await audit(context, true)).toMatchObject({
    ok: false,
    problems: [{ kind: "current_changed", object: state[0]?.key }],
  });
  await gold(context, { rebuild: true });
  expect(await audit(context, true)).toMatchObject({ ok: true, problems: [], currentRows: 2 });
});
