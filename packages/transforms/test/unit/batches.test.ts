/** What a batch holds is bounded, whatever the object holds: memory must not grow with it. */
import { describe, expect, it } from "vitest";
import { date, int64 } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { Decoder } from "../../src/decode/decoder.ts";

const table = defineTable({
  name: "t",
  columns: { id: int64().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: day("day"),
});
const row = '{"id":1,"day":"2024-02-29"}';

/** Decodes an object that arrives at once. @returns Of each batch the rows and refused records, and the most under way. */
async function batchesOf(text: string) {
  const batches: { rows: number; refused: number }[] = [];
  let underWay = 0;
  let most = 0;
  const decoder = new Decoder(table, async ({ rows, refused }) => {
    batches.push({ rows, refused: refused.length });
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 2));
    underWay--;
  });
  await decoder.write(Buffer.from(text));
  await decoder.end();
  return { batches, most, records: decoder.records, underWay };
}

describe("a batch", () => {
  it.each([
    ["of lines", "{}\n".repeat(100_000), 0, 100_000],
    ["with nothing between", `{"id":x}${"{}".repeat(100_000)}`, 0, 100_001],
    ["among rows", `${row}\n{}\n`.repeat(40_000), 40_000, 40_000],
  ])("holds no more than 8,192 refused records %s", async (_name, text, rows, refused) => {
    const { batches, most, records, underWay } = await batchesOf(text);
    expect(Math.max(...batches.map((batch) => batch.refused))).toBeLessThanOrEqual(8_192);
    expect(batches.reduce((sum, batch) => sum + batch.refused, 0)).toBe(refused);
    expect(batches.reduce((sum, batch) => sum + batch.rows, 0)).toBe(rows);
    expect(records).toBe(rows + refused);
    expect(most).toBeLessThanOrEqual(2);
    expect(underWay).toBe(0);
  });

  it("holds no more than 65,536 rows", async () => {
    const { batches, most } = await batchesOf(`${row}\n`.repeat(140_000));
    expect(batches.map(({ rows }) => rows)).toEqual([65_536, 65_536, 8_928]);
    expect(most).toBeLessThanOrEqual(2);
  });
});
