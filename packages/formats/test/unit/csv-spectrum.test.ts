/** The CSV files of csv-spectrum, read by both engines as they read silver and gold. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import spectrum, { type SpectrumFile } from "csv-spectrum";
import { describe, expect, test } from "vitest";
import { Database } from "../support/database.ts";
import { readFrame } from "../support/files.ts";

const files = await new Promise<readonly SpectrumFile[]>((resolve, reject) => {
  spectrum((error, found) => (error === null ? resolve(found) : reject(error)));
});
/** Where the JSON differs from the CSV. */
const corrections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  location_coordinates: { "Contact Phone Number": "2095257564" },
};
const directory = temporaryDirectory();
const database = await Database.open();

test("all files are there", () => {
  expect(files.length).toBeGreaterThanOrEqual(11);
});

describe.each(files.map((file) => ({ ...file })))("$name", (file) => {
  // The JSON of a file with one row is one object.
  const json = [JSON.parse(file.json.toString()) as Record<string, string>].flat();
  const expected = json.map((row) => ({ ...row, ...corrections[file.name] }));
  const names = Object.keys(expected[0] ?? {});
  const rows = expected.map((row) => names.map((name) => row[name]));

  test("by Polars", async () => {
    const path = join(directory, `${file.name}.csv`);
    await writeFile(path, file.csv);
    const frame = await readFrame("csv", path);
    expect(frame.columns).toEqual(names);
    expect(frame.rows()).toEqual(rows);
  });

  test("by DuckDB", async () => {
    const path = join(directory, `${file.name}.csv`);
    await writeFile(path, file.csv);
    const columns = names.map((name) => ({ name, type: { kind: "string" } as const }));
    await database.scan("found", "csv", columns, path);
    const found = await database.rows("from found");
    expect(found.map((row) => names.map((name) => row[name]))).toEqual(rows);
  });
});
