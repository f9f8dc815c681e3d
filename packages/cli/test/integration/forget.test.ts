/** `forget` removes records from every layer, and nothing else. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { personalKeyFinder } from "@lakehouse/lake/personal-key";
import { cases } from "@lakehouse/testing/property";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { each } from "@lakehouse/transforms/contract/child";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { month } from "@lakehouse/transforms/contract/partition";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { drift } from "../../src/commands/drift/drift.ts";
import { findForgotten, forget, underWay } from "../../src/commands/forget/forget.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import type { Context } from "../../src/context.ts";
import { contextOf } from "../support/context.ts";
import { lakehouse } from "../support/in-process.ts";

const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull(),
    customer_id: int64().notNull(),
    email: string().pii("hash"),
    note: string(),
    day: date().notNull(),
  },
  primaryKey: ["id"],
  partitionBy: month("day"),
  children: { lines: each("items", { sku: string().notNull() }) },
  expectations: (row) => [
    expectation("id is positive", row.id.gt(0)),
    expectation("no tests", row.note.ne("test"), "drop"),
  ],
});
const notes = defineModel({
  name: "notes",
  description: "",
  materialization: full(),
  columns: { note: string() },
  sql: "select note from orders union all select raw as note from quarantine_orders",
});

function lakeOf(table: Table, objects: Readonly<Record<string, string | Buffer>>): Context {
  const models = table === orders ? [notes] : [];
  const context = contextOf(temporaryDirectory(), defineCatalog([table], models));
  for (const [name, content] of Object.entries(objects)) {
    const path = join(context.location, "bronze", table.name, "2026/01/31", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const findPersonalKey = personalKeyFinder({ key: "0123456789abcdef0123456789abcdef" });
  return { ...context, findPersonalKey };
}

async function rowsOf(context: Context, sql: string): Promise<unknown> {
  const pieces = await Array.fromAsync(query(context, sql, "json"));
  return JSON.parse(pieces.join("")).rows;
}

/** All that the files of a folder hold, decompressed. */
function everythingIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  return files
    .map((path) => {
      const bytes = readFileSync(path);
      if (path.endsWith(".parquet")) {
        return `${pl.readParquet(path).writeCSV()}${bytes.toString("latin1")}`;
      }
      const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
      return (isGzip ? gunzipSync(bytes) : bytes).toString("latin1");
    })
    .join("\n");
}

const line = (id: number, customer: number, more: string): string =>
  `{"id":${id},"customer_id":${customer},"day":"2026-01-0${(Math.abs(id) % 9) + 1}",${more}}`;

test("removes what fulfils the condition from all layers, whatever became of it, and the audit agrees", async () => {
  const context = lakeOf(orders, {
    "07/a.gz": gzipSync(
      [
        line(1, 42, '"email":"zq1@zq","note":"zqzq1","items":[{"sku":"zqzq2"}]'),
        `${line(2, 7, '"note":"two","items":[{"sku":"b"}]')}${line(3, 42, '"note":"zqzq3"')}`,
        line(-4, 42, '"note":"zqzq4"'),
        line(5, 42, '"note":"test","more":"zqzq5"'),
        line(6, 42, '"note":7,"more":"zqzq6"'),
        '{"broken":',
        line(8, 42, '"note":"zqzq8"'),
        "1}",
        line(9, 7, '"note":"nine"'),
      ].join("\n"),
    ),
    "08/b.ndjson": `${line(1, 42, '"note":"zqzq9"')}\n`,
    "09/c.ndjson": `${line(10, 7, '"note":"ten"')}\n`,
  });
  await silver(context);
  await gold(context);
  // Rows are also in the report that the gold function publishes, and in tasks of a run that has not committed.
  await context.lake.gold.put("_report/index.html", Buffer.from("zqzq"));
  const task = "_state/tasks/99999999/0123456789abcdef/task.json";
  await context.lake.gold.put(task, Buffer.from("zqzq"));
  expect(everythingIn(context.location)).toContain("zqzq");
  expect((await audit(context)).problems).toEqual([]);
  const preview = await findForgotten(context, orders, "customer_id = 42");
  expect(preview).toMatchObject({
    plan: { unread: 2, objects: [{ records: 10 }, { records: 1 }] },
    layers: { bronze: { objects: 2, records: 7 }, silver: { objects: 2 } },
    unread: [
      { object: "orders/2026/01/31/07/a.gz", line: 6 },
      { object: "orders/2026/01/31/07/a.gz", line: 8 },
    ],
  });
  const before = readFileSync(join(context.location, "bronze/orders/2026/01/31/09/c.ndjson"));
  expect(await forget(context, orders, preview)).toMatchObject({ records: 7, objects: 2 });
  expect(everythingIn(context.location)).not.toMatch(/zqzq|zq1/);
  expect(readFileSync(join(context.location, "bronze/orders/2026/01/31/09/c.ndjson"))).toEqual(
    before,
  );
  expect(await rowsOf(context, "select id, note from orders order by id")).toEqual([
    { id: 2, note: "two" },
    { id: 9, note: "nine" },
    { id: 10, note: "ten" },
  ]);
  expect(await rowsOf(context, "select sku from lines")).toEqual([{ sku: "b" }]);
  expect(await audit(context, true)).toMatchObject({
    problems: [],
    records: 12,
    rows: 3,
    quarantined: 1 + 1,
    dropped: 0,
    forgotten: 7,
  });
  const [{ found = [] } = {}] = await drift(context, [orders], { samples: 1 });
  expect(found.map(({ key }) => key)).not.toContain("forgotten");
  expect(await underWay(context, orders)).toBeUndefined();
  expect((await findForgotten(context, orders, "customer_id = 42")).plan.objects).toEqual([]);
});

const people = defineTable({
  name: "people",
  columns: { id: int64().notNull(), name: string().notNull().from("Full name") },
  source: csv(),
});
const enveloped = defineTable({
  name: "people",
  columns: { id: int64().notNull(), name: string() },
  unwrap: "rows",
});

test.each([
  [people, 'id,Full name,x\n1,"zq\nzq",zqzq\n2,b,c\n1,zqzq,"\n3,d,e\n', "id = 1", 1, [2, 3]],
  [
    enveloped,
    '{"rows":[{"id":1,"name":"zqzq"},{"id":2}]}\n{"rows":[ {"id":1,"x":"zqzq"} ,{"id":3}]}',
    "id = 1",
    2,
    [2, 3],
  ],
])("works on the records of %o", async (table, text, where, records, left) => {
  const context = lakeOf(table, { "07/a.gz": gzipSync(text) });
  const preview = await findForgotten(context, table, where);
  expect(await forget(context, table, preview)).toMatchObject({ records });
  expect(await rowsOf(context, "select id from people order by id")).toEqual(
    left.map((id) => ({ id })),
  );
  const { problems, forgotten } = await audit(context, true);
  expect({ problems, forgotten }).toEqual({ problems: [], forgotten: records });
});

test("looks into each of many objects of one size, and their packs go", async () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const objects = numbers.map((number) => {
    const ids = Array.from(
      { length: 150 },
      (_, at) => 10_000 + ((at * 7919 + number * 104_729) % 89_989),
    );
    const text = `{"rows":[${ids.map((id) => `{"id":${id},"name":"n${id}"}`).join(",")}]}`;
    const found = ids.filter((id) => id % 7 === 0).length;
    return { name: `07/${String(number).padStart(2, "0")}`, text, found };
  });
  const context = lakeOf(
    enveloped,
    Object.fromEntries(objects.map(({ name, text }) => [name, text])),
  );
  const preview = await findForgotten(context, enveloped, "id % 7 = 0 and name <> ''");
  expect(preview.plan.objects.map(({ ranges }) => ranges.length)).toEqual(
    objects.map(({ found }) => found),
  );

  // The audit has nothing to say about packs, and no record stays in them.
  await silver(context);
  const made = await gold(context, { packAfter: 1 });
  expect(made.packed).toEqual({ packs: 1, objects: objects.length });
  expect((await audit(context, true)).problems).toEqual([]);
  const packs = join(context.location, "gold/_state/packs");
  const [removed = 0] = Array.from(
    { length: 7 },
    (_, at) => 10_000 + ((at * 7919) % 89_989),
  ).filter((id) => id % 7 === 0);
  expect(everythingIn(packs)).toContain(`n${removed}`);
  await forget(context, enveloped, preview);
  expect(everythingIn(context.location)).not.toContain(`n${removed}`);
  expect((await audit(context, true)).problems).toEqual([]);
});

test("goes on after an interruption anywhere, without the condition", async () => {
  const content = gzipSync(`${line(1, 42, '"note":"zqzq"')}\n${line(2, 7, '"note":"two"')}`);
  const calls = { left: Number.POSITIVE_INFINITY };
  const fail = <S extends object>(store: S): S =>
    new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        return typeof value !== "function"
          ? value
          : (...args: unknown[]) => {
              if (/^(put|delete|deleteAll)$/.test(String(name)) && --calls.left < 0) {
                throw new Error("interrupted");
              }
              return Reflect.apply(value, target, args) as unknown;
            };
      },
    });
  for (const at of [2, 6, 16].slice(0, cases(2) + 1)) {
    const context = lakeOf(orders, { "07/a.gz": content });
    const { bronze, silver: silvers, gold: golds } = context.lake;
    const lake = { bronze: fail(bronze), silver: fail(silvers), gold: fail(golds) };
    calls.left = Number.POSITIVE_INFINITY;
    const failing = { ...context, lake };
    await silver(failing);
    const preview = await findForgotten(failing, orders, "customer_id = 42");
    calls.left = at;
    await expect(forget(failing, orders, preview)).rejects.toThrow(/interrupted/);
    const problems = (await audit(context)).problems;
    expect(problems).toContainEqual(
      expect.objectContaining({ kind: "unfinished_forget", object: "orders" }),
    );
    const left = await underWay(context, orders);
    if (left === undefined) {
      throw new Error("no plan");
    }
    expect(JSON.stringify(left)).not.toContain("customer_id");
    expect(await forget(context, orders, left)).toMatchObject({ records: 1 });
    expect(everythingIn(context.location)).not.toContain("zqzq");
    expect((await audit(context)).problems).toEqual([]);
  }
});

test("files that are no objects of the table are named", async () => {
  const context = lakeOf(orders, { "7/misplaced.ndjson": line(1, 42, '"note":"a"') });
  const named: string[] = [];
  const passOver = ({ message }: Error): void => {
    named.push(message);
  };
  await findForgotten({ ...context, passOver }, orders, "customer_id = 42");
  expect(named).toEqual([expect.stringContaining("orders/2026/01/31/7/misplaced.ndjson")]);
});

test("a damaged object stays damaged, one that was replaced is named, and so is a mistake in the condition", async () => {
  const bytes = gzipSync(`${line(1, 42, '"note":"a"')}\n${line(2, 7, '"note":"b"')}\n`);
  const context = lakeOf(orders, { "07/a.gz": bytes.subarray(0, -4) });
  await forget(context, orders, await findForgotten(context, orders, "customer_id = 42"));
  expect(await audit(context)).toMatchObject({
    problems: [],
    records: 3,
    rows: 1,
    quarantined: 1,
    forgotten: 1,
  });
  const replaced = await findForgotten(context, orders, "customer_id = 7");
  writeFileSync(join(context.location, "bronze/orders/2026/01/31/07/a.gz"), bytes);
  expect(await forget(context, orders, replaced)).toMatchObject({
    records: 0,
    replaced: ["orders/2026/01/31/07/a.gz"],
  });
  await expect(findForgotten(context, orders, "costumer_id = 42")).rejects.toThrow(
    /names no column of orders.*customer_id/,
  );
  await expect(findForgotten(context, orders, "customer_id = oops")).rejects.toThrow(/oops/);
  const all = "customer_id in (select customer_id from orders where note = 'a')";
  await expect(findForgotten(context, orders, all)).rejects.toThrow(/sees only .* one record/);
});

test("removes nothing without a key, nor while gold keeps rows that are no longer defined", async () => {
  const context = lakeOf(orders, { "07/a": line(1, 42, '"note":"zqzq"') });
  await silver(context);
  await gold(context);
  const bronze = join(context.location, "bronze/orders/2026/01/31/07/a");
  const preview = await findForgotten(context, orders, "customer_id = 42");
  const keyless = { ...context, findPersonalKey: personalKeyFinder({}) };
  await expect(forget(keyless, orders, preview)).rejects.toThrow(/no key/);
  const withoutModel = { ...context, catalog: defineCatalog([orders], []) };
  await expect(forget(withoutModel, orders, preview)).rejects.toThrow(
    /still has model notes .*gold --prune/,
  );
  expect(await underWay(context, orders)).toBeUndefined();
  expect(readFileSync(bronze, "utf8")).toContain("zqzq");
  await gold(withoutModel, { prune: true });
  await forget(withoutModel, orders, preview);
  expect(everythingIn(context.location)).not.toContain("zqzq");
});

test("names what was not looked into or was replaced meanwhile, without a question, too", async () => {
  const lake = join(temporaryDirectory(), "lake");
  const key = "orders/2026/01/31/07/a";
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(lake, path)), { recursive: true });
    writeFileSync(join(lake, path), content);
  };
  const order = '{"order_id":1,"customer_id":42,"amount":"1.00","order_date":"2026-01-31"}';
  write(`bronze/${key}`, `${order}\n{"broken"\n`);
  const command = ["--lake", lake, "forget", "orders", "--yes"];
  const done = await lakehouse([...command, "--where", "customer_id = 42"]);
  expect(done).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Removed 1 record .*Not looked into.* 1 record\./s),
  });
  const object = {
    key,
    etag: "another",
    records: 2,
    ranges: [
      [0, 3],
      [4, 5],
    ],
  };
  const plan = { table: "orders", startedAt: "2026-01-31T12:00:00Z", objects: [object], unread: 0 };
  write("gold/_state/forget/orders.json", JSON.stringify(plan));
  expect(await lakehouse(command)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/replaced 1 object meanwhile.*orders\/2026\/01\/31\/07\/a/s),
  });
});
