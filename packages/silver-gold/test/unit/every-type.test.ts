/** Values of every column type pass through current rows, models and both formats unchanged. */

import { Column, date, int64 } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import { formatValue, parseText } from "@lakehouse/transforms/types/column-type";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import type { SilverObject } from "../../src/current/silver-objects.ts";
import { SilverReader } from "../../src/current/silver-reader.ts";
import { SilverObjectError } from "../../src/errors.ts";
import {
  bronzeKey,
  csv,
  type Fields,
  newLake,
  parsed,
  published,
  run,
  writeSilver,
} from "../support/lake.ts";

const types = exampleTypes.map((type, index) => ({ name: `column_${index}`, type }));
const columns = {
  id: int64().notNull(),
  on: date().notNull(),
  ...Object.fromEntries(
    types.map(({ name, type }) => [name, new Column({ type, nullable: true })]),
  ),
};
const table = defineTable({ name: "things", columns, primaryKey: ["id"], partitionBy: day("on") });
const model = (name: string, of: string) =>
  defineModel({ name, description: "", materialization: full(), columns, sql: `from ${of}` });
/** `again` reads what `values` wrote, as CSV and as Parquet. */
const catalogs = (["csv", "parquet"] as const).map((format) => ({
  format,
  catalog: defineCatalog(
    [table],
    [inFormat(model("values", "things"), format), inFormat(model("again", "values"), "csv")],
  ),
}));

/** One row for each extreme value of the types. The last row is all null. */
const edges = types.map(({ type }) => definitionOf(type).extremes(type));
const height = Math.max(...edges.map(({ length }) => length)) + 1;
const rows = Array.from({ length: height }, (_, id): Fields => {
  const values = types.flatMap(({ name, type }, index) => {
    const value = edges[index]?.[id];
    return value === undefined ? [] : [[name, formatValue(type, value)]];
  });
  return { id: String(id), on: "2024-02-29", ...Object.fromEntries(values) };
});

test.each(catalogs)("as $format", async ({ catalog }) => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(0, "things"), rows, table);
  await run(lake, catalog);
  const [header = [], ...found] = parsed(published(lake.gold)["again/data.csv"] ?? "");
  expect(header).toEqual(table.columns.map(({ name }) => name));
  const valueAt = (index: number, text: string | null | undefined) => {
    const type = table.columns[index]?.type;
    return type === undefined || text === undefined || text === null ? null : parseText(type, text);
  };
  const expected = rows.map((row) => header.map((name, index) => valueAt(index, row[name ?? ""])));
  expect(found.map((row) => row.map((text, index) => valueAt(index, text)))).toEqual(expected);
});

describe.each(types)("silver that is not $type", ({ name, type }) => {
  const text = "not a value";
  const row = { id: "1", on: "2024-02-29", [name]: text };
  const object: SilverObject = {
    key: "things/x",
    etag: "e",
    size: 1,
    lastModified: 0,
    format: "csv",
    bronzeKey: bronzeKey(0, "things"),
    arrival: "2024-01-01T00:00:00",
  };
  const frame = () =>
    pl.readCSV(Buffer.from(csv(Object.keys(row), [row])), { inferSchemaLength: 0 });
  const isValue = parseText(type, text).ok || definitionOf(type).jsonForm === "any";

  test.each(["csv", "parquet"] as const)("is refused as %s", (format) => {
    const read = () => new SilverReader(table).type(frame(), { ...object, format }, 0);
    if (isValue) {
      expect(read).not.toThrow();
    } else {
      expect(read).toThrow(SilverObjectError);
    }
  });
});
