/**
 * Splits the bytes of an object into records. One set of rules covers NDJSON, records with nothing between them (`}{`)
 * and records over several lines:
 *
 * - A record is a JSON value followed by a line end, the object's end, the `{` of the next record, or more white space
 *   than the longest record is long.
 * - A value over several lines is one record, unless one of those lines is a whole object by itself. Then, or when
 *   the lines never complete it, its first line alone is a malformed record.
 * - A malformed record ends with its line. If the object has had no line end so far, and none follows within the
 *   length of the longest record, records have nothing between them: the malformed record then ends where the next
 *   one seems to begin, and an object in front of it is a record of its own.
 *
 * The result does not depend on how the bytes arrive in chunks.
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
import type { Found } from "./column-writer.ts";
import { INCOMPLETE, Scanner } from "./scanner.ts";

/**
 * The kind of a record. A `value` is well-formed. Of an `oversize` record, only the beginning is handed out. A `tail`
 * is cut off by the object's end. A well-formed value that is no envelope of records is `no_envelope`.
 * A row of CSV is `faulty` if it has a fault. The `damage` of an object counts as an empty record, unless there is a tail.
 */
export type RecordKind =
  | "value"
  | "malformed"
  | "faulty"
  | "oversize"
  | "tail"
  | "damage"
  | "no_envelope";

/** Why a row of CSV can't be read. */
export interface Fault {
  readonly rule: "malformed_csv" | "no_header";
  readonly message: string;
}

/** Makes a record's bytes into the JSON text that the exact path reads. */
export type TextOf = (raw: Uint8Array) => string;

/** The records of one block, one after another. The properties describe the record that `next` found last. */
export interface Records {
  /** Moves to the next record. @returns Its kind; undefined when the block has no more. */
  next(): RecordKind | undefined;
  /** The block that the records are in. */
  readonly block: Block;
  /** Where the record is in the block's bytes. */
  readonly start: number;
  readonly end: number;
  /** The line that the record starts on, from 1. After the last record, the line that the next one may start on. */
  readonly line: number;
  /** The record's number in its envelope, from 1; undefined if it is in none. */
  readonly number: number | undefined;
  /** The values of a record of kind `value`. If it is odd, the exact path must decide. */
  readonly found: Found;
  readonly odd: boolean;
  /** How many different keys that no column reads the object has had so far. */
  readonly unreadKeys: number;
  /** Of a record of kind `faulty`. */
  readonly fault?: Fault | undefined;
  /** Absent if records are JSON. */
  readonly textOf?: TextOf | undefined;
  /** The header of a row of CSV, as it was sent. */
  readonly header?: Buffer | undefined;
  /** The names in this header. */
  readonly names?: readonly string[] | undefined;
}

/** More bytes are needed to find the line's end. */
const WAIT = -1;
/** There are no lines: records have nothing between them. */
const NONE = -2;

/** Splits one object into records, block by block. */
export class Splitter implements Records {
  #block = Block.empty;
  /** The first unused byte. */
  #at = 0;
  /** The current record. */
  #start = 0;
  #end = 0;
  #line = 1;
  #handedOut = false;
  /** Whether the last record was a tail or the damage itself. */
  #hasDamage = false;
  /** Line ends inside the record. */
  #inside = 0;
  /** Inside a record that is too large: its bytes are skipped up to the line end. */
  #skipping = false;
  /** The first line end at or after `lineEndFrom`. */
  #lineEnd = -1;
  #lineEndFrom = -1;

  readonly #scanner: Scanner;
  readonly #probe = new Scanner();
  readonly #maximumBytes: number;
  readonly #spansLines: boolean;
  readonly number = undefined;

  /**
   * @param maximumBytes The size of the largest record. It bounds how far to look for a record's end.
   * @param spansLines Whether values hold whole objects on lines of their own, as envelopes do.
   */
  constructor(scanner: Scanner, maximumBytes: number, spansLines = false) {
    this.#spansLines = spansLines;
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

  get odd(): boolean {
    return this.#scanner.odd;
  }

  get unreadKeys(): number {
    return this.#scanner.unreadKeys.count;
  }

  /** The first byte that no record has used. The next block begins with it. */
  get position(): number {
    return this.#at;
  }

  /** Whether the block has had a record. */
  get hasHandedOut(): boolean {
    return this.#handedOut;
  }

  /** Continues in the next block, which begins with the unused bytes of the last one. */
  open(block: Block): void {
    this.#block = block;
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
    if (this.#at < this.#block.end) {
      return this.#cut(this.#at);
    }
    return this.#block.damage === undefined || this.#hasDamage ? undefined : this.#damage("damage");
  }

  /** Skips the rest of a line, as far as it is in the block. */
  #skipLine(): void {
    const lineEnd = this.#findLineEnd(this.#at);
    this.#skipping = lineEnd === -1;
    this.#at = this.#skipping ? this.#block.end : lineEnd;
  }

  #skipBlank(): void {
    const buffer = this.#block.bytes;
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
    const { bytes: buffer, end, last } = this.#block;
    const at = scanner.scan(buffer, start, end, last);
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
    // So much space ends a record too. Otherwise the split would depend on whether the next bytes have arrived.
    const far = follows - at > this.#maximumBytes;
    if (follows >= end && !last && !far) {
      return undefined;
    }
    const ends = far || follows >= end || buffer[follows] === LF || buffer[follows] === OPEN_BRACE;
    if (!ends) {
      return lines > 0 ? this.#firstLine(start) : this.#followed(start, at, follows);
    }
    if (lines > 0 && !this.#spansLines && this.#swallowsNeighbor(start, at)) {
      return this.#firstLine(start);
    }
    this.#inside = lines;
    return this.#hand("value", start, at);
  }

  /** Whether a line of the value, other than its first, is a whole object by itself. */
  #swallowsNeighbor(start: number, valueEnd: number): boolean {
    const { bytes: buffer, end } = this.#block;
    const probe = this.#probe;
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
    const tooLarge = this.#block.end - start > this.#maximumBytes;
    if (!this.#block.last && !tooLarge) {
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

  /** Hands out the rest, at the object's end. */
  #damage(kind: "tail" | "damage"): RecordKind {
    this.#hasDamage = true;
    return this.#hand(kind, this.#at, this.#block.end);
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

  /** A value followed by something that can't follow a record. */
  #followed(start: number, valueEnd: number, follows: number): RecordKind | undefined {
    const buffer = this.#block.bytes;
    // A bracket or a comma that follows belongs to something opened earlier: the value is only a part of it.
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
    if (!this.#block.last && this.#block.end - start <= this.#maximumBytes) {
      return WAIT;
    }
    if (this.#line === 1) {
      return NONE;
    }
    return lineEnd === -1 ? this.#block.end : lineEnd;
  }

  /** Where the next record seems to begin, after one that stops being JSON at `failedAt`. */
  #nextObject(start: number, failedAt: number): number {
    const buffer = this.#block.bytes;
    // A record that is cut short stops being JSON at the `{` of the next one.
    if (buffer[failedAt] === OPEN_BRACE) {
      return failedAt;
    }
    const next =
      buffer[start] === OPEN_BRACE
        ? buffer.indexOf("}{", failedAt) + 1
        : buffer.indexOf(OPEN_BRACE, failedAt);
    return next > 0 && next < this.#block.end ? next : this.#block.end;
  }

  #refuse(start: number, at: number): RecordKind {
    if (at - start > this.#maximumBytes) {
      return this.#oversize(start);
    }
    return this.#hand("malformed", start, at);
  }

  /** Hands out the beginning of a record that is too large, and skips the rest of its line. */
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
      const found = this.#block.bytes.indexOf(LF, from);
      this.#lineEnd = found >= this.#block.end ? -1 : found;
      this.#lineEndFrom = from;
    }
    return this.#lineEnd;
  }
}

/** The first byte at or after `from` that is not white space within a line. */
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

/** Whether a byte can follow a value only inside an object or array. */
function isInside(byte: number | undefined): boolean {
  return byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COMMA || byte === COLON;
}
