/** Polars' CSV reader gives what bronze→silver writes the same values as a cast of each text, which checks it. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { Column, int64 } from "../../src/contract/column.ts";
import { defineTable } from "../../src/contract/table.ts";
import { formatValue } from "../../src/types/column-type.ts";
import { columnFromText, polarsType } from "../../src/types/native/exact-column.ts";
import { definitionOf } from "../../src/types/types.ts";
import { decode } from "../support/decoding.ts";
import { columnType, typedValue } from "../support/generators.ts";

const columnOfValues = columnType.chain((type) =>
  fc.record({
    type: fc.constant(type),
    values: fc.array(fc.option(typedValue(type)), { minLength: 1, maxLength: 8 }),
  }),
);

test("values of every type", async () => {
  await fc.assert(
    fc.asyncProperty(columnOfValues, async ({ type, values }) => {
      const table = defineTable({
        name: "t",
        columns: { id: int64().notNull(), value: new Column({ type, nullable: true }) },
      });
      const isJson = definitionOf(type).jsonForm === "any";
      const records = values.map((value, id) => {
        const text = value === null ? "null" : formatValue(type, value);
        return `{"id":${id},"value":${value === null || isJson ? text : JSON.stringify(text)}}`;
      });
      const { csv, refused } = await decode(table, [Buffer.from(records.join("\n"))]);
      expect(refused).toEqual([]);
      const content = Buffer.from(`id,value\n${csv}`);
      const options = { inferSchemaLength: 0, truncateRaggedLines: false };
      const schema = { id: pl.Int64, value: polarsType(type) };
      const { cast, wrong } = columnFromText("value", type);
      const texts = pl.readCSV(content, options);
      expect(wrong === undefined ? 0 : texts.select(wrong).row(0)[0]).toBe(0);
      const found = pl.readCSV(content, { ...options, schema }).getColumn("value");
      // Of a negative zero, too, which is equal to zero.
      const bits = (column: pl.Series) => column.cast(pl.String).toArray();
      expect(bits(found)).toEqual(bits(texts.select(cast).getColumn("value")));
      expect(found.len()).toBe(values.length);
    }),
    runs(100),
  );
});
