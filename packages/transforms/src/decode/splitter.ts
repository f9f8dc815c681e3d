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
import { INCOMPLETE, Scanner } from "./scanner.ts";

/**
 * What was cut: `value` is well-formed, `tail` ends with the object before it is
 * complete; of an `oversize` record only the beginning is handed out.
 */
export type RecordKind = "value" | "malformed" | "tail" | "oversize";

/** Takes the records, in order; the bytes are only lent. */
export interface RecordSink {
  /** @returns Whether it has had enough, and no more are to come before it is flushed. */
  record(kind: RecordKind, bytes: Buffer, start: number, end: number): boolean;
  /** No more records come for now. */
  flush(): void;
}

/** Needs more bytes before it can tell. */
const WAIT = -1;
/** Records have nothing between them, line ends neither. */
const NONE = -2;

/** Cuts one object into records. */
export class Splitter {
  /** The line that the record handed out now starts on, from 1. */
  line = 1;
  /** Whether the last call returned because the sink had had enough: the next one is to go on where it stopped. */
  paused = false;

  readonly #probe = new Scanner(undefined, 0, 0, false);
  /** Inside a record that is too large: its bytes are passed over up to the line end. */
  #skipping = false;
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  #atEnd = false;
  /** The first line end at or after `lineEndFrom`. */
  #lineEnd = -1;
  #lineEndFrom = -1;

  readonly #scanner: Scanner;
  readonly #sink: RecordSink;
  readonly #maximumBytes: number;

  /**
   * @param scanner Scans each value; its fields tell the sink of a record of kind `value`.
   * @param maximumBytes No record is larger; it bounds how far the end of one is looked for.
   */
  constructor(scanner: Scanner, sink: RecordSink, maximumBytes: number) {
    this.#scanner = scanner;
    this.#sink = sink;
    this.#maximumBytes = maximumBytes;
  }

  /**
   * Hands out the records in `buffer[start, end)`.
   *
   * @param buffer Must hold one zero byte at `end`.
   * @param atEnd Whether the object ends there.
   * @returns Where the first byte not yet used is; the next call's bytes begin with it.
   */
  split(buffer: Buffer, start: number, end: number, atEnd: boolean): number {
    this.#buffer = buffer;
    this.#end = end;
    this.#atEnd = atEnd;
    this.#scanner.atEnd = atEnd;
    this.#lineEndFrom = -1;
    this.paused = false;
    let at = start;
    if (this.#skipping) {
      at = this.#findLineEnd(start);
      if (at === -1) {
        return end;
      }
      this.#skipping = false;
    }
    for (;;) {
      at = this.#skipBlank(at);
      if (at >= end) {
        return end;
      }
      const next = this.#next(at);
      if (next === WAIT) {
        return at;
      }
      at = next;
      if (this.paused) {
        return at;
      }
    }
  }

  #skipBlank(from: number): number {
    const buffer = this.#buffer;
    let at = from;
    for (;;) {
      const byte = buffer[at];
      if (byte === LF) {
        this.line++;
      } else if (byte !== SPACE && byte !== CR && byte !== TAB) {
        return at;
      }
      at++;
    }
  }

  /** Hands out the record at `start`. @returns Where it ends, or WAIT. */
  #next(start: number): number {
    const scanner = this.#scanner;
    const buffer = this.#buffer;
    const end = this.#end;
    const at = scanner.scan(buffer, start, end);
    if (at === INCOMPLETE) {
      return this.#incomplete(start);
    }
    if (at < 0) {
      return scanner.lines > 0 ? this.#firstLine(start) : this.#malformed(start, scanner.failedAt);
    }
    if (at - start > this.#maximumBytes) {
      return scanner.lines > 0 ? this.#firstLine(start) : this.#oversize(start);
    }
    const follows = spaceEnd(buffer, at);
    // So much space ends a record too, or what comes after it would matter only when it is seen already.
    const far = follows - at > this.#maximumBytes;
    if (follows >= end && !this.#atEnd && !far) {
      return WAIT;
    }
    const ends = far || follows >= end || buffer[follows] === LF || buffer[follows] === OPEN_BRACE;
    if (!ends) {
      return scanner.lines > 0 ? this.#firstLine(start) : this.#followed(start, at, follows);
    }
    if (scanner.lines > 0 && this.#swallowsNeighbour(start, at)) {
      return this.#firstLine(start);
    }
    const { lines } = scanner;
    this.#hand("value", start, at);
    this.line += lines;
    return at;
  }

  /** Whether a line inside the value, its first apart, is a whole object by itself. */
  #swallowsNeighbour(start: number, valueEnd: number): boolean {
    const buffer = this.#buffer;
    const probe = this.#probe;
    const end = this.#end;
    let at = this.#buffer.indexOf(LF, start) + 1;
    while (at > 0 && at < valueEnd) {
      const lineStart = spaceEnd(buffer, at);
      if (buffer[lineStart] === OPEN_BRACE) {
        const objectEnd = probe.scan(buffer, lineStart, end);
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

  #incomplete(start: number): number {
    const tooLarge = this.#end - start > this.#maximumBytes;
    if (!this.#atEnd && !tooLarge) {
      return WAIT;
    }
    if (this.#findLineEnd(start) !== -1) {
      return this.#firstLine(start);
    }
    if (tooLarge) {
      return this.#oversize(start);
    }
    return this.#hand("tail", start, this.#end);
  }

  #firstLine(start: number): number {
    return this.#refuse(start, this.#findLineEnd(start));
  }

  #malformed(start: number, failedAt: number): number {
    const lineEnd = this.#endOfLine(start, failedAt);
    if (lineEnd === WAIT) {
      return WAIT;
    }
    return this.#refuse(start, lineEnd === NONE ? this.#nextObject(start, failedAt) : lineEnd);
  }

  /** A value with something behind it that can't be there. */
  #followed(start: number, valueEnd: number, follows: number): number {
    const buffer = this.#buffer;
    // What closes or goes on there was opened before: then the value is but a part.
    if (buffer[start] !== OPEN_BRACE || isInside(buffer[follows])) {
      return this.#malformed(start, follows);
    }
    const lineEnd = this.#endOfLine(start, follows);
    if (lineEnd === WAIT) {
      return WAIT;
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
    if (!this.#atEnd && this.#end - start <= this.#maximumBytes) {
      return WAIT;
    }
    if (this.line === 1) {
      return NONE;
    }
    return lineEnd === -1 ? this.#end : lineEnd;
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
    return next > 0 && next < this.#end ? next : this.#end;
  }

  #refuse(start: number, at: number): number {
    if (at - start > this.#maximumBytes) {
      return this.#oversize(start);
    }
    return this.#hand("malformed", start, at);
  }

  /** Hands out the beginning of a record that is too large, and passes over the rest of its line. */
  #oversize(start: number): number {
    this.#hand("oversize", start, start + this.#maximumBytes);
    const lineEnd = this.#findLineEnd(start);
    this.#skipping = lineEnd === -1;
    return this.#skipping ? this.#end : lineEnd;
  }

  #hand(kind: RecordKind, start: number, end: number): number {
    this.paused = this.#sink.record(kind, this.#buffer, start, end);
    return end;
  }

  #findLineEnd(from: number): number {
    const known = this.#lineEndFrom !== -1 && this.#lineEndFrom <= from;
    if (!known || (this.#lineEnd !== -1 && this.#lineEnd < from)) {
      const found = this.#buffer.indexOf(LF, from);
      this.#lineEnd = found >= this.#end ? -1 : found;
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
