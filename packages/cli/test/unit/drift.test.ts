/** `lakehouse drift`: keys and types in Bronze that the contract does not read. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { receiptFromMetadata } from "@lakehouse/lake/receipt";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { each } from "@lakehouse/transforms/contract/child";
import { int64, json, string } from "@lakehouse/transforms/contract/column";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { drift } from "../../src/commands/drift/drift.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { arrive, contextOf } from "../support/context.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";

const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull(),
    name: string(),
    country: string().from("payer", "country"),
    sku: string().from("items[0].sku"),
    details: json(),
  },
});

/** The numbers of unread keys in the receipts of all silver objects. */
async function unreadKeys(context: ReturnType<typeof contextOf>): Promise<unknown[]> {
  const keys: unknown[] = [];
  for await (const { key } of context.lake.silver.list("orders/")) {
    const head = await context.lake.silver.head(key);
    keys.push(receiptFromMetadata(head?.metadata ?? {})?.unreadKeys);
  }
  return keys;
}

test("lists keys that no column reads and types that one refuses; receipts count the keys", async () => {
  const context = contextOf(temporaryDirectory(), defineCatalog([orders], []));
  const plain = { id: 1, payer: { country: "DE" }, items: [{ sku: "A" }], details: { any: 1 } };
  arrive(context, "orders", 9, [
    plain,
    { ...plain, discount: 7.5, email: "ada@example.com" },
    { ...plain, discount: "none", payer: { country: "DE", vat: "1" }, items: [{ sku: "A", n: 1 }] },
    { ...plain, name: 12 },
  ]);
  arrive(context, "orders", 7, [plain, { ...plain, discount: null, name: null }]);
  const [result] = await drift(context, [orders], { samples: 2 });
  const object = "orders/2026/01/31/09/a.ndjson";
  const first = { firstSeen: "2026-01-31T09:00:00", object, column: null, records: 1 };
  expect(result).toEqual({
    table: "orders",
    objects: 2,
    records: 6,
    found: [
      {
        key: "discount",
        column: null,
        types: ["null", "number", "string"],
        records: 3,
        firstSeen: "2026-01-31T07:00:00",
        object: "orders/2026/01/31/07/a.ndjson",
        examples: ["null", "7.5"],
      },
      { ...first, key: "email", types: ["string"], examples: [] },
      { ...first, key: "payer.vat", types: ["string"], examples: ['"1"'] },
      { ...first, key: "items[0].n", types: ["number"], examples: ["1"] },
      { ...first, key: "name", column: "name", types: ["number"], examples: ["12"] },
    ],
  });
  await silver(context);
  expect(await unreadKeys(context)).toEqual([1, 4]);
  const { location } = context;
  const text = await lakehouse(["drift", "orders", "--lake", location]);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toContain("discount");
  const since = await lakehouseJson(["drift", "--lake", location, "--from", "2026-02-01"]);
  expect(since).toMatchObject({ tables: [{ table: "orders", objects: 0, found: [] }, {}] });
});

test("looks into the elements of children, and shows no personal data", async () => {
  const table = defineTable({
    name: "orders",
    columns: { id: int64().notNull(), tag: string().pii("hash") },
    primaryKey: ["id"],
    children: { order_lines: each("lines", { sku: string() }) },
  });
  const context = contextOf(temporaryDirectory(), defineCatalog([table], []));
  const lines = [
    { sku: "A", n: 1 },
    { sku: "B", n: 2 },
  ];
  arrive(context, "orders", 9, [
    { id: 1, tag: 7, lines },
    { id: 2, lines: "none" },
  ]);
  const [result] = await drift(context, [table], { samples: 2 });
  const found = result?.found.map(({ key, column, records, examples }) => {
    return [key, column, records, examples];
  });
  expect(found).toEqual([
    ["tag", "tag", 1, []],
    ["lines[].n", null, 1, ["1", "2"]],
    ["lines", "order_lines", 1, ['"none"']],
  ]);
});

test.each<[string, Table, string]>([
  [
    "an envelope",
    defineTable({ name: "orders", columns: { id: int64() }, unwrap: "Records" }),
    '{"more":1,"Records":[{"id":1,"b":2},{"id":2,"b":3}]}',
  ],
  [
    "CSV",
    defineTable({ name: "orders", columns: { id: int64() }, source: csv() }),
    "id,b\n1,2\n2,3\n",
  ],
])("reads records of %s", async (_, table, text) => {
  const context = contextOf(temporaryDirectory(), defineCatalog([table], []));
  const path = join(context.location, "bronze/orders/2026/01/31/07/a");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const [result] = await drift(context, [table], { samples: 1 });
  expect(result).toMatchObject({ records: 2, found: [{ key: "b", records: 2 }] });
  await silver(context);
  expect(await unreadKeys(context)).toEqual([1]);
});
