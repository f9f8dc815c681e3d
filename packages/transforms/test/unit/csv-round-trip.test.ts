/** Strings come back byte for byte through silver's CSV, with Polars and with csv-parse. */
import { runs } from "@lakehouse/testing/property";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import pl from "nodejs-polars";
import { describe, expect, it } from "vitest";
import { date, int64, string } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { decode } from "../support/decoding.ts";
import { oddString } from "../support/generators.ts";

const table = defineTable({
  name: "t",
  columns: {
    id: int64().notNull().default(1),
    day: date().notNull().default("2024-02-29"),
    first: string(),
    last: string(),
  },
  primaryKey: ["id"],
  partitionBy: day("day"),
});

type Cell = string | null;

async function csvOf(rows: readonly (readonly [Cell, Cell])[]): Promise<string> {
  const records = rows.map(([first, last]) => JSON.stringify({ first, last }));
  const { csv, refused } = await decode(table, [Buffer.from(records.join("\n"))]);
  expect(refused).toEqual([]);
  return csv;
}

/** Reads silver as silver-gold does. */
function readWithPolars(csv: string): Cell[][] {
  const names = table.columns.map(({ name }) => name);
  const frame = pl.readCSV(Buffer.from(`${names.join(",")}\n${csv}`), {
    schema: Object.fromEntries(names.map((name) => [name, pl.Utf8])),
    missingIsNull: true,
  });
  return frame.select("first", "last").rows();
}

function readWithCsvParse(csv: string): Cell[][] {
  const rows: Cell[][] = parse(csv, {
    cast: (text, { quoting }) => (text === "" && !quoting ? null : text),
    recordDelimiter: "\n",
  });
  return rows.map((row) => row.slice(2));
}

const nasty: Cell[] = [
  null,
  "",
  " ",
  "NULL",
  "null",
  "\\N",
  "007",
  "1e5",
  "a,b",
  '"',
  '""',
  'a"b',
  "a\nb",
  "a\r\nb",
  "\r",
  "\n",
  " leading and trailing ",
  "\ttab\t",
  "=1+1",
  "'",
  "#",
  "é漢😀",
  "\ufeff",
  "\u2028",
  "\u0001\u007f",
  "x".repeat(10_000),
];

describe("a string", () => {
  it.each(nasty)("%j comes back", async (cell) => {
    const rows = [
      [cell, "x"],
      ["x", cell],
      [cell, cell],
    ] as [Cell, Cell][];
    const csv = await csvOf(rows);
    expect(readWithCsvParse(csv)).toEqual(rows);
    expect(readWithPolars(csv)).toEqual(rows);
  });

  it("comes back unchanged, and null differs from the empty string", async () => {
    const cell = fc.oneof(
      fc.constant(null),
      fc.constantFrom(...nasty),
      oddString.map((text) => text.toWellFormed().replaceAll("\0", "")),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 }),
        async (rows) => {
          const csv = await csvOf(rows);
          expect(readWithCsvParse(csv)).toEqual(rows);
          expect(readWithPolars(csv)).toEqual(rows);
        },
      ),
      runs(150),
    );
  });

  it("is written by RFC 4180 with \\n; the empty string is quoted, and null is an empty field", async () => {
    expect(
      await csvOf([
        ["", null],
        ['a"b', "c,d"],
        ["e\nf", " g "],
      ]),
    ).toBe('1,2024-02-29,"",\n1,2024-02-29,"a""b","c,d"\n1,2024-02-29,"e\nf", g \n');
  });
});
