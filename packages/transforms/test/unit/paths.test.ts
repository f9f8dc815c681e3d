/** Where columns find their values: nested keys, indexes, and several paths. Both paths of the decoder agree. */
import { describe, expect, it } from "vitest";
import { type Column, date, int64, string, timestamp } from "../../src/contract/column.ts";
import { defineTable } from "../../src/contract/table.ts";
import { ExactReader } from "../../src/decode/exact.ts";
import { decode } from "../support/decoding.ts";

type Columns = Readonly<Record<string, Column>>;

async function rowOf(columns: Columns, record: string): Promise<readonly unknown[] | string> {
  const table = defineTable<Columns>({ name: "t", columns });
  const verdict = new ExactReader(table).read(record);
  const { rows } = await decode(table, [Buffer.from(record)]);
  if (verdict.outcome !== "row") {
    expect(rows).toEqual([]);
    return verdict.outcome === "refused" ? verdict.reasons[0].message : "dropped";
  }
  expect(rows).toEqual([verdict.values]);
  return verdict.values;
}

const order = '{"id":1,"items":[{"sku":"a"},{"sku":"b","qty":2}],"a.b":"dotted","user":{"id":7}}';

describe("a path", () => {
  it.each<[Column, string, unknown]>([
    [int64().from("user", "id"), order, 7n],
    [int64().from("user.id"), order, 7n],
    [int64().from(["user", "id"]), order, 7n],
    [string().from("items", 0, "sku"), order, "a"],
    [string().from("items[1].sku"), order, "b"],
    [string().from("items[2].sku"), order, null],
    [int64().from("items[0].qty"), order, null],
    [string().from(["a.b"]), order, "dotted"],
    [string().from("a.b"), order, null],
    [string().from("grid[1][0]"), '{"grid":[[],["x"]]}', "x"],
    [string().from("user[0]"), order, "expected an array with the index 0, found an object"],
    [string().from("items.sku"), order, 'expected an object with the key "sku", found an array'],
    [string().from("items[0].sku"), '{"items":null}', null],
    [string().from("items[0].sku"), '{"items":[null]}', null],
  ])("%# leads to the value", async (column, record, expected) => {
    const found = await rowOf({ value: column }, record);
    expect(found).toEqual(typeof found === "string" ? expected : [expected]);
  });
});

describe("of several paths", () => {
  const id = int64().notNull().from("after.id", "before.id");
  it.each<[Column, string, unknown]>([
    [id, '{"before":null,"after":{"id":1}}', 1n],
    [id, '{"before":{"id":1},"after":{"id":2}}', 2n],
    [id, '{"before":{"id":1},"after":null}', 1n],
    [id, '{"before":{"id":1}}', 1n],
    [id, '{"before":{"id":1},"after":{"id":null}}', 1n],
    [id, "{}", "the record has no such key"],
    [id, '{"after":null}', "the value is null"],
    [id, '{"after":"x","before":{"id":1}}', 1n],
    [id, '{"after":"x"}', 'expected an object with the key "id", found the string "x"'],
    [id, '{"after":{"id":"x"},"before":{"id":1}}', '"x" is not a number'],
    [int64().from(["temp"], ["temperature"]), '{"temperature":3}', 3n],
    [int64().from(["temp"], ["temperature"]).default(9), "{}", 9n],
    [int64().from(["user", "id"], ["user"]), '{"user":5}', 5n],
  ])("%# the first that leads to a value counts", async (column, record, expected) => {
    const found = await rowOf({ value: column }, record);
    expect(found).toEqual(typeof found === "string" ? expected : [expected]);
  });
});

it("two columns may read one value in two ways", async () => {
  const columns = {
    at: timestamp(),
    day: date().from("at").fromTimestamp(),
    raw: string().from("at"),
  };
  expect(await rowOf(columns, '{"at":"1970-01-02T00:00:01Z"}')).toEqual([
    86_401_000_000n,
    1n,
    "1970-01-02T00:00:01Z",
  ]);
  expect(await rowOf(columns, "{}")).toEqual([null, null, null]);
});

it("a column that shares a path with one of several reads that path only", async () => {
  const columns = { either: int64().from(["a"], ["b"]), a: int64(), b: int64() };
  expect(await rowOf(columns, '{"b":2}')).toEqual([2n, null, 2n]);
  expect(await rowOf(columns, '{"a":1,"b":2}')).toEqual([1n, 1n, 2n]);
});

it("all paths of a column are known keys", async () => {
  const table = defineTable({
    name: "t",
    columns: { id: int64().from("after.id", "before.id"), sku: string().from("items[0].sku") },
    unknownColumns: "quarantine",
  });
  const bytes = Buffer.from('{"before":{"id":1},"items":[]}\n{"after":{"id":1},"other":1}');
  const { rows, refused } = await decode(table, [bytes]);
  expect(rows).toEqual([[1n, null]]);
  expect(refused.map(({ reasons }) => reasons[0].column)).toEqual(["other"]);
});
