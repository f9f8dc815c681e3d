/** In a lake of one's own, a bundle is made again when a file changes that it depends on, and only then. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { isFresh, stamp } from "../../scripts/own/bundle-cache.mjs";

const root = mkdtempSync(join(tmpdir(), "lakehouse-bundle-cache-"));
const record = join(root, "record.json");
afterAll(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

beforeEach(() => {
  write("tables/orders/contract.ts", "1");
  write("shared/units.ts", "1");
  write("node_modules/library/index.js", "1");
  write("package-lock.json", "1");
  const inputs = [
    "tables/orders/contract.ts",
    "shared/units.ts",
    "node_modules/library/index.js",
    "tables:contract",
  ];
  stamp(record, root, "tables", "1.0.0", inputs);
});

const isStillFresh = (framework = "1.0.0"): boolean => isFresh(record, root, "tables", framework);

test("nothing changed", () => {
  expect(isStillFresh()).toBe(true);
});

test.each([
  ["a file of a table", () => write("tables/orders/contract.ts", "2")],
  ["a file that a table imports", () => write("shared/units.ts", "2")],
  ["a new table", () => write("tables/visits/contract.ts", "1")],
  ["an empty folder", () => mkdirSync(join(root, "tables/empty"))],
  ["another version of a library", () => write("package-lock.json", "2")],
  ["a file that is gone", () => rmSync(join(root, "tables/orders/contract.ts"))],
])("changed: %s", (_, change) => {
  change();
  expect(isStillFresh()).toBe(false);
});

test("the framework has another version, or there is no record", () => {
  expect(isStillFresh("1.0.1")).toBe(false);
  rmSync(record);
  expect(isStillFresh()).toBe(false);
});
