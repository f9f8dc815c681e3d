/** Splits a stream of CSV into pieces of whole rows, so that a file of any size is read in bounded memory. */
import * as dialect from "./dialect.ts";

const quote = dialect.quote.charCodeAt(0);
const newline = dialect.lineEnd.charCodeAt(0);

/**
 * Splits CSV after row ends. Each piece begins with the header. A newline ends a row unless it is inside quotes, which
 * means after an odd number of them.
 *
 * @param source The file's bytes.
 * @param chunkBytes The size of a piece in bytes. A longer row makes a larger piece.
 */
export async function* csvChunks(
  source: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Buffer> {
  let header: Buffer | undefined;
  let parts: Buffer[] = [];
  let size = 0;
  let quoted = false;
  for await (const block of source) {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    const ends = rowEnds(bytes, quoted);
    quoted = ends.quoted;
    let start = 0;
    if (header === undefined && ends.first !== undefined) {
      start = ends.first + 1;
      header = Buffer.concat([...parts, bytes.subarray(0, start)]);
      [parts, size] = [[], 0];
    }
    const cut = (ends.last ?? -1) + 1;
    if (header !== undefined && cut > start && size + cut - start >= chunkBytes) {
      yield Buffer.concat([header, ...parts, bytes.subarray(start, cut)]);
      [parts, size, start] = [[], 0, cut];
    }
    parts.push(bytes.subarray(start));
    size += bytes.length - start;
  }
  if (header === undefined || size > 0) {
    yield Buffer.concat([...(header === undefined ? [] : [header]), ...parts]);
  }
}

interface RowEnds {
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Whether the block ends inside quotes. */
  readonly quoted: boolean;
}

/** The first and the last row end in a block. */
function rowEnds(bytes: Buffer, startsQuoted: boolean): RowEnds {
  let quoted = startsQuoted;
  let first: number | undefined;
  let last: number | undefined;
  for (let start = 0; start < bytes.length; ) {
    const next = bytes.indexOf(quote, start);
    const end = next === -1 ? bytes.length : next;
    if (!quoted) {
      const span = bytes.subarray(start, end);
      const position = span.lastIndexOf(newline);
      if (position !== -1) {
        last = start + position;
        first ??= start + span.indexOf(newline);
      }
    }
    if (next === -1) {
      break;
    }
    quoted = !quoted;
    start = next + 1;
  }
  return { first, last, quoted };
}
