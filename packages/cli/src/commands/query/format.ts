/** Query results as a table for people, as CSV and as JSON. */
import type { Json } from "@duckdb/node-api";
import { counted, cut, number, textTable } from "../../output/text.ts";

/** The formats by name. */
export const queryFormats = ["table", "csv", "json"] as const;
export type QueryFormat = (typeof queryFormats)[number];

/** A result whose rows come as they are read. */
export interface QueryRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Pieces of some rows each. */
  readonly pieces: AsyncIterable<readonly (readonly Json[])[]>;
}

const maximumTableRows = 200;
const maximumCellLength = 200;
const numeric = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|UINTEGER)$/;

/** The result in a format, in pieces of text. */
export function formatRows(rows: QueryRows, format: QueryFormat): AsyncIterable<string> {
  return { table: tablePieces, csv: csvPieces, json: jsonPieces }[format](rows);
}

async function* tablePieces({ columns, pieces }: QueryRows): AsyncGenerator<string> {
  const shown: string[][] = [];
  let rows = 0;
  for await (const piece of pieces) {
    rows += piece.length;
    for (const row of piece.slice(0, maximumTableRows - shown.length)) {
      shown.push(
        row.map((value) => (value === null ? "NULL" : cut(cell(value), maximumCellLength))),
      );
    }
  }
  const titles = columns.map(({ name, type }) => ({
    title: name,
    alignment: numeric.test(type) ? ("right" as const) : ("left" as const),
  }));
  yield textTable(titles, shown);
  yield rows > shown.length
    ? `the first ${number(shown.length)} of ${counted(rows, "row")}; all of them with --format csv\n`
    : `${counted(rows, "row")}\n`;
}

async function* csvPieces({ columns, pieces }: QueryRows): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for await (const piece of pieces) {
    yield piece.map((row) => csvLine(row)).join("");
  }
}

/** As in silver: nothing is null, `""` is the empty string. */
function csvLine(row: readonly Json[]): string {
  const fields = row.map((value) => {
    const text = value === null ? "" : cell(value);
    const quoted = value === "" || /[",\r\n]/.test(text);
    return quoted ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(",")}\n`;
}

async function* jsonPieces({ columns, pieces }: QueryRows): AsyncGenerator<string> {
  yield `{\n  "columns": ${JSON.stringify(columns)},\n  "rows": [`;
  let separator = "";
  for await (const piece of pieces) {
    for (const row of piece) {
      const entries = columns.map(({ name }, index) => [name, row[index]]);
      yield `${separator}\n    ${JSON.stringify(Object.fromEntries(entries))}`;
      separator = ",";
    }
  }
  yield "\n  ]\n}\n";
}

function cell(value: Json): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
