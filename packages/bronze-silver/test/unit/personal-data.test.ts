/** No byte of personal data gets into silver, quarantine or an error; what stays of it is what the contract says. */
import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { quarantineKey, silverKey } from "@lakehouse/lake/keys";
import type { Lake } from "@lakehouse/lake/object-store";
import { runs } from "@lakehouse/testing/property";
import { each } from "@lakehouse/transforms/contract/child";
import { date, int64, json, string } from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { day } from "@lakehouse/transforms/contract/partition";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { PersonalKey } from "@lakehouse/transforms/personal/personal-key";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";
import { parse } from "csv-parse/sync";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { processObject } from "../../src/process-object.ts";
import { contentOf, everythingIn, memoryLake, temporaryDirectory } from "../support/lakes.ts";

const scratch = temporaryDirectory();
const secretKey = "0123456789abcdef0123456789abcdef";
const findPersonalKey = () => Promise.resolve(new PersonalKey(secretKey));
const bronzeKey = "people/2024/03/01/07/a.gz";

const people = defineTable({
  name: "people",
  columns: {
    id: int64().notNull().from("customer.id").pii("hash"),
    day: date().notNull(),
    email: string().from(["customer", "email"], ["mail"]).pattern(/@|zq/).pii("hash"),
    phone: string().trim().pii("mask"),
    born: date().notNull().pii("mask"),
    details: json().pii("drop"),
    country: string().from("customer.country"),
    amount: int64(),
  },
  primaryKey: ["id"],
  partitionBy: day("day"),
  expectations: (row) => [
    expectation("no test users", row.email.startsWith("test").not()),
    expectation("no robots", row.phone.ne("robot"), "drop"),
  ],
});

const orders = defineTable({
  name: "people",
  columns: { id: int64().notNull() },
  primaryKey: ["id"],
  children: {
    order_lines: each("lines", {
      sku: string().notNull(),
      to: string().pii("hash"),
      note: string().pii("drop"),
      at: date().pii("mask"),
    }),
  },
});

async function lakeOf(table: Table, text: string | Buffer, limits: object = {}): Promise<Lake> {
  const lake = memoryLake();
  await lake.bronze.put(bronzeKey, gzipSync(text));
  const catalog = defineCatalog([table], []);
  await processObject(lake, catalog, bronzeKey, { scratch, limits, findPersonalKey });
  return lake;
}

async function rowsOf(lake: Lake): Promise<Readonly<Record<string, string | null>>[]> {
  const text = await contentOf(lake.silver, silverKey(bronzeKey, "csv"));
  return parse(text, {
    columns: true,
    cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell),
  });
}

async function quarantineOf(lake: Lake): Promise<QuarantineEntry[]> {
  const text = (await contentOf(lake.silver, quarantineKey(bronzeKey))).toString("utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const hmac = (text: string): string => createHmac("sha256", secretKey).update(text).digest("hex");

describe("personal data", () => {
  it("is hashed, masked or dropped in silver, whatever its spelling", async () => {
    const lake = await lakeOf(
      people,
      [
        '{"customer":{"id":7,"email":"a@x.de","country":"DE"},"day":"2024-02-29","phone":"123","born":"1970-01-01","details":{"a":1}}',
        '{"customer":{"id":"007"},"mail":"\\u0061@x.de","day":"2024-02-29","born":"1970-01-01"}',
      ].join("\n"),
    );
    const hashes = { id: hmac("7"), day: "2024-02-29", email: hmac("a@x.de") };
    expect(await rowsOf(lake)).toEqual([
      { ...hashes, phone: "***", born: null, country: "DE", amount: null },
      { ...hashes, phone: null, born: null, country: null, amount: null },
    ]);
  });

  it("is masked in quarantine, where the rest of the record stays", async () => {
    const lake = await lakeOf(
      people,
      [
        '{"amount":1.5,"customer":{"id":"zqzq","email":"none","country":"DE"},"day":"2024-02-29","extra":"zqzq","phone":null}',
        '{"customer":"zqzq","day":"2024-02-29"}',
        '{"customer":{"id":7,"email":"zqzq"',
        '"zqzq"',
      ].join("\n"),
    );
    const entries = await quarantineOf(lake);
    expect(entries.map(({ raw }) => raw)).toEqual([
      '{"amount":1.5,"customer":{"country":"DE","email":"***","id":"***"},"day":"2024-02-29","phone":null}',
      '{"customer":"***","day":"2024-02-29"}',
      "(withheld: 34 bytes)",
      "(withheld: 6 bytes)",
    ]);
    const hidden = "the value is not shown, because it may be personal data";
    expect(entries[0]?.reasons).toEqual([
      { column: "id", rule: "wrong_type", message: hidden },
      { column: "email", rule: "pattern", message: hidden },
      { column: "born", rule: "missing", message: "the record has no such key" },
      expect.objectContaining({ column: "amount", message: expect.stringContaining("1.5") }),
    ]);
    expect(JSON.stringify(entries)).not.toContain("zqzq");
  });

  it("is hashed, masked or dropped in the elements of a child", async () => {
    const lake = await lakeOf(
      orders,
      '{"id":1,"lines":[{"sku":"a","to":"zqzq","note":"zqzq","at":"2024-02-29"},{"sku":"b"}]}\n{"id":2,"lines":[{"sku":1,"to":"zqzq"}]}',
    );
    const [row] = await rowsOf(lake);
    expect(JSON.parse(row?.["order_lines"] ?? "")).toEqual([
      { sku: "a", to: hmac("zqzq") },
      { sku: "b" },
    ]);
    const [entry] = await quarantineOf(lake);
    expect(entry?.raw).toBe('{"id":2,"lines":[{"sku":1,"to":"***"}]}');
    expect(JSON.stringify(await everythingIn(lake.silver))).not.toContain("zqzq");
  });

  it("needs a key before anything is written", async () => {
    const lake = memoryLake();
    await lake.bronze.put(bronzeKey, Buffer.from("{}"));
    await expect(
      processObject(lake, defineCatalog([people], []), bronzeKey, { scratch }),
    ).rejects.toThrow(/Table people hashes personal data, and there is no key\..*openssl rand/);
    expect(await everythingIn(lake.silver)).toEqual({});
  });
});

/** A value that nothing else in a lake looks like, in one of several spellings. */
const secret: Arbitrary<string> = fc.constantFrom(
  '"zqzq"',
  '"\\u007aqzq"',
  '" zqzq "',
  '"test zqzq"',
  '{"zqzq":"zqzq"}',
  '["zqzq",{"a":"zqzq"}]',
  "7071067811865",
  "7071067811865.5",
  '"7071067811865"',
  '"zqzq\\ud800"',
  '"zqzq\\u0000"',
);
const traces = /zqzq|u007aqzq|7071067811865/;
const place = fc.constantFrom("phone", "mail", "details", "born", "unknown", "customer");
const member = fc.oneof(
  fc.tuple(place, secret).map(([name, value]) => `"${name}":${value}`),
  fc
    .tuple(fc.constantFrom("id", "email", "extra"), secret, secret)
    .map(([name, value, other]) => `"customer":{"${name}":${value},"id":${other}}`),
  fc.constantFrom(
    '"amount":1.5',
    '"phone":"robot"',
    '"customer":{"id":7,"email":"zqzq","country":"DE"}',
    '"born":"1970-01-01"',
  ),
);
const person = fc
  .array(member, { maxLength: 6 })
  .map((members) => `{"day":"2024-02-29",${['"born":"1970-01-01"', ...members].join(",")}}`);
const line = fc.oneof(
  { weight: 6, arbitrary: person },
  { weight: 1, arbitrary: person.map((text) => text.slice(0, -1)) },
  { weight: 1, arbitrary: person.map((text) => text.replace("zqzq", "zqzq\u00ff")) },
  { weight: 1, arbitrary: secret },
);
const field = fc.constantFrom("zqzq", '"zqzq"', '"zq""zqzq', "7071067811865", "");
const row = fc
  .tuple(
    field,
    fc.constantFrom("2024-02-29", "2024-02-30"),
    field,
    fc.array(field, { maxLength: 2 }),
  )
  .map(([id, on, email, rest]) => [id, on, email, ...rest].join(","));
const flat = defineTable({
  name: "people",
  columns: {
    id: int64().notNull().pii("hash"),
    day: date().notNull().from("day"),
    email: string().accepts("zqzq").pii("hash"),
    phone: string().from("phone").pii("drop"),
  },
  primaryKey: ["id"],
  partitionBy: day("day"),
  source: csv(),
});
const enveloped = defineTable({
  name: "people",
  columns: {
    id: int64().notNull().from("customer.id").pii("hash"),
    email: string().from("customer.email").pii("mask"),
    country: string().from("customer.country"),
  },
  unwrap: "rows",
  unknownColumns: "quarantine",
});
const element = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom("to", "note", "at", "other"), secret)
        .map(([name, value]) => `"${name}":${value}`),
      fc.constantFrom('"sku":"a"', '"sku":7'),
    ),
    { maxLength: 4 },
  )
  .map((members) => `{${members.join(",")}}`);
const order = fc
  .array(fc.oneof({ weight: 4, arbitrary: element }, secret), { maxLength: 3 })
  .map((elements) => `{"id":1,"lines":[${elements.join(",")}]}`);
const object: Arbitrary<readonly [Table, string]> = fc.oneof(
  fc.array(order, { maxLength: 10 }).map((lines) => [orders, lines.join("\n")] as const),
  fc.array(line, { maxLength: 20 }).map((lines) => [people, lines.join("\n")] as const),
  fc.array(line, { maxLength: 20 }).map((lines) => [people, lines.join("")] as const),
  fc
    .array(row, { maxLength: 20 })
    .map((rows) => [flat, ["id,day,email,phone", ...rows].join("\n")] as const),
  fc.array(row, { maxLength: 4 }).map((rows) => [flat, rows.join("\n")] as const),
  fc
    .array(line, { maxLength: 5 })
    .map((lines) => [enveloped, `{"rows":[${lines.join(",")}],"zqzq":"zqzq"}`] as const),
);

describe("no byte of personal data", () => {
  it("is in silver, in quarantine or in their metadata", async () => {
    const limits = fc.constantFrom({}, { blockBytes: 64, batchRows: 3 });
    await fc.assert(
      fc.asyncProperty(object, limits, fc.boolean(), async ([table, text], bounds, cut) => {
        const bytes = Buffer.from(text, "latin1");
        const lake = await lakeOf(table, cut ? bytes.subarray(0, -3) : bytes, bounds);
        expect(JSON.stringify(await everythingIn(lake.silver))).not.toMatch(traces);
      }),
      runs(25),
    );
  });
});
