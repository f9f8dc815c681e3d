/** `lakehouse init`: proposes a contract that accepts a sample, and says why. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import type { Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { describe, expect, test } from "vitest";
import { ColumnNames, snakeCase } from "../../src/commands/init/infer/names.ts";
import { type InitResult, init, proposeTable, tableOf } from "../../src/commands/init/init.ts";
import { contextOf } from "../support/context.ts";
import { lakehouse } from "../support/in-process.ts";
import { loadContract } from "../support/load-contract.ts";

type Content = string | Buffer | readonly object[];

/** Proposes a table from files with these contents. */
async function propose(
  files: Readonly<Record<string, Content>>,
  table = "things",
): Promise<InitResult & { readonly codes: Readonly<Record<string, string>> }> {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "tables"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), bytesOf(content));
  }
  const context = contextOf(folder, defineCatalog([], []));
  const result = await init(context, table, Object.keys(files), join(folder, "tables"));
  const codes = Object.fromEntries(result.proposal.columns.map(({ name, code }) => [name, code]));
  return { ...result, codes };
}

function bytesOf(content: Content): string | Buffer {
  return typeof content === "string" || Buffer.isBuffer(content)
    ? content
    : content.map((record) => `${JSON.stringify(record)}\n`).join("");
}

test("an envelope with each record on a line of its own", async () => {
  const text = '{"Records":[\n{"id":1},\n{"id":2}\n]}\n';
  const { records, trial } = await propose({ "a.json.gz": gzipSync(text) });
  expect({ records, refused: trial.refused }).toEqual({ records: 2, refused: 0 });
});

const times = (count: number, record: (index: number) => object): readonly object[] =>
  Array.from({ length: count }, (_, index) => record(index));

/** The contract as a user's program loads it. */
const loaded = ({ folder }: InitResult): Promise<Table> =>
  loadContract(readFileSync(join(folder, "contract.ts"), "utf8"));

describe("feeds", () => {
  test("readings of devices: epoch milliseconds, a key of two columns", async () => {
    const result = await propose({
      "iot.ndjson": times(50, (index) => ({
        deviceId: `dev-${index % 5}`,
        ts: 1_709_210_096_000 + 1_000 * index,
        temperature: 20 + index / 4,
        battery: index % 2 === 0 ? null : 0.5,
        location: { lat: 52.52000661234567 },
      })),
    });
    expect(result.codes).toEqual({
      device_id: 'string().notNull().from("deviceId")',
      ts: 'timestamp().notNull().epoch("ms")',
      temperature: "decimal(12, 2).notNull()",
      battery: "decimal(11, 1)",
      location_lat: 'float64().notNull().from("location", "lat")',
    });
    expect(result.proposal.primaryKey.names).toEqual(["device_id", "ts"]);
    expect(result.proposal.partitionBy).toMatchObject({ names: ["ts"], unit: "month" });
    expect(result.trial).toMatchObject({ records: 50, rows: 50, refused: 0 });
  });

  test("versions of a thing: the latest of each is offered, too", async () => {
    const records = times(6, (n) => ({ thing_id: n % 3, sent_at: `2026-01-0${n + 1}T00:00:00Z` }));
    const { proposal } = await propose({ "things.ndjson": records });
    expect(proposal.primaryKey).toEqual({
      names: ["thing_id", "sent_at"],
      evidence: [
        "thing_id and sent_at together are different in all 6 records",
        'thing_id has 3 values. If later records replace earlier ones: primaryKey: ["thing_id"], orderBy: "sent_at"',
      ],
    });
  });

  test("orders of a webhook: changes, deletes, money as text, zip codes", async () => {
    const result = await propose(
      {
        "orders.ndjson.gz": gzipSync(
          bytesOf(
            times(40, (index) => ({
              type: index % 10 === 9 ? "order.deleted" : "order.updated",
              id: 900 + Math.floor(index / 2),
              updatedAt: `2024-03-01T10:00:${String(index).padStart(2, "0")}+01:00`,
              created: "2024-02-29T10:00:00",
              total: `${index}.50`,
              zip: "01067",
              ref: "9007199254740993",
              customer: { email: `${index}@example.com` },
              line_items: [{ sku: "A", id: index, price: { amount: "1.50" } }],
              tags: ["a"],
            })),
          ),
        ),
      },
      "orders",
    );
    expect(result.codes).toEqual({
      type: "string().notNull()",
      id: "int64().notNull()",
      updated_at: 'timestamp().notNull().from("updatedAt")',
      created: "timestamp().notNull().assumeUtc()",
      total: "decimal(12, 2).notNull()",
      zip: "string().notNull()",
      ref: "int64().notNull()",
      customer_email: 'string().notNull().from("customer", "email")',
      tags: "json().notNull()",
    });
    expect(
      result.proposal.children.map(({ name, path, columns }) => [
        name,
        path,
        Object.fromEntries(columns.map((each) => [each.name, each.code])),
      ]),
    ).toEqual([
      [
        "orders_line_items",
        ["line_items"],
        {
          sku: "string().notNull()",
          line_item_id: 'int64().notNull().from("id")',
          price_amount: 'decimal(12, 2).notNull().from("price", "amount")',
        },
      ],
    ]);
    const { primaryKey, orderBy, deleteWhen, partitionBy } = result.proposal;
    expect(primaryKey.names).toEqual(["id"]);
    expect(orderBy.names).toEqual(["updated_at"]);
    expect(deleteWhen.code).toBe('row.type.eq("order.deleted")');
    expect(partitionBy.names).toEqual(["created"]);
    const contract = readFileSync(join(result.folder, "contract.ts"), "utf8");
    expect(contract).toContain(
      '// Looks like personal data. To keep it out of silver: .pii("hash"),',
    );
    expect(contract).not.toContain("@example.com");
    expect(contract).toContain('.from(["tags",0])');
    expect(contract).toContain('orders_line_items: each("line_items", {');
    expect((await loaded(result)).deleteWhen).toBeDefined();
  });

  test("envelopes: Records, and an array", async () => {
    const records = times(12, (index) => ({
      eventID: `e${index}`,
      eventTime: "2024-02-29T10:00:00Z",
    }));
    const trail = await propose({ "trail.json": JSON.stringify({ Records: records }, null, 2) });
    expect(trail).toMatchObject({ records: 12, trial: { rows: 12, refused: 0 } });
    expect((await loaded(trail)).unwrap).toEqual(["Records"]);
    const array = await propose({ "array.json": JSON.stringify(records, null, 2) });
    expect(array).toMatchObject({ records: 12, trial: { rows: 12, refused: 0 } });
    expect((await loaded(array)).unwrap).toEqual([]);
    // An order is one record, although it has an array of objects.
    const order = await propose({ "order.json": '{"id": 1, "line_items": [{"sku": "A"}]}' });
    expect(order.records).toBe(1);
  });

  test("CSV with semicolons, quotes, a zip code and German dates", async () => {
    const rows = Array.from(
      { length: 20 },
      (_, i) => `${i};${i % 28 || 13}.02.2024;"a;""b""";0${i};`,
    );
    const result = await propose({
      "a.csv": `\ufeffOrder ID;Datum;Größe;PLZ;leer\r\n${rows.join("\r\n")}\r\n1;2\r\n`,
    });
    expect(result.codes).toEqual({
      order_id: 'int64().notNull().from("Order ID")',
      datum: 'date().notNull().parse("d.M.yyyy").from("Datum")',
      grosse: 'string().notNull().from("Größe")',
      plz: 'string().notNull().from("PLZ")',
      leer: "string()",
    });
    expect(result.trial).toMatchObject({ records: 21, rows: 20, refused: 1 });
    expect((await loaded(result)).source).toEqual({ format: "csv", delimiter: ";" });
    expect(result.files).toEqual(["contract.ts", "things_daily.sql", "models.ts"]);
  });

  test("rows of CSV count as silver reads them", async () => {
    const damaged = await propose({ "a.csv": 'a,b\n\n1,2\n\n3,4\na "quote",5\nb\n6,"7\n"\n' });
    expect(damaged.codes).toEqual({ a: "int64()", b: "string()" });
    expect(damaged).toMatchObject({ records: 3, trial: { rows: 3, refused: 2 } });
    await expect(propose({ "a.csv": 'a,b "c"\n1,2\n' })).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(
        /^a\.csv: the header on line 1 can't be read: a quote is inside/,
      ),
    });
  });

  test("UTF-16, a byte order mark, lines that are broken", async () => {
    const utf16 = Buffer.from('\ufeff[{"a":"é"}]', "utf16le");
    expect((await propose({ "a.json": utf16 })).trial).toMatchObject({ rows: 1, refused: 0 });
    expect((await propose({ "a.json": '\ufeff{"a":1}\n' })).trial).toMatchObject({ rows: 1 });
    const empties = await propose({ "a.csv": 'a,b,b,c\n1,2,3,""\n2,,4,5\n' });
    expect(empties.codes).toEqual({ a: "int64()", c: "string()" });
    expect(empties).toMatchObject({ unreadable: ["b"], trial: { rows: 2, refused: 0 } });
    const wide = await propose({ "a.csv": Buffer.from("\ufeffa\tb\n1\té\n", "utf16le") });
    expect(wide).toMatchObject({ trial: { rows: 1, refused: 0 } });
    expect(readFileSync(join(wide.folder, "sample.csv"), "utf8")).toBe("a\tb\n1\té\n");
    const broken = await propose({ "a.json": 'nonsense\n{"a":1}\n{"a":\n[1]\n' });
    expect(broken.trial).toMatchObject({ rows: 1, refused: 3 });
  });
});

describe("types", () => {
  const typeOf = async (...values: readonly string[]): Promise<string | undefined> => {
    const name = values[0] ?? "";
    const lines = values.slice(1).map((value) => `{${JSON.stringify(name)}:${value}}\n`);
    const folder = temporaryDirectory();
    writeFileSync(join(folder, "a.ndjson"), lines.join(""));
    const context = contextOf(folder, defineCatalog([], []));
    const { proposal, trial } = await proposeTable(context, "things", ["a.ndjson"]);
    expect(trial.refused).toBe(0);
    return proposal.columns[0]?.code.replace(/\.from\(.*\)$|\.notNull\(\)/g, "");
  };

  test.each([
    ["int64()", "n", "1", "9007199254740992"],
    ["string().coerce()", "n", "9007199254740993"],
    ["int64()", "n", '"9007199254740993"', '"1"'],
    ["string()", "n", '"007"', '"1"'],
    ["string()", "phone", '"49151"', '"4915"'],
    ["decimal(12, 2)", "price", "1.5", "2"],
    ["decimal(13, 3)", "price", "1e2", "0.125"],
    ["float64()", "reading", "1.5e-7", "2"],
    ["decimal(18, 8)", "price", "1.5e-7"],
    ["decimal(11, 1)", "n", '"1.5"', '"2"'],
    ["string().coerce()", "n", "0.1234567890123456789"],
    ['timestamp().epoch("s")', "created", "1709210096"],
    ['timestamp().epoch("us")', "ts", "1709210096000000"],
    ['timestamp().epoch("ns")', "ts", "1709210096123456789"],
    ['timestamp().epoch("s")', "ts", "1709210096.25"],
    ["int64()", "count", "1709210096"],
    ["date()", "d", '"2024-02-29"'],
    ["timestamp()", "d", '"2024-02-29T10:00:00Z"', '"2024-02-29T10:00:00.5+02:00"'],
    ["timestamp().assumeUtc()", "d", '"2024-02-29 10:00:00"'],
    ['date().parse("dd/MM/yyyy")', "d", '"29/02/2024"', '"01/02/2024"'],
    ["string()", "d", '"01/02/2024"'],
    ["string()", "d", '"2024-02-29"', '"2024-02-30"'],
    ["uuid()", "u", '"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"'],
    ["boolean()", "b", "true", "null"],
    ["boolean()", "b", '"true"', '"false"'],
    ["string().coerce()", "m", "1", '"x"', "true"],
    ["json()", "m", "1", "{}"],
    ["decimal(11, 1)", "m", "1", '"2.5"'],
    ["string().coerce()", "m", "1", '"02"'],
    ["json()", "m", "null"],
    ["json()", "m", "{}"],
    ["json()", "m", '{"1":2}'],
    ["int64()", "", "1"],
    ["int64()", "__proto__", "1"],
  ])("%s for %s: %s %s", async (code, ...values) => {
    expect(await typeOf(...values)).toBe(code);
  });
});

test("a second file widens what the first one said, and says so", async () => {
  const { codes, widened } = await propose({
    "a.ndjson": times(12, (id) => ({ id, amount: id })),
    "b.ndjson": times(12, (id) => ({ id: id + 12, amount: `${id}.25`, extra: true })),
  });
  expect(codes).toEqual({
    id: "int64().notNull()",
    amount: "decimal(12, 2).notNull()",
    extra: "boolean()",
  });
  expect(widened).toEqual([
    {
      file: "b.ndjson",
      changes: [
        "amount: int64().notNull() became decimal(12, 2).notNull()",
        "extra: new, boolean()",
      ],
    },
  ]);
});

test("names of columns", () => {
  expect(
    ["createdAt", "userID", "HTTPStatus", "Größe (cm)", "a.b-c", "名前"].map(snakeCase),
  ).toEqual(["created_at", "user_id", "http_status", "grosse_cm", "a_b_c", ""]);
  const names = new ColumnNames();
  const long = "x".repeat(100);
  const paths = [["a", "b"], ["a_b"], ["aB"], ["order"], ["名前"], ["2nd"], [long], [`${long}y`]];
  expect(paths.map((path) => names.nameOf(path))).toEqual([
    "a_b",
    "a_b_2",
    "a_b_3",
    "order_value",
    "column_value",
    "column_2nd",
    "x".repeat(63),
    `${"x".repeat(61)}_2`,
  ]);
});

test("the files say what was proposed", async () => {
  const result = await propose({
    "a.ndjson": times(15, (index) => ({
      id: index,
      "odd.key[0]": "\u2028*/`$x",
      at: "2024-01-01T00:00:00Z",
      price: "1.20",
    })),
  });
  const table = await loaded(result);
  const proposed = tableOf("things", result.proposal, undefined);
  expect(table.silverFingerprint).toBe(proposed.silverFingerprint);
  expect(table.primaryKey).toEqual(["id"]);
  expect(result.files).toEqual(["contract.ts", "sample.ts", "things_daily.sql", "models.ts"]);
  expect(readFileSync(join(result.folder, "models.ts"), "utf8")).toContain("price: decimal(38, 2)");
});

test("a folder stands for all its files, also those deeper down, but not for hidden ones", async () => {
  const folder = temporaryDirectory();
  for (const name of ["in/b/c", "in/.git", "in/empty", "tables", "void/empty"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const [index, name] of ["in/a.ndjson", "in/b/c/d.ndjson", "linked.ndjson"].entries()) {
    writeFileSync(join(folder, name), `{"a":${index}}\n`);
  }
  symlinkSync(join(folder, "linked.ndjson"), join(folder, "in/e.ndjson"));
  writeFileSync(join(folder, "in/.git/HEAD"), "ref: refs/heads/main\n");
  const context = contextOf(folder, defineCatalog([], []));
  const result = await init(context, "things", ["in"], join(folder, "tables"));
  expect(result.records).toBe(3);
  expect(result.ingest).toEqual(["in/a.ndjson", "in/b/c/d.ndjson", "in/e.ndjson"]);
  await expect(init(context, "others", ["void"], join(folder, "tables"))).rejects.toThrow(
    "void is a directory without files",
  );
  symlinkSync(join(folder, "in"), join(folder, "in/f"));
  await expect(init(context, "others", ["in"], join(folder, "tables"))).rejects.toThrow(
    "in/f is a directory behind a link",
  );
});

test("nothing is overwritten, and no folder is left behind", async () => {
  const folder = temporaryDirectory();
  const context = contextOf(folder, defineCatalog([], []));
  writeFileSync(join(folder, "a.ndjson"), '{"a":1}\n');
  mkdirSync(join(folder, "things"));
  await expect(init(context, "things", ["a.ndjson"], folder)).rejects.toThrow(/exists/);
  writeFileSync(join(folder, "empty.ndjson"), " \n");
  writeFileSync(join(folder, "table.parquet"), "PAR1\0\0");
  await expect(init(context, "others", ["empty.ndjson"], folder)).rejects.toThrow(/no records/);
  await expect(init(context, "others", ["table.parquet"], folder)).rejects.toThrow(/not text/);
  await expect(init(context, "select", ["a.ndjson"], folder)).rejects.toThrow(/select_records/);
  await expect(init(context, "My Orders", ["a.ndjson"], folder)).rejects.toThrow(/my_orders/);
  expect(existsSync(join(folder, "others"))).toBe(false);
});

test("mistakes on the command line", async () => {
  const noFrom = await lakehouse(["init", "things"]);
  expect(noFrom).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("init needs records or a schema"),
  });
  const missing = await lakehouse(["init", "things", "--from", "/nowhere.ndjson"]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no file") });
});
