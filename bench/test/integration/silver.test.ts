/** The comparison of bronze to silver is fair, and its report is complete. */
import { expect, test } from "vitest";
import { sectionText } from "../../src/report.ts";
import { faults } from "../../src/silver/lines.ts";
import { measureSilver, silverSection } from "../../src/silver/silver.ts";
import { sizes } from "../../src/sizes.ts";
import { inTemporaryDirectory } from "../support/temporary-directory.ts";

const silent = () => {};

test("all cases write the same rows, and bad lines are refused", async () => {
  const result = await inTemporaryDirectory((directory) =>
    measureSilver(sizes.tiny.silver, directory, silent),
  );
  const { lines, clean, timedPut, duckdb, jsonParse, polars, python, first, dirty, large } = result;
  const good = [clean, timedPut, duckdb, jsonParse, polars, first.ours, first.duckdb];
  for (const { name, samples } of python === undefined ? good : [...good, python]) {
    expect([name, samples.map(({ facts }) => facts["rows"])]).toEqual([name, [lines.clean]]);
  }
  expect(large.samples[0]?.facts["rows"]).toBe(lines.clean * sizes.tiny.silver.repeats);

  const { rows = 0, quarantined = 0 } = dirty.samples[0]?.facts ?? {};
  expect(rows + quarantined).toBe(lines.dirty);
  expect(quarantined / lines.dirty).toBeCloseTo(0.02, 2);

  const section = silverSection(result);
  expect(section.grids[0]?.rows).toHaveLength(python === undefined ? 9 : 10);
  expect(section.targets).toHaveLength(7);
  expect(section.remarks.join().includes("not run")).toBe(python === undefined);
  expect(sectionText(section)).not.toMatch(/NaN|undefined/);
});

test.each(faults)('the fault "$name" changes a line', ({ damage }) => {
  const good = '{"order_id":1,"customer_id":2,"amount":3.5,"order_date":"2024-05-06"}\n';
  expect(damage(good)).not.toBe(good);
  expect(damage(good).endsWith("\n")).toBe(true);
});
