/** Samples: the same seed gives the same lines, with hazards among them, with or without a sample.ts. */
import { each } from "@lakehouse/transforms/contract/child";
import {
  boolean,
  Column,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { decode } from "@lakehouse/transforms/decode/decoder";
import { ExactReader } from "@lakehouse/transforms/decode/exact";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog.ts";
import { seededRandom } from "../../src/random.ts";
import { sampleFromContract } from "../../src/sample-from-contract.ts";
import { sampleGenerator, samples } from "../../src/samples.ts";

test("random numbers are the same on every machine", () => {
  const { fraction } = seededRandom(1);
  expect([fraction(), fraction(), fraction()]).toEqual([
    0.6894079135345498, 0.10076732697837887, 0.007320390641425978,
  ]);
});

describe.each(catalog.tables.map((table) => [table.name, table] as const))("%s", (_, table) => {
  const lines = (records: number, seed: number) => [...sampleGenerator(table)({ records, seed })];

  test("yields the requested number of lines, which depend only on the seed", () => {
    expect(lines(500, 7)).toHaveLength(500);
    expect(lines(500, 7)).toEqual(lines(500, 7));
    expect(lines(500, 7)).not.toEqual(lines(500, 8));
    expect(lines(0, 7)).toEqual([]);
  });

  test("no line contains a line break or a string that is not Unicode", () => {
    expect(lines(3_000, 3).filter((line) => /\n|\r/.test(line) || !line.isWellFormed())).toEqual(
      [],
    );
  });
});

describe("orders", () => {
  const lines = [...(samples.get("orders")?.({ records: 5_000, seed: 1 }) ?? [])];
  const orders = lines.flatMap(
    (line): { order_id: number; customer_id: number; order_date: string }[] => {
      try {
        const record = JSON.parse(line);
        return Number.isSafeInteger(record?.order_id) ? [record] : [];
      } catch {
        return [];
      }
    },
  );

  test("come from 200 customers in two years", () => {
    expect(new Set(orders.map(({ customer_id }) => Number(customer_id)).filter(Boolean)).size).toBe(
      200,
    );
    const dates = orders
      .map(({ order_date }) => order_date)
      .filter((each) => /^\d{4}-\d\d-\d\d$/.test(each));
    expect(dates.sort().at(0)).toBe("2024-01-01");
    expect(dates.at(-1)).toMatch(/^2025-12-(30|31)$/);
  });

  test("a few percent are unusual, and a few lines are not JSON", () => {
    const usual =
      /^\{"order_id":\d{10},"customer_id":\d{4},"amount":\d+(\.\d{1,2})?,"order_date":"202[45]-\d\d-\d\d"\}$/;
    const unusual = lines.filter((line) => !usual.test(line)).length;
    expect(unusual / lines.length).toBeGreaterThan(0.02);
    expect(unusual / lines.length).toBeLessThan(0.06);
    expect(lines.length - new Set(lines).size).toBeGreaterThan(30);
  });

  test("a retry or correction keeps the order's date", () => {
    const dates = Map.groupBy(
      orders.filter(
        ({ order_date }) => /^\d{4}-\d\d-\d\d$/.test(order_date) && !order_date.endsWith("02-30"),
      ),
      ({ order_id }) => order_id,
    );
    const moved = [...dates.values()].filter(
      (each) => new Set(each.map(({ order_date }) => order_date)).size > 1,
    );
    expect(moved).toEqual([]);
  });
});

describe("a table without a sample.ts", () => {
  const parcels = defineTable({
    name: "parcels",
    columns: {
      code: string()
        .notNull()
        .pattern(/^[A-Z]{3}-\d{6}$/),
      weight: decimal(8, 3).range({ minimum: "0.001" }),
      height: int32().range({ minimum: 5, maximum: 6 }),
      status: string().accepts("sent", "lost"),
      sent_on: date().notNull(),
      seen_at: timestamp().range({ maximum: "2020-01-01T00:00:00Z" }),
      ratio: float64().range({ minimum: 0.5, maximum: 0.6 }),
      fragile: boolean(),
      label: json().from("nested", "deep", "label"),
    },
    primaryKey: ["code"],
    partitionBy: day("sent_on"),
  });

  test("gets records that its contract accepts", () => {
    const records = [...sampleFromContract(parcels)({ records: 300, seed: 5 })].map((line) =>
      JSON.parse(line),
    );
    for (const record of records) {
      expect(record.code).toMatch(/^[A-Z]{3}-\d{6}$/);
      expect(record.sent_on).toMatch(/^202[45]-\d\d-\d\d$/);
      expect([5, 6, undefined]).toContain(record.height);
      expect(["sent", "lost", undefined]).toContain(record.status);
      expect(record.weight ?? 1).toBeGreaterThan(0);
      expect(record.ratio ?? 0.55).toBeCloseTo(0.55, 0);
      expect(Date.parse(record.seen_at ?? "2019-01-01")).toBeLessThanOrEqual(Date.UTC(2020, 0, 1));
    }
    expect(records.some((record) => record.nested?.deep?.label?.note !== undefined)).toBe(true);
    expect(new Set(records.map((record) => record.height)).size).toBe(3);
  });

  test("counts a key without rules, so that samples of several seeds do not collide", () => {
    const table = defineTable({
      name: "counted",
      columns: { id: int64().notNull(), on: date().notNull() },
      primaryKey: ["id"],
      partitionBy: day("on"),
    });
    const [line] = sampleFromContract(table)({ records: 1, seed: 4_294_967_295 });
    expect(line).toMatch(/^\{"id":"4294967295000000001","on":"/);
  });

  test("gets records that its contract accepts, whatever its columns' types", () => {
    const columns = exampleTypes.map((type, index) => [
      `column_${index}`,
      new Column({ type, nullable: true }),
    ]);
    const keys = exampleTypes
      .filter((type) => definitionOf(type).isExact)
      .map((type, index) => [`key_${index}`, new Column({ type, nullable: false })] as const);
    const table = defineTable<Readonly<Record<string, Column>>>({
      name: "everything",
      columns: { on: date().notNull(), ...Object.fromEntries([...columns, ...keys]) },
      primaryKey: keys.map(([name]) => name),
      partitionBy: day("on"),
    });
    const reader = new ExactReader(table);
    for (const line of sampleFromContract(table)({ records: 50, seed: 1 })) {
      expect(reader.read(line)).toMatchObject({ outcome: "row" });
    }
  });

  test("gets records that its contract accepts, however they spell values", () => {
    const table = defineTable({
      name: "spelled",
      columns: {
        id: string().notNull().trim().upper(),
        on: date().notNull().epoch("d"),
        at: timestamp().epoch("ms").range({ minimum: "2024-01-01T00:00:00.0005Z" }),
        seconds: timestamp().epoch("s"),
        nanoseconds: timestamp().epoch("ns").coerce(),
        local: timestamp().assumeOffset("+05:30"),
        written: timestamp().parse("M/d/yyyy h:mm a").assumeOffset("-11:00"),
        day: date().fromTimestamp().parse("dd MMM yyyy HH:mm:ss.SSS XXX"),
        european: date().parse("dd/MM/yyyy").range({ minimum: "2024-02-28" }),
        is_new: boolean().map({ yes: true, no: false, "": null }).lower(),
        currency: string().upper().accepts("EUR", "USD").map({ "€": "EUR" }),
        code: string()
          .lower()
          .pattern(/^[a-z]\d{2}$/),
        version: string().coerce(),
        sku: string().notNull().from("items[1].sku"),
        quantity: int32().notNull().from("items[1].qty", "qty[0]"),
        at_day: date().from("at").epoch("ms"),
        is_current: boolean().notNull(),
        raw: string().from("seen.at"),
        seen_at: timestamp().from("seen", "at"),
        seen_on: date().notNull().from("seen.at").fromTimestamp(),
      },
      computed: (row) => ({ is_current: row.on.gt("2024-06-01") }),
      primaryKey: ["id"],
      partitionBy: day("on"),
    });
    const reader = new ExactReader(table);
    for (const line of sampleFromContract(table)({ records: 200, seed: 3 })) {
      expect(reader.read(line), line).toMatchObject({ outcome: "row" });
    }
  });

  test("keys that every object inherits are keys of the record alone", () => {
    const table = defineTable({
      name: "inherited",
      columns: {
        id: int64().notNull(),
        inner: string().from("__proto__", "polluted").notNull(),
        last: string().from("constructor", "name").notNull(),
      },
      primaryKey: ["id"],
    });
    const [line] = sampleFromContract(table)({ records: 1, seed: 1 });
    const record = JSON.parse(line ?? "");
    expect(Object.keys(record)).toEqual(["id", "__proto__", "constructor"]);
    expect("polluted" in {}).toBe(false);
    expect(Object.name).toBe("Object");
  });

  test("gets records in envelopes, if it has them", () => {
    const columns = { id: int64().notNull() };
    const [inside] = sampleFromContract(
      defineTable({ name: "inside", columns, unwrap: "a[1].items" }),
    )({ records: 1, seed: 1 });
    expect(inside).toMatch(/^\{"a":\[null,\{"items":\[\{"id":\d+\}\]\}\]\}$/);
    const [array] = sampleFromContract(defineTable({ name: "array", columns, unwrap: [] }))({
      records: 1,
      seed: 1,
    });
    expect(array).toMatch(/^\[\{"id":\d+\}\]$/);
  });

  test("gets elements of its children", () => {
    const table = defineTable({
      name: "parents",
      columns: { id: int64().notNull() },
      primaryKey: ["id"],
      children: {
        parts: each("all.parts", { sku: string().notNull(), price: decimal(9, 2).from("a[1]") }),
        kinds: each(
          "kinds",
          { kind: string().notNull().accepts("a", "b") },
          { primaryKey: ["kind"] },
        ),
      },
    });
    const reader = new ExactReader(table);
    const lines = [...sampleFromContract(table)({ records: 50, seed: 1 })];
    for (const line of lines) {
      expect(reader.read(line), line).toMatchObject({ outcome: "row" });
    }
    const counts = (of: (record: { all: { parts: [] }; kinds: [] }) => []) =>
      new Set(lines.map((line) => of(JSON.parse(line)).length));
    expect(counts(({ all }) => all.parts)).toEqual(new Set([0, 1, 2, 3]));
    expect(counts(({ kinds }) => kinds)).toEqual(new Set([0, 1, 2]));
  });

  test("is CSV with one header, if the table's files are", async () => {
    const table = defineTable({
      name: "rows",
      columns: { id: int64().notNull(), text: string().from("a;b"), other: decimal(5, 2) },
      source: csv({ delimiter: ";" }),
    });
    const lines = [...sampleFromContract(table)({ records: 50, seed: 1 })];
    expect(lines[0]).toMatch(/^id;"a;b";other\n/);
    const batches = decode(table, [Buffer.from(lines.join("\n"))]);
    const found = await Array.fromAsync(batches, ({ rows, refused }) => [rows, refused.length]);
    expect(found).toEqual([[50, 0]]);
  });

  test("names the column whose options no value gets through", () => {
    const table = defineTable({
      name: "odd",
      columns: {
        id: string()
          .notNull()
          .lower()
          .pattern(/^[A-Z]$/),
      },
    });
    expect(() => [...sampleFromContract(table)({ records: 1, seed: 1 })]).toThrow(
      /odd\.id.*sample\.ts/,
    );
  });

  test("names the column that needs a sample.ts if no string can be made", () => {
    const table = defineTable({
      name: "odd",
      columns: {
        id: string()
          .notNull()
          .pattern(/^(?=impossible)x$/),
        on: date().notNull(),
      },
      primaryKey: ["id"],
      partitionBy: day("on"),
    });
    expect(() => [...sampleFromContract(table)({ records: 1, seed: 1 })]).toThrow(
      /odd\.id.*sample\.ts/,
    );
  });
});
