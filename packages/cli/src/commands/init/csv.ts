/** Finds out how a file of CSV is written. */
import { csv, type Source } from "@lakehouse/transforms/contract/source";
import { readRecords } from "@lakehouse/transforms/decode/record-reader";
import { DataError } from "../../errors.ts";

/** How a CSV file is written, and its header. */
export interface CsvHeader extends Source {
  /** The names that a contract can read. */
  readonly names: readonly string[];
  /** The others: repeated or empty ones. */
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
 * Reads the header as silver does.
 *
 * @param name The file, for messages.
 * @throws DataError if its quotes are wrong.
 */
export async function readHeader(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  delimiter: string,
): Promise<CsvHeader> {
  const source = csv({ delimiter });
  for await (const records of readRecords(bytes, {
    columns: [],
    unknownColumns: "ignore",
    source,
  })) {
    const kind = records.next();
    const { names, line, fault } = records;
    if (names !== undefined) {
      const isReadable = (each: string): boolean =>
        each !== "" && names.indexOf(each) === names.lastIndexOf(each);
      return {
        ...source,
        names: names.filter(isReadable),
        unreadable: [...new Set(names.filter((each) => !isReadable(each)))],
      };
    }
    if (kind !== undefined) {
      const problem = fault?.message ?? "the row is too large";
      throw new DataError(
        `${name}: the header on line ${line} can't be read: ${problem}. `,
        "Correct it.",
      );
    }
  }
  throw new DataError(`${name} has no header. `, "Name a file with at least one record.");
}
