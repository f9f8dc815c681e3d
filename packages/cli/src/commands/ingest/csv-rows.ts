/** Takes rows out of CSV files, and sends each with its header, so that a stream may put them into any object. */
import type { Line } from "@lakehouse/lake/delivery/lines";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table } from "@lakehouse/transforms/contract/table";
import { readRecords } from "@lakehouse/transforms/decode/record-reader";
import { DataError } from "../../errors.ts";

const lineFeed = Buffer.from("\n");

/**
 * Yields the rows of a file, broken ones too. In front of each are an empty line and the header, which is how a new file
 * begins in an object.
 *
 * @throws DataError if the header lacks or repeats a column, or a line is too large.
 */
export async function* readCsvRows(
  source: AsyncIterable<Uint8Array>,
  table: Pick<Table, "columns" | "recordColumns" | "source">,
): AsyncGenerator<Line> {
  const { columns, source: format } = recordTable(table);
  const wanted = { columns, unknownColumns: "ignore", source: format } as const;
  for await (const records of readRecords(source, wanted)) {
    for (let kind = records.next(); kind !== undefined; kind = records.next()) {
      const { block, start, end, line, header, fault } = records;
      if (kind === "oversize") {
        const problem = `line ${line}: the row is larger than ${end - start} bytes.`;
        throw new DataError(`${problem} `, "Split the file, or copy it to Bronze.");
      }
      if (header === undefined) {
        const problem = fault?.message ?? "the file ends inside its header";
        throw new DataError(
          `line ${line}: ${problem}. `,
          "Add the column to the file's first line, or give its name there to .from() in the contract.",
        );
      }
      const row = block.bytes.subarray(start, end);
      yield { number: line, bytes: Buffer.concat([lineFeed, header, lineFeed, row]) };
    }
  }
}
