/** JSON lines come back as they were written, with nested lists. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import type { FileColumn } from "../../src/column.ts";
import { ndjsonLines } from "../../src/ndjson/ndjson.ts";
import { Database } from "../support/database.ts";

const string = { kind: "string" } as const;
const columns: readonly FileColumn[] = [
  { name: "line", type: { kind: "int64" } },
  { name: "raw", type: string },
  { name: "reasons", type: { kind: "objects", fields: { column: string, rule: string } } },
];

test("strings, whole numbers and lists of objects", async () => {
  const path = join(temporaryDirectory(), "some.ndjson");
  const rows = [
    { line: "9223372036854775807", raw: 'a\n"b"\u2028\\', reasons: [{ column: "a", rule: "b" }] },
    { line: null, raw: "", reasons: [] },
    { line: "1", raw: null, reasons: [{ column: null, rule: "" }] },
  ];
  const lines = rows.map(({ line, ...rest }) => ({
    line: line === null ? null : JSON.rawJSON(line),
    ...rest,
  }));
  await writeFile(path, ndjsonLines(lines));
  const database = await Database.open();
  await database.scan("found", "ndjson", columns, path);
  expect(await database.rows("from found")).toEqual(rows);
});

test("a column that a line lacks is null", async () => {
  const path = join(temporaryDirectory(), "some.ndjson");
  await writeFile(path, ndjsonLines([{ unknown: 1 }]));
  const database = await Database.open();
  await database.scan("found", "ndjson", columns, path);
  expect(await database.rows("from found")).toEqual([{ line: null, raw: null, reasons: null }]);
});
