/** The JSON Schema of a contract accepts what the contract accepts, and refuses what is plainly wrong. */
import { runs } from "@lakehouse/testing/property";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { pathsOfColumn } from "../../src/contract/checked-table.ts";
import { each } from "../../src/contract/child.ts";
import {
  boolean,
  date,
  decimal,
  int64,
  json,
  string,
  timestamp,
  uuid,
} from "../../src/contract/column.ts";
import { jsonSchemaOf } from "../../src/contract/json-schema.ts";
import { csv } from "../../src/contract/source.ts";
import { defineTable, type Table } from "../../src/contract/table.ts";
import { ExactReader } from "../../src/decode/exact.ts";
import {
  columnType,
  contract,
  readingOf,
  recordFor,
  spelledText,
  tryTable,
} from "../support/generators.ts";

/** The validator of a table's schema, as others read it. */
function validator(table: Table) {
  const schema: unknown = JSON.parse(JSON.stringify(jsonSchemaOf(table)));
  const ajv = new Ajv2020({ validateFormats: false, strictTuples: false, allowUnionTypes: true });
  return ajv.compile(schema as object);
}

/** Whether the text has a number that JSON.parse reads as infinite, which no validator takes. */
function isInfinite(text: string): boolean {
  return /\d[eE]\+?\d{3,}|\d{300}/.test(text);
}

/** Ajv takes no schema for members named __proto__. */
function hasUsualKeys({ columns }: Table): boolean {
  const all = columns.flatMap((column) => [column, ...(column.child?.columns ?? [])]);
  return !JSON.stringify(all.map(pathsOfColumn)).includes("__proto__");
}

it("accepts what the contract accepts", () => {
  fc.assert(
    fc.property(
      contract
        .filter(hasUsualKeys)
        .chain((table) =>
          fc.tuple(fc.constant(table), fc.array(recordFor(table), { minLength: 1, maxLength: 20 })),
        ),
      ([table, lines]) => {
        const exact = new ExactReader(table);
        const valid = validator(table);
        for (const line of lines.filter((each) => !isInfinite(each))) {
          if (exact.read(line).outcome !== "refused") {
            valid(JSON.parse(line));
            expect([line, valid.errors]).toEqual([line, null]);
          }
        }
      },
    ),
    runs(30),
  );
});

it("accepts each spelling that the contract accepts", () => {
  fc.assert(
    fc.property(
      columnType.chain((type) =>
        readingOf(type).chain((reading) => {
          const spec = { type, nullable: true, ...(reading !== undefined && { reading }) };
          return fc.tuple(
            fc.constant(tryTable([["v", spec]])),
            fc.array(reading === undefined ? fc.constant("null") : spelledText({ type }, reading), {
              minLength: 1,
              maxLength: 20,
            }),
          );
        }),
      ),
      ([table, values]) => {
        fc.pre(table !== undefined);
        const exact = new ExactReader(table);
        const valid = validator(table);
        for (const value of values.filter((each) => !isInfinite(each))) {
          const line = `{"id":1,"day":"2024-02-29","v":${value}}`;
          if (exact.read(line).outcome !== "refused") {
            valid(JSON.parse(line));
            expect([line, valid.errors]).toEqual([line, null]);
          }
        }
      },
    ),
    runs(30),
  );
});

const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull().range({ minimum: 1 }),
    amount: decimal(5, 2).range({ maximum: 100 }),
    currency: string().notNull().accepts("EUR", "USD"),
    status: string().trim().lower().accepts("paid", "open"),
    country: string()
      .notNull()
      .from("payer", "country")
      .pattern(/^[A-Z]{2}$/),
    sku: string().notNull().from("items[0].sku"),
    temperature: int64().notNull().from(["temp"], ["climate", "temperature"]),
    seen_at: timestamp().epoch("ms"),
    paid_at: timestamp(),
    born: date().parse("dd/MM/yyyy", "d MMM yyyy"),
    is_new: boolean().map({ yes: true, "0": false }).default(false),
    event: uuid(),
    details: json().notNull(),
    is_large: boolean(),
  },
  computed: (row) => ({ is_large: row.amount.gt(50) }),
  unknownColumns: "quarantine",
});

const good = {
  id: 1,
  amount: "12.50",
  currency: "EUR",
  status: " PAID",
  payer: { country: "DE", more: 1 },
  items: [{ sku: "A" }, 7],
  climate: { temperature: 3 },
  seen_at: 1_709_210_096_000,
  paid_at: "2024-02-29T12:00:00+01:00",
  born: "1 feb 2024",
  is_new: 0,
  event: "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
  details: {},
};

const refused: readonly (readonly [string, object])[] = [
  ["a missing value", { id: undefined }],
  ["null", { id: null }],
  ["a wrong type", { id: true }],
  ["a fraction", { id: 1.5 }],
  ["text for a number", { id: "one" }],
  ["less than the minimum", { id: 0 }],
  ["more than the maximum", { amount: 100.5 }],
  ["a value that is not accepted", { currency: "GBP" }],
  ["one that is not accepted in any case", { status: "Void" }],
  ["a nested value that is missing", { payer: {} }],
  ["a nested value by its pattern", { payer: { country: "Germany" } }],
  ["a nested value in a string", { payer: "DE" }],
  ["no element", { items: [] }],
  ["no object in the element", { items: ["A"] }],
  ["no value at several paths", { climate: {} }],
  ["a wrong value at one of several paths", { climate: { temperature: "hot" } }],
  ["seconds as text", { seen_at: "now" }],
  ["an epoch out of range", { seen_at: 1e18 }],
  ["a time without its offset", { paid_at: "2024-02-29T12:00:00" }],
  ["a date that is written in another way", { born: "2024-02-29" }],
  ["a string that map() does not have", { is_new: "no" }],
  ["no UUID", { event: "f81d4fae" }],
  ["null for JSON", { details: null }],
  ["an unknown key", { surprise: 1 }],
];

const validate = validator(orders);

test.each(refused)("refuses %s", (_, change) => {
  validate(good);
  expect(validate.errors).toBeNull();
  expect(validate(JSON.parse(JSON.stringify({ ...good, ...change })))).toBe(false);
});

test("describes envelopes and CSV, and keeps large numbers exact", () => {
  const columns = { id: int64().notNull(), at: timestamp().epoch("ms") };
  const trails = validator(defineTable({ name: "trails", columns, unwrap: "detail.items" }));
  expect(trails({ detail: { items: [{ id: 1 }] } })).toBe(true);
  expect(trails({ detail: { items: [{ id: "x" }] } })).toBe(false);
  expect(trails({ detail: {} })).toBe(false);
  const list = validator(defineTable({ name: "list", columns, unwrap: [] }));
  expect([list([{ id: 1 }]), list({ id: 1 })]).toEqual([true, false]);
  const people = validator(defineTable({ name: "people", columns, source: csv() }));
  expect([people({ id: "1", at: "17" }), people({ id: 1 })]).toEqual([true, false]);
  const text = JSON.stringify(jsonSchemaOf(defineTable({ name: "t", columns })));
  expect(text).toContain('"maximum":9223372036854775807');
  const children = { lines: each("items", { sku: string() }) };
  const parent = defineTable({ name: "t", columns, children });
  expect(JSON.stringify(jsonSchemaOf(parent))).toContain(
    '"description":"The elements of items, each a row of lines"',
  );
});
