/** `lakehouse schema` and `lakehouse init --json-schema`: a contract as a JSON Schema, and back. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@lakehouse/tables/catalog";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { jsonSchemaOf } from "@lakehouse/transforms/contract/json-schema";
import type { Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { parseLiteral } from "@lakehouse/transforms/types/column-type";
import { expect, test } from "vitest";
import { initFromSchema } from "../../src/commands/init/schema/init-from-schema.ts";
import { test as runTests } from "../../src/commands/test/test.ts";
import { contextOf } from "../support/context.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";
import { loadContract, loadFolder } from "../support/load-contract.ts";

/** Proposes a table from a schema. */
async function propose(schema: unknown, table = "things") {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "tables"));
  writeFileSync(join(folder, "things.json"), JSON.stringify(schema));
  const context = contextOf(folder, defineCatalog([], []));
  const result = await initFromSchema(context, table, "things.json", join(folder, "tables"));
  const source = readFileSync(join(result.folder, "contract.ts"), "utf8");
  const { tests } = await runTests({ ...context, catalog: await loadFolder(result.folder) }, []);
  expect(tests).toMatchObject([{ ok: true }]);
  const codes = Object.fromEntries(result.proposal.columns.map(({ name, code }) => [name, code]));
  return { ...result, source, codes };
}

/** What a contract's columns accept. */
function accepts({ columns, unwrap }: Table): unknown {
  return {
    unwrap,
    columns: columns.map(({ description: _, pattern, minimum, maximum, ...column }) => ({
      ...column,
      pattern: pattern && String(pattern),
      bounds: [minimum, maximum].map((each) => each && parseLiteral(column.type, each)),
    })),
  };
}

test.each(catalog.tables)("$name: its schema gives an equivalent contract", async (table) => {
  const { source } = await propose(jsonSchemaOf(table));
  const made = await loadContract(source);
  expect(accepts(made)).toEqual(accepts(table));
});

test("the command prints the schema, with --json too", async () => {
  const { code, stdout } = await lakehouse(["schema", "orders"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    title: "orders",
    type: "object",
    required: ["customer_id", "order_id", "amount", "order_date"],
    properties: { order_date: { type: "string", format: "date" } },
  });
  expect(await lakehouseJson(["schema", "orders"])).toEqual(JSON.parse(stdout));
  expect((await lakehouse(["schema", "order"])).stderr).toContain(
    "Tables are: orders, web_events.",
  );
});

test("a schema of another tool: references, null in both ways, nested objects, an envelope", async () => {
  const { codes, notRead, source } = await propose({
    type: "array",
    items: { $ref: "#/$defs/Order" },
    $defs: {
      Order: {
        type: "object",
        additionalProperties: false,
        required: ["id", "createdAt", "customer", "total", "kind"],
        properties: {
          id: { type: "integer", minimum: 1, title: "Id" },
          createdAt: { type: "string", format: "date-time" },
          birthday: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
          token: { type: ["string", "null"], format: "uuid" },
          kind: { enum: ["new", "used"], description: "What it is" },
          total: { type: "number", multipleOf: 0.01, minimum: 0 },
          price: { type: "number" },
          ratio: { type: "number", minimum: 0, maximum: 1 },
          open: { type: "boolean", default: true },
          customer: { allOf: [{ $ref: "#/$defs/Customer" }] },
          items: {
            type: "array",
            items: {
              type: "object",
              required: ["id"],
              properties: {
                id: { type: "integer" },
                sku: { type: "string", maxLength: 9 },
                parts: { type: "array", items: { $ref: "#/$defs/Customer" } },
              },
            },
          },
          payment: { oneOf: [{ type: "string" }, { type: "object" }] },
          self: { $ref: "https://example.com/other.json" },
          note: { type: "string", maxLength: 10 },
          mixed: { type: ["string", "number"] },
          labels: { type: "object", additionalProperties: { type: "string" } },
        },
      },
      Customer: {
        type: "object",
        required: ["zip"],
        properties: {
          zip: { type: "string", pattern: "^\\d{5}$" },
          email: { type: "string", format: "email" },
          parent: { $ref: "#/$defs/Customer" },
        },
      },
    },
  });
  expect(codes).toMatchObject({
    id: "int64().notNull().range({ minimum: 1 })",
    created_at: 'timestamp().notNull().from("createdAt")',
    birthday: "date()",
    token: "uuid()",
    kind: 'string().notNull().accepts("new", "used").describe("What it is")',
    total: "decimal(18, 2).notNull().range({ minimum: 0 })",
    price: "decimal(18, 2)",
    ratio: "float64().range({ minimum: 0, maximum: 1 })",
    open: "boolean().default(true)",
    customer_zip: 'string().notNull().pattern(/^\\d{5}$/).from("customer", "zip")',
    customer_parent_zip: 'string().pattern(/^\\d{5}$/).from("customer", "parent", "zip")',
    payment: "json()",
    self: "json()",
    note: "string()",
    mixed: "string().coerce()",
    labels: "json()",
  });
  expect(notRead).toEqual(
    expect.arrayContaining([
      "payment: oneOf",
      "items.[].sku: maxLength",
      "self: $ref https://example.com/other.json",
      "note: maxLength",
      "customer.email: format email",
    ]),
  );
  const made = await loadContract(source);
  expect(made).toMatchObject({ unwrap: [], unknownColumns: "quarantine", primaryKey: ["id"] });
  expect(source).toContain('partitionBy: month("created_at")');
  expect(source).toContain('// Looks like personal data. To keep it out of silver: .pii("hash")');
  const child = made.columns.find(({ child: each }) => each !== undefined);
  expect(child).toMatchObject({ path: ["items"] });
  expect(source).toContain(`
    ${child?.name}: each("items", {
      item_id: int64().notNull().from("id"),
`);
});

test("mistakes name the file and the next step", async () => {
  const folder = temporaryDirectory();
  const file = join(folder, "a.json");
  const run = async (text: string): Promise<string> => {
    writeFileSync(file, text);
    const { code, stderr } = await lakehouse(["init", "things", "--json-schema", file]);
    expect(code).not.toBe(0);
    return stderr;
  };
  expect(await run("{")).toContain(`${file} is not JSON`);
  expect(await run("[]")).toContain("holds no object");
  expect(await run('{"type":"object"}')).toContain("the schema has no properties");
  const missing = await lakehouse(["init", "things", "--json-schema", "/nowhere.json"]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no file") });
  const neither = await lakehouse(["init", "things"]);
  expect(neither).toMatchObject({ code: 2, stderr: expect.stringContaining("--json-schema") });
});
