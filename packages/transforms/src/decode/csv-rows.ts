/**
 * Splits the bytes of an object into the rows of CSV (RFC 4180) and their fields.
 *
 * - The first row is the header. A row with the same bytes is the header again, as in files that were joined. After an empty
 *   line, a row with the names of all columns is the header of the rows that follow.
 * - A row whose quotes are wrong ends with its first line. The next line is the next row.
 *
 * The result does not depend on how the bytes arrive in chunks.
 */
import { pathsOfColumn } from "../contract/checked-table.ts";
import type { Source } from "../contract/source.ts";
import { CR, LF, QUOTE } from "./ascii.ts";
import { Block } from "./block.ts";
import type { Found } from "./column-writer.ts";
import type { WantedColumn } from "./path-tree.ts";
import type { Wanted } from "./scanner.ts";
import type { Fault, RecordKind, Records, TextOf } from "./splitter.ts";
import * as Token from "./token.ts";

/** More bytes are needed. */
const INCOMPLETE = -1;
/** The quotes are wrong. */
const MALFORMED = -2;

/** The fields of a row. */
class Fields {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly tokens: number[] = [];
  count = 0;

  add(start: number, end: number, token: number): void {
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.tokens[this.count] = token;
    this.count++;
  }

  /** A field without its quotes; null if it is empty and has none. */
  text(bytes: Buffer, field: number): string | null {
    const token = this.tokens[field];
    if (token === Token.NULL) {
      return null;
    }
    const text = bytes.toString("utf8", this.starts[field], this.ends[field]);
    return token === Token.ESCAPED_TEXT ? text.replaceAll('""', '"') : text;
  }
}

/** The header in effect. */
interface Header {
  readonly bytes: Buffer;
  readonly names: readonly string[];
  /** The fields that each column may be in. The first with a value counts. */
  readonly fields: readonly (readonly number[])[];
  /** The names that no column reads. */
  readonly unread: readonly string[];
  readonly textOf: TextOf;
}

/** Reads one object's rows, block by block. */
export class CsvRows implements Records {
  readonly number = undefined;
  fault: Fault | undefined;

  #block = Block.empty;
  /** The first unused byte. */
  #at = 0;
  #start = 0;
  #end = 0;
  #line = 1;
  /** Line ends of the current record. */
  #inside = 0;
  #lines = 0;
  #odd = false;
  /** Whether the row has a zero byte, which the exact path refuses in strings. */
  #hasNul = false;
  #handedOut = false;
  #hasDamage = false;
  #skipping = false;
  #afterEmptyLine = false;
  #header: Header | undefined;

  readonly #fields = new Fields();
  readonly #columns: readonly WantedColumn[];
  readonly #refusesUnknown: boolean;
  readonly #delimiter: number;
  readonly #source: Source;
  readonly #maximumBytes: number;
  readonly found: Found;

  constructor({ columns, unknownColumns }: Wanted, source: Source, maximumBytes: number) {
    this.#columns = columns;
    this.#refusesUnknown = unknownColumns === "quarantine";
    this.#delimiter = source.delimiter.charCodeAt(0);
    this.#source = source;
    this.#maximumBytes = maximumBytes;
    this.found = {
      starts: new Int32Array(columns.length),
      ends: new Int32Array(columns.length),
      tokens: new Uint8Array(columns.length),
      digits: new Float64Array(columns.length),
      places: new Int32Array(columns.length),
    };
  }

  get block(): Block {
    return this.#block;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get line(): number {
    return this.#line;
  }

  get odd(): boolean {
    return this.#odd;
  }

  get position(): number {
    return this.#at;
  }

  get hasHandedOut(): boolean {
    return this.#handedOut;
  }

  /** The header of the current row, as it was sent. */
  get header(): Buffer | undefined {
    return this.#header?.bytes;
  }

  /** Of the current header. */
  get unreadKeys(): number {
    return this.#header?.unread.length ?? 0;
  }

  get names(): readonly string[] | undefined {
    return this.#header?.names;
  }

  get textOf(): TextOf | undefined {
    return this.#header?.textOf;
  }

  open(block: Block): void {
    this.#block = block;
    this.#at = block.start;
    this.#handedOut = false;
  }

  next(): RecordKind | undefined {
    if (this.#skipping) {
      this.#skipLine();
    }
    this.#line += this.#inside;
    this.#inside = 0;
    for (;;) {
      this.#skipEmptyLines();
      const { end, last, damage } = this.#block;
      if (this.#at >= end) {
        return !last || damage === undefined || this.#hasDamage
          ? undefined
          : this.#damage("damage");
      }
      const start = this.#at;
      const at = this.#scan(start);
      if (at === MALFORMED) {
        return this.#firstLine(
          start,
          "a quote is inside a field that is not in quotes, or follows it",
        );
      }
      const isTooLarge = (at === INCOMPLETE ? end : at) - start > this.#maximumBytes;
      if (isTooLarge || (at === INCOMPLETE && last)) {
        return last && damage !== undefined
          ? this.#damage("tail")
          : this.#firstLine(start, "a quote is opened and not closed");
      }
      if (at === INCOMPLETE) {
        return undefined;
      }
      if (at >= end && damage !== undefined) {
        return this.#damage("tail");
      }
      this.#start = start;
      this.#end = this.#withoutCr(start, at);
      this.#at = Math.min(at + 1, end);
      const lines = this.#lines + 1;
      const kind = this.#row();
      this.#afterEmptyLine = false;
      if (kind !== undefined) {
        this.#inside = lines;
        this.#handedOut = true;
        return kind;
      }
      this.#line += lines;
    }
  }

  #withoutCr(start: number, at: number): number {
    return at > start && this.#block.bytes[at - 1] === CR ? at - 1 : at;
  }

  #skipEmptyLines(): void {
    const { bytes, end } = this.#block;
    for (;;) {
      const at = bytes[this.#at] === CR ? this.#at + 1 : this.#at;
      if (at >= end || bytes[at] !== LF) {
        return;
      }
      this.#at = at + 1;
      this.#line++;
      this.#afterEmptyLine = true;
    }
  }

  /** Finds the fields of the row at `start`. @returns Its line end or the object's end, INCOMPLETE or MALFORMED. */
  #scan(start: number): number {
    const { bytes, end, last } = this.#block;
    const fields = this.#fields;
    const delimiter = this.#delimiter;
    fields.count = 0;
    this.#lines = 0;
    this.#hasNul = false;
    let at = start;
    for (;;) {
      const from = at;
      if (bytes[at] === QUOTE && at < end) {
        at = this.#quoted(from + 1);
        if (at < 0) {
          return at;
        }
        if (bytes[at] === CR && at + 1 < end && bytes[at + 1] === LF) {
          at++;
        } else if (bytes[at] === CR && at + 1 >= end && at < end) {
          return last ? end : INCOMPLETE;
        }
      } else {
        while (at < end && bytes[at] !== delimiter && bytes[at] !== LF) {
          if (bytes[at] === QUOTE) {
            return MALFORMED;
          }
          this.#hasNul ||= bytes[at] === 0;
          at++;
        }
        const isLast = at >= end || bytes[at] === LF;
        const to = isLast ? this.#withoutCr(from, at) : at;
        fields.add(from, to, to === from ? Token.NULL : Token.TEXT);
      }
      if (at >= end) {
        return last ? end : INCOMPLETE;
      }
      if (bytes[at] === LF) {
        return at;
      }
      if (bytes[at] !== delimiter) {
        return MALFORMED;
      }
      at++;
    }
  }

  /** Adds the field whose first byte after the quote is at `from`. @returns What follows its second quote. */
  #quoted(from: number): number {
    const { bytes, end, last } = this.#block;
    let token: number = Token.TEXT;
    let at = from;
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte === LF) {
        this.#lines++;
      } else if (byte === 0) {
        this.#hasNul = true;
      } else if (byte === QUOTE) {
        if (at + 1 >= end && !last) {
          return INCOMPLETE;
        }
        if (bytes[at + 1] !== QUOTE || at + 1 >= end) {
          this.#fields.add(from, at, token);
          return at + 1;
        }
        token = Token.ESCAPED_TEXT;
        at++;
      }
    }
    return INCOMPLETE;
  }

  /** Decides what the row is. @returns undefined if it is a header. */
  #row(): RecordKind | undefined {
    const header = this.#header;
    if (header === undefined) {
      const read = this.#readHeader();
      if ("message" in read) {
        return this.#refuse(read);
      }
      this.#header = read;
      return undefined;
    }
    if (this.#isHeaderAgain(header)) {
      return undefined;
    }
    const { count } = this.#fields;
    if (count !== header.names.length) {
      const message = `the row has ${count} fields, and the header ${header.names.length}`;
      return this.#refuse({ rule: "malformed_csv", message });
    }
    this.fault = undefined;
    this.#find(header);
    return "value";
  }

  #isHeaderAgain(header: Header): boolean {
    const { bytes } = this.#block;
    const length = this.#end - this.#start;
    const isSame =
      length === header.bytes.length && header.bytes.compare(bytes, this.#start, this.#end) === 0;
    if (isSame && (header.names.length > 1 || this.#afterEmptyLine)) {
      return true;
    }
    if (!this.#afterEmptyLine || this.#columns.length === 0) {
      return false;
    }
    const read = this.#readHeader();
    if ("message" in read) {
      return false;
    }
    this.#header = read;
    return true;
  }

  #readHeader(): Header | Fault {
    const { bytes } = this.#block;
    const fields = this.#fields;
    const names = Array.from({ length: fields.count }, (_, i) => fields.text(bytes, i) ?? "");
    const read = this.#columns.filter(({ path }) => path.length > 0).map(pathsOfColumn);
    const missing = read.find((paths) => !paths.some(([key]) => names.includes(String(key))));
    if (missing !== undefined) {
      const wanted = missing.map(([key]) => JSON.stringify(key)).join(" or ");
      const message = `the file has no header with the column ${wanted}`;
      return { rule: "no_header", message };
    }
    const copy = this.#copy();
    const known = new Set(read.flat().map(([key]) => String(key)));
    const repeated = names.find((name, i) => known.has(name) && names.indexOf(name) !== i);
    if (repeated !== undefined) {
      const message = `the header has the column ${JSON.stringify(repeated)} more than once`;
      return { rule: "no_header", message };
    }
    return {
      bytes: Buffer.from(bytes.subarray(this.#start, this.#end)),
      names,
      fields: this.#columns.map((column) =>
        pathsOfColumn(column)
          .map(([key]) => (key === undefined ? -1 : names.indexOf(String(key))))
          .filter((field) => field !== -1),
      ),
      unread: names.filter((name) => !known.has(name)),
      textOf: (raw) => copy.#json(names, raw),
    };
  }

  /** Finds the columns' values. */
  #find({ fields, unread }: Header): void {
    const { starts, ends, tokens } = this.found;
    const row = this.#fields;
    this.#odd = (this.#refusesUnknown && unread.length > 0) || this.#hasNul;
    for (let column = 0; column < fields.length; column++) {
      tokens[column] = Token.NONE;
      for (const field of fields[column] as readonly number[]) {
        const token = row.tokens[field] as number;
        tokens[column] = token;
        starts[column] = row.starts[field] as number;
        ends[column] = row.ends[field] as number;
        if (token === Token.ESCAPED_TEXT) {
          this.#odd = true;
        }
        if (token !== Token.NULL) {
          break;
        }
      }
    }
  }

  /** A reader of single rows. */
  #copy(): CsvRows {
    const wanted = { columns: [], unknownColumns: "ignore" } as const;
    return new CsvRows(wanted, this.#source, this.#maximumBytes);
  }

  /** A row as the text of a JSON object, for the exact path. */
  #json(names: readonly string[], raw: Uint8Array): string {
    const bytes = Buffer.concat([raw, Buffer.alloc(1)]);
    this.#block = new Block(bytes, 0, raw.length, 0, true);
    this.#scan(0);
    return JSON.stringify(
      Object.fromEntries(names.map((name, i) => [name, this.#fields.text(bytes, i)])),
    );
  }

  #refuse(fault: Fault): RecordKind {
    this.fault = fault;
    return "faulty";
  }

  /** Hands out the first line of a row, once its end has arrived. */
  #firstLine(start: number, message: string): RecordKind | undefined {
    const { bytes, end, last, damage } = this.#block;
    const found = bytes.indexOf(LF, start);
    const lineEnd = found === -1 || found >= end ? end : found;
    if (lineEnd - start > this.#maximumBytes) {
      this.#start = start;
      this.#end = start + this.#maximumBytes;
      this.#handedOut = true;
      this.#skipLine();
      return "oversize";
    }
    if (lineEnd === end && !last) {
      return undefined;
    }
    if (lineEnd === end && damage !== undefined) {
      return this.#damage("tail");
    }
    this.#start = start;
    this.#end = this.#withoutCr(start, lineEnd);
    this.#at = Math.min(lineEnd + 1, end);
    this.#inside = 1;
    this.#handedOut = true;
    this.#afterEmptyLine = false;
    return this.#refuse({ rule: "malformed_csv", message });
  }

  /** Skips the rest of a line, as far as it is in the block. */
  #skipLine(): void {
    const { bytes, end } = this.#block;
    const found = bytes.indexOf(LF, this.#at);
    this.#skipping = found === -1 || found >= end;
    this.#at = this.#skipping ? end : found + 1;
    this.#inside = this.#skipping ? 0 : 1;
  }

  #damage(kind: "tail" | "damage"): RecordKind {
    this.#hasDamage = true;
    this.#handedOut = true;
    this.#start = this.#at;
    this.#end = this.#block.end;
    this.#at = this.#end;
    return kind;
  }
}
