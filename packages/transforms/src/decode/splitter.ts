/**
 * Cuts the bytes of an object into records, by one rule for NDJSON, for records with nothing between them
 * (`}{`) and for records over several lines:
 *
 * - A record is a JSON value followed by a line end, the object's end, or the `{` of the next record, or by
 *   more space than any record is long.
 * - A value that goes over several lines is one record, unless one of those lines is a whole object by
 *   itself: then, or when the lines never complete it, its first line alone is a malformed record.
 * - A malformed record ends with its line. Only where the object has had no line end, and the record meets none
 *   within the length of the longest record, do records have nothing between them: then it ends where the next
 *   seems to begin, and an object before it is a record all the same.
 *
 * Where the cuts are does not depend on how the bytes arrive in chunks.
 */
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  CR,
  LF,
  OPEN_BRACE,
  SPACE,
  TAB,
} from "./ascii.ts";
import { Block } from "./block.ts";
import { INCOMPLETE, Scanner } from "./scanner.ts";

/**
 * What was cut: a `value` is well-formed; of an `oversize` record only the beginning is handed out; a `tail` is cut off
 * by the object's end. The `damage` of an object counts as a record of no bytes, where no tail stands for it.
 */
export type RecordKind = "value" | "malformed" | "oversize" | "tail" | "damage";

/** What the scanner found in a record, column by column, and whether the exact path must decide. */
export type Found = Pick<Scanner, "starts" | "ends" | "tokens" | "digits" | "places" | "odd">;

/** The records of one block, one after another; its properties describe the record that `next` found last. */
export interface Records {
  /** Goes to the next record. @returns Its kind; undefined when the block has no more. */
  next(): RecordKind | undefined;
  /** What the records are part of. */
  readonly block: Block;
  /** Where in the block's bytes the record is. */
  readonly start: number;
  readonly end: number;
  /** The line that the record starts on, from 1; after the last record the line that the next one may start on. */
  readonly line: number;
  /** The values of a record of kind `value`. */
  readonly found: Found;
}

/** Where the end of a line can be, other than at an index. */
const WAIT = -1;
/** Records have nothing between them, line ends neither. */
const NONE = -2;

/** Cuts one object into records, block by block. */
export class Splitter implements Records {
  #block = Block.empty;
  #buffer = this.#block.bytes;
  #bufferEnd = 0;
  #atEnd = false;
  /** The first byte that is not yet used. */
  #at = 0;
  /** The record. */
  #start = 0;
  #end = 0;
  #line = 1;
  #handedOut = false;
  /** Whether the last record was a tail or the damage itself. */
  #hasDamage = false;
  /** Line ends inside the record. */
  #inside = 0;
  /** Inside a record that is too large: its bytes are passed over up to the line end. */
  #skipping = false;
  /** The first line end at or after `lineEndFrom`. */
  #lineEnd = -1;
  #lineEndFrom = -1;

  readonly #scanner: Scanner;
  readonly #probe = new Scanner();
  readonly #maximumBytes: number;

  /** @param maximumBytes No record is larger; it bounds how far the end of one is looked for. */
  constructor(scanner: Scanner, maximumBytes: number) {
    this.#scanner = scanner;
    this.#maximumBytes = maximumBytes;
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

  get found(): Found {
    return this.#scanner;
  }

  /** The first byte that no record has used: the next block is to begin with it. */
  get position(): number {
    return this.#at;
  }

  /** Whether the block has had a record. */
  get hasHandedOut(): boolean {
    return this.#handedOut;
  }

  /** Goes on in the next block, which begins with the bytes that the last one left. */
  open(block: Block): void {
    this.#block = block;
    this.#buffer = block.bytes;
    this.#bufferEnd = block.end;
    this.#atEnd = block.last;
    this.#at = block.start;
    this.#handedOut = false;
    this.#lineEndFrom = -1;
  }

  next(): RecordKind | undefined {
    this.#line += this.#inside;
    this.#inside = 0;
    if (this.#skipping) {
      this.#skipLine();
    }
    this.#skipBlank();
    if (this.#at < this.#bufferEnd) {
      return this.#cut(this.#at);
    }
    return this.#block.damage === undefined || this.#hasDamage ? undefined : this.#damage("damage");
  }

  /** Passes over the rest of a line, as far as it has come. */
  #skipLine(): void {
    const lineEnd = this.#findLineEnd(this.#at);
    this.#skipping = lineEnd === -1;
    this.#at = this.#skipping ? this.#bufferEnd : lineEnd;
  }

  #skipBlank(): void {
    const buffer = this.#buffer;
    let at = this.#at;
    for (;;) {
      const byte = buffer[at];
      if (byte === LF) {
        this.#line++;
      } else if (byte !== SPACE && byte !== CR && byte !== TAB) {
        this.#at = at;
        return;
      }
      at++;
    }
  }

  /** @returns The kind of the record at `start`; undefined when more bytes are needed to tell. */
  #cut(start: number): RecordKind | undefined {
    const scanner = this.#scanner;
    const buffer = this.#buffer;
    const end = this.#bufferEnd;
    const at = scanner.scan(buffer, start, end, this.#atEnd);
    if (at === INCOMPLETE) {
      return this.#incomplete(start);
    }
    const { lines } = scanner;
    if (at < 0) {
      return lines > 0 ? this.#firstLine(start) : this.#malformed(start, scanner.failedAt);
    }
    if (at - start > this.#maximumBytes) {
      return lines > 0 ? this.#firstLine(start) : this.#oversize(start);
    }
    const follows = spaceEnd(buffer, at);
    // So much space ends a record too, or what comes after it would matter only when it is seen already.
    const far = follows - at > this.#maximumBytes;
    if (follows >= end && !this.#atEnd && !far) {
      return undefined;
    }
    const ends = far || follows >= end || buffer[follows] === LF || buffer[follows] === OPEN_BRACE;
    if (!ends) {
      return lines > 0 ? this.#firstLine(start) : this.#followed(start, at, follows);
    }
    if (lines > 0 && this.#swallowsNeighbour(start, at)) {
      return this.#firstLine(start);
    }
    this.#inside = lines;
    return this.#hand("value", start, at);
  }

  /** Whether a line inside the value, its first apart, is a whole object by itself. */
  #swallowsNeighbour(start: number, valueEnd: number): boolean {
    const buffer = this.#buffer;
    const probe = this.#probe;
    const end = this.#bufferEnd;
    let at = buffer.indexOf(LF, start) + 1;
    while (at > 0 && at < valueEnd) {
      const lineStart = spaceEnd(buffer, at);
      if (buffer[lineStart] === OPEN_BRACE) {
        const objectEnd = probe.scan(buffer, lineStart, end, false);
        if (objectEnd >= 0 && probe.lines === 0) {
          const follows = spaceEnd(buffer, objectEnd);
          if (follows >= end || buffer[follows] === LF || buffer[follows] === OPEN_BRACE) {
            return true;
          }
        }
      }
      at = buffer.indexOf(LF, at) + 1;
    }
    return false;
  }

  #incomplete(start: number): RecordKind | undefined {
    const tooLarge = this.#bufferEnd - start > this.#maximumBytes;
    if (!this.#atEnd && !tooLarge) {
      return undefined;
    }
    if (this.#findLineEnd(start) !== -1) {
      return this.#firstLine(start);
    }
    if (tooLarge) {
      return this.#oversize(start);
    }
    return this.#damage("tail");
  }

  /** Hands out what is left, at the object's end. */
  #damage(kind: "tail" | "damage"): RecordKind {
    this.#hasDamage = true;
    return this.#hand(kind, this.#at, this.#bufferEnd);
  }

  #firstLine(start: number): RecordKind {
    return this.#refuse(start, this.#findLineEnd(start));
  }

  #malformed(start: number, failedAt: number): RecordKind | undefined {
    const lineEnd = this.#endOfLine(start, failedAt);
    if (lineEnd === WAIT) {
      return undefined;
    }
    return this.#refuse(start, lineEnd === NONE ? this.#nextObject(start, failedAt) : lineEnd);
  }

  /** A value with something behind it that can't be there. */
  #followed(start: number, valueEnd: number, follows: number): RecordKind | undefined {
    const buffer = this.#buffer;
    // What closes or goes on there was opened before: then the value is but a part.
    if (buffer[start] !== OPEN_BRACE || isInside(buffer[follows])) {
      return this.#malformed(start, follows);
    }
    const lineEnd = this.#endOfLine(start, follows);
    if (lineEnd === WAIT) {
      return undefined;
    }
    if (lineEnd !== NONE) {
      return this.#refuse(start, lineEnd);
    }
    return this.#hand("value", start, valueEnd);
  }

  /** Where the line of the record ends, WAIT, or NONE. */
  #endOfLine(start: number, from: number): number {
    const lineEnd = this.#findLineEnd(from);
    if (lineEnd !== -1 && lineEnd - start <= this.#maximumBytes) {
      return lineEnd;
    }
    if (!this.#atEnd && this.#bufferEnd - start <= this.#maximumBytes) {
      return WAIT;
    }
    if (this.#line === 1) {
      return NONE;
    }
    return lineEnd === -1 ? this.#bufferEnd : lineEnd;
  }

  /** Where the next record seems to begin, after one that makes no sense at `failedAt`. */
  #nextObject(start: number, failedAt: number): number {
    const buffer = this.#buffer;
    // What is cut short and has the next record right behind it makes no sense from that one's `{` on.
    if (buffer[failedAt] === OPEN_BRACE) {
      return failedAt;
    }
    const next =
      buffer[start] === OPEN_BRACE
        ? buffer.indexOf("}{", failedAt) + 1
        : buffer.indexOf(OPEN_BRACE, failedAt);
    return next > 0 && next < this.#bufferEnd ? next : this.#bufferEnd;
  }

  #refuse(start: number, at: number): RecordKind {
    if (at - start > this.#maximumBytes) {
      return this.#oversize(start);
    }
    return this.#hand("malformed", start, at);
  }

  /** Hands out the beginning of a record that is too large, and passes over the rest of its line. */
  #oversize(start: number): RecordKind {
    const kind = this.#hand("oversize", start, start + this.#maximumBytes);
    this.#at = start;
    this.#skipLine();
    return kind;
  }

  #hand(kind: RecordKind, start: number, end: number): RecordKind {
    this.#start = start;
    this.#end = end;
    this.#at = end;
    this.#handedOut = true;
    return kind;
  }

  #findLineEnd(from: number): number {
    const known = this.#lineEndFrom !== -1 && this.#lineEndFrom <= from;
    if (!known || (this.#lineEnd !== -1 && this.#lineEnd < from)) {
      const found = this.#buffer.indexOf(LF, from);
      this.#lineEnd = found >= this.#bufferEnd ? -1 : found;
      this.#lineEndFrom = from;
    }
    return this.#lineEnd;
  }
}

/** The first byte at or after `from` that is no space within a line. */
function spaceEnd(buffer: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = buffer[at];
    if (byte !== SPACE && byte !== TAB && byte !== CR) {
      return at;
    }
    at++;
  }
}

/** Whether a byte stands inside an object or array only. */
function isInside(byte: number | undefined): boolean {
  return byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COMMA || byte === COLON;
}
