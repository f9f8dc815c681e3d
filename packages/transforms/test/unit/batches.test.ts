/** A batch is bounded, whatever the object holds: memory must not grow with the data. */

import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { date, int64 } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import type { Batch } from "../../src/decode/batch.ts";
import { decode, takeBatches } from "../../src/decode/decoder.ts";

const table = defineTable({
  name: "t",
  columns: { id: int64().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: day("day"),
});
const row = '{"id":1,"day":"2024-02-29"}';

/** Decodes an object that arrives at once. @returns Each batch's rows and refused records, and the most in flight. */
async function batchesOf(text: string) {
  const batches: { rows: number; refused: number }[] = [];
  let inFlight = 0;
  let most = 0;
  let records = 0;
  await takeBatches(decode(table, [Buffer.from(text)]), async ({ rows, refused, dropped }) => {
    batches.push({ rows, refused: refused.length });
    records += rows + refused.length + dropped;
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inFlight--;
  });
  return { batches, most, records, inFlight };
}

describe("a batch", () => {
  it.each([
    ["one per line", "{}\n".repeat(20_000), 0, 20_000],
    ["with nothing between them", `{"id":x}${"{}".repeat(20_000)}`, 0, 20_001],
    ["between rows", `${row}\n{}\n`.repeat(17_000), 17_000, 17_000],
  ])("holds no more than 8,192 refused records, %s", async (_name, text, rows, refused) => {
    const { batches, most, records, inFlight } = await batchesOf(text);
    expect(Math.max(...batches.map((batch) => batch.refused))).toBeLessThanOrEqual(8_192);
    expect(batches.reduce((sum, batch) => sum + batch.refused, 0)).toBe(refused);
    expect(batches.reduce((sum, batch) => sum + batch.rows, 0)).toBe(rows);
    expect(records).toBe(rows + refused);
    expect(most).toBeLessThanOrEqual(2);
    expect(inFlight).toBe(0);
  });

  it("holds no more than 65,536 rows", async () => {
    const { batches, most } = await batchesOf(`${row}\n`.repeat(66_000));
    expect(batches.map(({ rows }) => rows)).toEqual([65_536, 464]);
    expect(most).toBeLessThanOrEqual(2);
  });

  it("keeps its records valid while the next batch is decoded, even if records are longer than blocks", async () => {
    const id = fc.tuple(fc.nat(9), fc.constantFrom(0, 1, 90)).map(([at, spaces]) => {
      const space = " ".repeat(spaces);
      return at === 0 ? `{${space}}` : `{"id":${at},${space}"day":"2024-02-29"}`;
    });
    const limits = fc.record({
      blockBytes: fc.integer({ min: 3, max: 150 }),
      batchRows: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(id, { maxLength: 30 }), limits, async (lines, bounds) => {
        let before: Batch | undefined;
        let row = 0;
        const expectLent = (batch: Batch, from: number): void => {
          for (let i = 0; i < batch.rows; i++) {
            const { line, raw } = batch.source(i);
            expect([line, raw.toString()]).toEqual(rows[from + i]);
          }
        };
        const rows = [...lines.entries()]
          .filter(([, line]) => line.includes("id"))
          .map(([i, line]) => [i + 1, line]);
        for await (const batch of decode(table, [Buffer.from(lines.join("\n"))], bounds)) {
          if (before !== undefined) {
            expectLent(before, row - before.rows);
          }
          expectLent(batch, row);
          row += batch.rows;
          before = batch;
        }
        expect(row).toBe(rows.length);
      }),
      runs(1_000),
    );
  });
});
