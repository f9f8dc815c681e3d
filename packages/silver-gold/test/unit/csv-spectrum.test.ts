/** The CSV files of csv-spectrum, read by both engines as they read silver and gold. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import spectrum, { type SpectrumFile } from "csv-spectrum";
import pl from "nodejs-polars";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

const files = await new Promise<readonly SpectrumFile[]>((resolve, reject) => {
  spectrum((error, found) => (error === null ? resolve(found) : reject(error)));
});
/** Where the JSON is not what stands in the CSV. */
const corrections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  location_coordinates: { "Contact Phone Number": "2095257564" },
};
let engine: Engine;
let directory: string;

beforeAll(async () => {
  await mkdir(scratch, { recursive: true });
  directory = await mkdtemp(join(scratch, "spectrum-"));
  engine = await openEngine({ directory, memoryLimitMib: 256 });
});
afterAll(() => engine[Symbol.dispose]());

test("there are as many files as there should be", () => {
  expect(files.length).toBeGreaterThanOrEqual(11);
});

describe.each(files.map((file) => ({ ...file })))("$name", (file) => {
  // A file with one row is given as one object.
  const json = [JSON.parse(file.json.toString()) as Record<string, string>].flat();
  const expected = json.map((row) => ({ ...row, ...corrections[file.name] }));
  const names = Object.keys(expected[0] ?? {});
  const rows = expected.map((row) => names.map((name) => row[name]));

  test("by Polars", () => {
    const frame = pl.readCSV(file.csv, { inferSchemaLength: 0 });
    expect(frame.columns).toEqual(names);
    expect(frame.rows()).toEqual(rows);
  });

  test("by DuckDB", async () => {
    const path = join(directory, `${file.name}.csv`);
    await writeFile(path, file.csv);
    const columns = names.map((name) => ({ name, type: { kind: "string" } as const }));
    using session = await engine.session();
    await session.define("found", { kind: "files", columns, format: "csv", files: [path] });
    const found = await session.rows("from found");
    expect(found.map((row) => names.map((name) => row[name]))).toEqual(rows);
  });
});
