/** Keys of every type that can be one are found again, in other partitions too: the bounds of data files are right. */
import { Column, date, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { bronzeKey, dataFilesOf, type Fields, newLake, run, writeSilver } from "../support/lake.ts";

const keyTypes = exampleTypes.filter((type) => definitionOf(type).isExact);
const tables = keyTypes.map((type, index) =>
  defineTable({
    name: `keys_${index}`,
    columns: {
      key: new Column({ type, nullable: false }),
      day: date().notNull(),
      note: string(),
    },
    primaryKey: ["key"],
    partitionBy: month("day"),
  }),
);
const catalog = defineCatalog(tables, []);

test("each key has one row, the latest, wherever it moves", async () => {
  const lake = newLake();
  const write = async (minute: number, day: string, note: string) => {
    for (const [index, table] of tables.entries()) {
      const type = keyTypes[index];
      const values = type === undefined ? [] : definitionOf(type).extremes(type);
      const texts = new Set(type && values.map((value) => formatValue(type, value)));
      const rows = [...texts].map((key): Fields => ({ key, day, note }));
      await writeSilver(lake.silver, bronzeKey(minute, table.name), rows, table);
    }
  };
  await write(1, "2024-01-05", "old");
  const { currentRows } = await run(lake, catalog);
  await write(2, "2024-02-06", "new");
  expect((await run(lake, catalog)).currentRows).toEqual(currentRows);
  for (const { name } of tables) {
    const files = await dataFilesOf(lake, name);
    expect([...files.keys()], name).toEqual(["2024-02"]);
    const [[key = ""] = []] = files.values();
    const notes = pl
      .readParquet(lake.gold.objects.get(key)?.bytes ?? Buffer.of())
      .getColumn("note");
    expect(new Set(notes.toArray()), name).toEqual(new Set(["new"]));
  }
});
