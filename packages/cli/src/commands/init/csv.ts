/** Reads CSV with a header as records: a string for each field, or null if it is empty. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";

/** A CSV file. */
export interface CsvSource {
  readonly delimiter: string;
  /** A file with its rows as NDJSON. */
  readonly rows: string;
  /** The names of the header that no contract can read: repeated or empty ones. */
  readonly unreadable: readonly string[];
}

const delimiters = [",", ";", "\t", "|"] as const;

/** The delimiter of a header; undefined if it can't be one. */
export function delimiterOf(start: string): string | undefined {
  const [line = "", second] = start.split(/\r?\n/);
  const unquoted = line.replace(/"(?:[^"]|"")*"/g, "x");
  const counts = delimiters.map((each) => unquoted.split(each).length);
  const most = Math.max(...counts);
  const isHeader = /^[^{}<>]+$/.test(line) && second !== undefined;
  return most > 1 ? delimiters[counts.indexOf(most)] : isHeader ? "," : undefined;
}

/**
 * Writes the rows as NDJSON. A row with more or fewer fields than the header is left out: silver refuses it.
 *
 * @param target The file to write.
 */
export async function jsonOfCsv(
  bytes: AsyncIterable<Buffer>,
  delimiter: string,
  target: string,
  signal: AbortSignal,
): Promise<CsvSource> {
  const rows = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // As silver does: an empty field is null, and one in quotes an empty string.
    cast: (field, { quoting }) => (field === "" && !quoting ? null : field),
  });
  let header: readonly (string | null)[] | undefined;
  const unreadable = new Set<string>();
  await pipeline(
    Readable.from(bytes),
    rows,
    async function* (records: AsyncIterable<readonly (string | null)[]>) {
      for await (const fields of records) {
        if (header === undefined) {
          header = fields;
          for (const [index, name] of fields.entries()) {
            if (name === null || name === "" || fields.indexOf(name) !== index) {
              unreadable.add(name ?? "");
            }
          }
        } else if (fields.length === header.length) {
          const members = header.flatMap((name, index) =>
            unreadable.has(name ?? "")
              ? []
              : `${JSON.stringify(name)}:${JSON.stringify(fields[index])}`,
          );
          yield `{${members.join(",")}}\n`;
        }
      }
    },
    createWriteStream(target),
    { signal },
  );
  return { delimiter, rows: target, unreadable: [...unreadable] };
}
