/** The benchmark measures the start of both functions. */
import { expect, test } from "vitest";
import { sectionText } from "../../src/report.ts";
import { sizes } from "../../src/sizes.ts";
import { measureStart, startSection } from "../../src/start/start.ts";

test("measures every handler's import and size", async () => {
  const results = await measureStart(sizes.tiny.start, () => {});
  expect(results.map(({ name }) => name)).toEqual(["bronze-silver", "silver-gold"]);
  for (const { importMilliseconds, nativeMib, bundleMib } of results) {
    expect(importMilliseconds).toBeGreaterThan(0);
    expect(nativeMib).toBeGreaterThan(10);
    // Without what only some calls need.
    expect(bundleMib).toBeLessThan(2.5);
  }
  // The import loads what every call needs.
  expect(results.map(({ loaded }) => loaded)).toEqual([1, 2]);
  expect(sectionText(startSection(results))).not.toMatch(/NaN|undefined/);
});
