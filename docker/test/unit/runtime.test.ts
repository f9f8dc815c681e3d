/** The variables of this package's programs are checked when they are read. */
import { expect, test } from "vitest";
import { readRegistry, readSourceDateEpoch } from "../../src/runtime.ts";

test("the registry must be set", () => {
  expect(readRegistry({ LAKEHOUSE_REGISTRY: "host/lakehouse" })).toBe("host/lakehouse");
  for (const LAKEHOUSE_REGISTRY of [undefined, ""]) {
    expect(() => readRegistry({ LAKEHOUSE_REGISTRY })).toThrow(/^LAKEHOUSE_REGISTRY must name/);
  }
});

test("the time of files is whole seconds", () => {
  expect(readSourceDateEpoch({ SOURCE_DATE_EPOCH: "1767225600" })).toBe(1767225600);
  expect(readSourceDateEpoch({})).toBe(0);
  for (const text of ["now", "-1", "1.5", "1e9", "9".repeat(20)]) {
    expect(() => readSourceDateEpoch({ SOURCE_DATE_EPOCH: text })).toThrow(
      `SOURCE_DATE_EPOCH is "${text}". Give whole seconds`,
    );
  }
});
