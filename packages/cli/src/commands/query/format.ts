/** Writes query results as a table for people, as CSV or as JSON. */
import type { JsonValue, ResultStream } from "@lakehouse/silver-gold/engine";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { counted, number } from "@lakehouse/terminal/words";

/** The names of the formats. */
export const queryFormats = ["table", "csv", "json"] as const;
export type QueryFormat = (typeof queryFormats)[number];

const maximumTableRows = 200;
const numeric = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|UINTEGER)$/;

/** Formats a result, piece by piece. */
export function formatRows(
  rows: ResultStream,
  format: QueryFormat,
  screen: Screen,
): AsyncIterable<string> {
  return { table: tablePieces, csv: csvPieces, json: jsonPieces }[format](rows, screen);
}

async function* tablePieces(
  { columns, batches }: ResultStream,
  screen: Screen,
): AsyncGenerator<string> {
  const shown: string[][] = [];
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.length;
    for (const row of batch.slice(0, maximumTableRows - shown.length)) {
      shown.push(row.map((value) => (value === null ? "NULL" : cell(value))));
    }
  }
  const titles = columns.map(({ name, type }) => ({
    title: name,
    alignment: numeric.test(type) ? ("right" as const) : ("left" as const),
  }));
  yield textTable(titles, shown, screen);
  yield rows > shown.length
    ? `the first ${number(shown.length)} of ${counted(rows, "row")}; --format csv writes all of them\n`
    : `${counted(rows, "row")}\n`;
}

async function* csvPieces({ columns, batches }: ResultStream): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for await (const batch of batches) {
    yield batch.map((row) => csvLine(row)).join("");
  }
}

/** The dialect of silver: an empty field is null, `""` is the empty string. */
function csvLine(row: readonly JsonValue[]): string {
  const fields = row.map((value) => {
    const text = value === null ? "" : cell(value);
    // A reader may take U+FEFF at the beginning for a byte order mark.
    const quoted = value === "" || /[",\r\n]|^\uFEFF/.test(text);
    return quoted ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(",")}\n`;
}

async function* jsonPieces({ columns, batches }: ResultStream): AsyncGenerator<string> {
  yield `{\n  "columns": ${JSON.stringify(columns)},\n  "rows": [`;
  let separator = "";
  for await (const batch of batches) {
    for (const row of batch) {
      const entries = columns.map(({ name }, index) => [name, row[index]]);
      yield `${separator}\n    ${JSON.stringify(Object.fromEntries(entries))}`;
      separator = ",";
    }
  }
  yield "\n  ]\n}\n";
}

function cell(value: JsonValue): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
