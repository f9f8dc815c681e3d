/** docs/data-promises.md names a test for each of its sections, and every test that it names exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const document = readFileSync(join(root, "docs/data-promises.md"), "utf8");

/** The rows of the last table: a section, a promise, and the tests that hold it. */
const rows = [...document.matchAll(/^\| (\d|Limits) +\| (.+?) +\| (.+?) +\|$/gm)].map(
  ([, section = "", promise = "", files = ""]) => ({
    section,
    promise,
    files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file),
  }),
);

test("each section has a promise with a test", () => {
  const sections = [...document.matchAll(/^## (\d|Limits)/gm)].map(([, section]) => section);
  expect(sections.length).toBeGreaterThan(6);
  expect([...new Set(rows.map(({ section }) => section))]).toEqual(sections);
});

test.each(rows)("$section: $promise", ({ files }) => {
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !/\.test\.ts$/.test(file))).toEqual([]);
  expect(files.filter((file) => !existsSync(join(root, "packages", file)))).toEqual([]);
});

test("every file that the document names elsewhere exists too", () => {
  const named = [...document.matchAll(/`([\w.-]+\/[\w./-]+\.(?:ts|md))`/g)];
  const missing = named
    .map(([, file = ""]) => file)
    .filter((file) => !["", "packages"].some((folder) => existsSync(join(root, folder, file))));
  expect(missing).toEqual([]);
});
