/** Takes records out of envelopes, and puts each into an envelope of its own, so that a stream may send it alone. */
import type { Line } from "@lakehouse/lake/delivery/lines";
import { envelope, type Path } from "@lakehouse/transforms/contract/path";
import { readRecords } from "@lakehouse/transforms/decode/record-reader";
import { DataError } from "../../errors.ts";

/**
 * Yields the records of a file, each in an envelope on one line. What is in no envelope is yielded line by line.
 *
 * @param unwrap The array that holds the records, as in the table's contract.
 */
export async function* readEnveloped(
  source: AsyncIterable<Uint8Array>,
  unwrap: Path,
): AsyncGenerator<Line> {
  const [before, after] = envelope(unwrap).map((text) => Buffer.from(text));
  for await (const records of readRecords(source, {
    columns: [],
    unknownColumns: "ignore",
    unwrap,
  })) {
    for (let kind = records.next(); kind !== undefined; kind = records.next()) {
      const { block, start, end, line, number } = records;
      const text = block.bytes.subarray(start, end);
      if (kind === "oversize") {
        throw new DataError(
          `line ${line}: the envelope is larger than ${end - start} bytes. `,
          "Split the file, or copy it to Bronze in smaller parts.",
        );
      }
      if (number !== undefined && before !== undefined && after !== undefined) {
        yield { number: line, bytes: Buffer.concat([before, onOneLine(text), after]) };
      } else {
        yield* linesOf(text, line);
      }
    }
  }
}

const lineFeed = 0x0a;
const space = 0x20;

/** JSON has line ends only between values, where a space does as well. */
function onOneLine(text: Uint8Array): Buffer {
  return Buffer.from(text.map((byte) => (byte === lineFeed ? space : byte)));
}

function* linesOf(text: Buffer, first: number): Generator<Line> {
  let number = first;
  for (let start = 0; start < text.length; number++) {
    const found = text.indexOf(lineFeed, start);
    const end = found === -1 ? text.length : found;
    if (text.toString("utf8", start, end).trim() !== "") {
      yield { number, bytes: Buffer.from(text.subarray(start, end)) };
    }
    start = end + 1;
  }
}
