/** The variables of this package's programs are checked when they are read. */
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheFolder, readRegistry, readSourceDateEpoch } from "../../src/runtime.ts";

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

test("builds are kept in the user's cache folder", () => {
  expect(cacheFolder({ XDG_CACHE_HOME: "cache" })).toBe(join("cache", "lakehouse-docker"));
  for (const XDG_CACHE_HOME of [undefined, ""]) {
    expect(cacheFolder({ XDG_CACHE_HOME })).toBe(join(homedir(), ".cache", "lakehouse-docker"));
  }
});
