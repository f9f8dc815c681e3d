/** Silver is read exactly. A value that does not fit is an error that names the object and the column. */
import {
  decimal,
  float64,
  int32,
  int64,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import type { SilverObject } from "../../src/current/silver-objects.ts";
import { SilverReader } from "../../src/current/silver-reader.ts";
import { SilverObjectError } from "../../src/errors.ts";
import { csv, parsed } from "../support/lake.ts";

const table = defineTable({
  name: "things",
  columns: {
    id: int64().notNull(),
    at: timestamp().notNull(),
    small: int32(),
    price: decimal(10, 2),
    wide: decimal(38, 0),
    ratio: float64(),
    text: string(),
  },
  primaryKey: ["id"],
  partitionBy: day("at"),
});
const object: SilverObject = {
  key: "things/x.csv",
  etag: "e",
  size: 1,
  lastModified: 0,
  format: "csv",
  bronzeKey: "things/2024/01/01/00/x",
  arrival: "2024-01-01T00:00:00",
};

function read(fields: Readonly<Record<string, string>>): pl.DataFrame {
  const row = { id: "1", at: "2024-01-05T23:59:59.999999Z", ...fields };
  const bytes = Buffer.from(csv(Object.keys(row), [row]));
  return new SilverReader(table).type(pl.readCSV(bytes, { inferSchemaLength: 0 }), object, 7);
}

test("rows carry where they came from and their partition", () => {
  const frame = read({});
  expect(frame.select("_arrival", "_object", "_row").rows()).toEqual([
    ["2024-01-01T00:00:00", "things/2024/01/01/00/x", 7],
  ]);
  const reader = new SilverReader(table);
  expect(reader.partitionsIn(frame)).toEqual(["2024-01-05"]);
  expect(reader.partitionsIn(frame.slice(0, 0))).toEqual([]);
  expect(reader.within(frame, new Set(["2024-01-05"])).height).toBe(1);
  expect(reader.within(frame, new Set(["2024-01-06"])).height).toBe(0);
  expect(frame.columns.slice(0, 7)).toEqual(table.columns.map(({ name }) => name));
});

test("values are exact", () => {
  const written = read({
    id: "9223372036854775807",
    price: "-12345678.90",
    wide: "-99999999999999999999999999999999999999",
    ratio: "0.1",
    text: " 007 ",
  }).writeCSV({ datetimeFormat: "%Y-%m-%dT%H:%M:%S%.6fZ" });
  expect(parsed(written.toString())[1]?.slice(0, 7)).toEqual([
    "9223372036854775807",
    "2024-01-05T23:59:59.999999Z",
    null,
    "-12345678.90",
    "-99999999999999999999999999999999999999",
    "0.1",
    " 007 ",
  ]);
});

test("an older contract's decimals may have another scale, if nothing is lost", () => {
  expect(read({ price: "1.5" }).select("price").writeCSV().toString()).toBe("price\n1.50\n");
  expect(read({ price: "1.5000" }).select("price").writeCSV().toString()).toBe("price\n1.50\n");
  expect(read({ price: "7" }).select("price").writeCSV().toString()).toBe("price\n7.00\n");
});

describe.each([
  ["price", "1.505"],
  ["price", "123456789.00"],
  ["wide", "1.5"],
  ["small", "2147483648"],
  ["small", "1.0"],
  ["id", "9223372036854775808"],
  ["at", "2024-01-05 10:00:00"],
  ["at", "2024-01-05T10:00:00.1234567Z"],
  ["ratio", "one"],
])("column %s with value %s", (column, value) => {
  test("is refused, and the error does not show the value", () => {
    const failure = () => read({ [column]: value });
    expect(failure).toThrow(SilverObjectError);
    expect(failure).toThrow(/^Silver object "things\/x.csv": .* lakehouse replay things\. Then/);
    expect(failure).not.toThrow(value);
  });
});

test("a row without a partition is refused", () => {
  const reader = new SilverReader(table);
  const bytes = Buffer.from('id,at\n1,""\n');
  expect(() => reader.type(pl.readCSV(bytes, { inferSchemaLength: 0 }), object, 0)).toThrow();
  const missing = Buffer.from("id,text\n1,a\n");
  expect(() => reader.type(pl.readCSV(missing, { inferSchemaLength: 0 }), object, 0)).toThrow(
    /column at, which decides the partition, has nulls/,
  );
});
