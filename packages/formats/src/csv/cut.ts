/** Cuts one CSV file into several, each with the header. */
import { readFileSync, writeFileSync } from "node:fs";
import * as dialect from "./dialect.ts";

const quote = dialect.quote.charCodeAt(0);
const newline = dialect.lineEnd.charCodeAt(0);

/** A file to write. */
export interface CutPart {
  readonly path: string;
  readonly rows: number;
}

/**
 * Writes the rows of a file to others, in their order. It holds the file in memory.
 *
 * @throws Error if the file has another number of rows.
 */
export function cutCsv(path: string, parts: readonly CutPart[]): void {
  const file = readFileSync(path);
  const body = endOfRow(file, 0);
  const header = file.subarray(0, body);
  let start = body;
  for (const part of parts) {
    let end = start;
    for (let row = 0; row < part.rows; row += 1) {
      end = endOfRow(file, end);
    }
    writeFileSync(part.path, Buffer.concat([header, file.subarray(start, end)]), { flag: "wx" });
    start = end;
  }
  if (start !== file.length) {
    throw new Error("A CSV file has more rows than its parts.");
  }
}

/** Where the next row begins. A line end is inside a value after an odd number of quotes. */
function endOfRow(file: Buffer, start: number): number {
  let quotes = 0;
  let counted = start;
  for (let from = start; ; ) {
    const end = file.indexOf(newline, from) + 1;
    if (end === 0) {
      throw new Error("A CSV file has fewer rows than its parts.");
    }
    // Counts within this line only: a search for the next quote of the file might read all of it, for each row.
    for (; counted < end; counted += 1) {
      quotes += Number(file[counted] === quote);
    }
    if (quotes % 2 === 0) {
      return end;
    }
    from = end;
  }
}
