/** The documents name every column type. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { types } from "../../src/types/types.ts";

const read = (path: string) =>
  readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), "utf8");
const list = read("add-a-table.md").match(/^- Types: .*(?:\n {2}.*)*/m)?.[0];
const table = read("data-promises.md").match(/^\| type .*(?:\n\|.*)*/m)?.[0];

test.each(Object.keys(types))("%s", (kind) => {
  expect(list).toMatch(new RegExp(`\`${kind}\\b`));
  expect(table).toMatch(new RegExp(`\`${kind}\\b`));
});
