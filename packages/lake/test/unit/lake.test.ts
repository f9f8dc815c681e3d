/** Opening a lake: where its stores are, and the errors if that is unclear. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { describe, expect, test } from "vitest";
import { isLake, openLake } from "../../src/lake.ts";
import { readLakeSettings } from "../../src/lake-settings.ts";

test.each([
  "some/directory",
  pathToFileURL("some/directory").href,
  `${pathToFileURL("some/directory").href}/`,
])("%s is a directory with a folder for each layer", (location) => {
  const lake = openLake(location, {});
  expect(lake.bronze.description).toBe(resolve("some/directory/bronze"));
  expect(lake.silver.description).toBe(resolve("some/directory/silver"));
  expect(lake.gold.description).toBe(resolve("some/directory/gold"));
});

test("a file URL may hold odd characters", () => {
  const directory = resolve("a b/ü%20#1");
  expect(openLake(pathToFileURL(directory).href, {}).gold.description).toBe(
    join(directory, "gold"),
  );
});

test("s3 is three buckets", () => {
  const environment = { BRONZE_BUCKET: "b", SILVER_BUCKET: "s", GOLD_BUCKET: "g" };
  const lake = openLake("s3", readLakeSettings(environment));
  expect(Object.values(lake).map(({ description }) => description)).toEqual([
    "s3://b",
    "s3://s",
    "s3://g",
  ]);
});

test("s3 needs only the buckets of the requested layers", () => {
  const lake = openLake("s3", { buckets: { silver: "s", gold: "g" } }, ["silver", "gold"]);
  expect(Object.keys(lake)).toEqual(["silver", "gold"]);
  expect(() => openLake("s3", { buckets: { gold: "g" } }, ["silver", "gold"])).toThrow(
    /SILVER_BUCKET/,
  );
});

test.each(["BRONZE_BUCKET", "SILVER_BUCKET", "GOLD_BUCKET"])("s3 without %s says so", (name) => {
  const environment = { BRONZE_BUCKET: "b", SILVER_BUCKET: "s", GOLD_BUCKET: "g", [name]: "" };
  expect(() => openLake("s3", readLakeSettings(environment))).toThrow(
    expect.objectContaining({
      code: "INVALID_CONFIGURATION",
      message: expect.stringContaining(`Set the environment variable ${name}`),
    }),
  );
});

test.each(["", "s3://bucket", "https://example.com", "file:relative%ZZ", "file://host/dir"])(
  "%o is not a lake",
  (location) => {
    expect(() => openLake(location, {})).toThrow(
      expect.objectContaining({
        code: "INVALID_CONFIGURATION",
        message: expect.stringContaining("Use a directory"),
      }),
    );
  },
);

describe("a directory", () => {
  const directory = temporaryDirectory();

  test("is a lake once it has a layer; S3 is not checked", () => {
    const lake = join(directory, "lake");
    expect(isLake(lake)).toBe(false);
    mkdirSync(lake);
    expect(isLake(lake)).toBe(false);
    mkdirSync(join(lake, "silver"));
    expect(isLake(lake)).toBe(true);
    expect(isLake("s3")).toBe(true);
  });

  test("that is a file, or whose layer is a file, is an error, not an empty lake", () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    mkdirSync(join(directory, "half"));
    writeFileSync(join(directory, "half", "gold"), "");
    for (const location of [file, join(directory, "half")]) {
      expect(() => openLake(location, {})).toThrow(
        expect.objectContaining({
          code: "INVALID_CONFIGURATION",
          message: expect.stringContaining(location),
        }),
      );
    }
  });
});
