/** The benchmark of silver to gold measures the right runs, and its report is complete. */
import { expect, test } from "vitest";
import { goldSection, measureGold } from "../../src/gold/gold.ts";
import { sectionText } from "../../src/report.ts";
import { sizes } from "../../src/sizes.ts";
import { inTemporaryDirectory } from "../support/temporary-directory.ts";

test("each run has the expected orders and days", async () => {
  const { orders, newOrders, days } = sizes.tiny.gold;
  const result = await inTemporaryDirectory((directory) =>
    measureGold(sizes.tiny.gold, directory, () => {}),
  );
  for (const { scale, first, incremental, scattered, rebuild } of result.scales) {
    const facts = [first, incremental, scattered, rebuild].map(({ samples }) => {
      const { rows, partitions } = samples[0]?.facts ?? {};
      return { rows, partitions };
    });
    expect(facts).toEqual([
      { rows: orders * scale, partitions: days },
      // The warm-up had one new file.
      { rows: orders * scale + 2 * newOrders, partitions: 3 },
      { rows: orders * scale + 3 * newOrders, partitions: days },
      { rows: orders * scale + 3 * newOrders, partitions: days },
    ]);
  }
  const section = goldSection(result);
  expect(section.grids.map(({ rows }) => rows.length)).toEqual([2, 2, 2]);
  expect(section.targets).toHaveLength(3);
  expect(sectionText(section)).not.toMatch(/NaN|undefined/);
});
