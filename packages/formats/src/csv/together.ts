/** Joins small CSV files, so that they are read as one: a frame for each takes longer than its rows. */
import type { FilesFrame } from "../native-format.ts";
import * as dialect from "./dialect.ts";

const quote = dialect.quote.charCodeAt(0);
const newline = dialect.lineEnd.charCodeAt(0);

/** Files with the same header, as one file. */
export interface JoinedCsv extends Pick<FilesFrame, "files" | "rows"> {
  readonly content: Buffer;
}

/**
 * Joins files with the same header.
 *
 * @param known The number of rows of each, if it is known. Then no file ends inside quotes.
 * @returns Undefined if a file has no header, or ends inside quotes.
 */
export function joinCsv(
  files: readonly Buffer[],
  known?: readonly number[],
): readonly JoinedCsv[] | undefined {
  const groups = new Map<string, { files: number[]; rows: number[]; parts: Buffer[] }>();
  for (const [index, file] of files.entries()) {
    const end = file.indexOf(newline);
    const header = end === -1 ? "" : file.toString("latin1", 0, end);
    const rows = end === -1 ? undefined : (known?.[index] ?? countRows(file, end + 1));
    if (rows === undefined || header.includes(dialect.quote)) {
      return undefined;
    }
    const group = groups.get(header) ?? { files: [], rows: [], parts: [file.subarray(0, end + 1)] };
    groups.set(header, group);
    group.files.push(index);
    group.rows.push(rows);
    group.parts.push(file.subarray(end + 1));
    if (file.at(-1) !== newline) {
      group.parts.push(Buffer.from(dialect.lineEnd));
    }
  }
  return [...groups.values()].map(({ files, rows, parts }) => ({
    files,
    rows,
    content: Buffer.concat(parts),
  }));
}

/** The rows from a position on; undefined if the last one does not end. */
function countRows(file: Buffer, start: number): number | undefined {
  let rows = 0;
  let quoted = false;
  const hasQuotes = file.indexOf(quote, start) !== -1;
  if (!hasQuotes) {
    for (let at = file.indexOf(newline, start); at !== -1; at = file.indexOf(newline, at + 1)) {
      rows += 1;
    }
  }
  for (let at = start; hasQuotes && at < file.length; at += 1) {
    if (file[at] === quote) {
      quoted = !quoted;
    } else if (file[at] === newline && !quoted) {
      rows += 1;
    }
  }
  const isOpen = file.length > start && file.at(-1) !== newline;
  return quoted ? undefined : rows + Number(isOpen);
}
