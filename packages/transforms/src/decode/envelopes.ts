/** Takes records out of envelopes: each element of an array in a larger JSON value is a record of its own. */
import { CLOSE_BRACKET, COMMA, CR, LF, OPEN_BRACKET, SPACE, TAB } from "./ascii.ts";
import type { Block } from "./block.ts";
import type { Found } from "./column-writer.ts";
import type { Scanner } from "./scanner.ts";
import type { RecordKind, Records, Splitter } from "./splitter.ts";
import * as Token from "./token.ts";

/** No element is left. */
const NONE = -1;

/** The records of one object, out of its envelopes. What is no envelope is handed out whole. */
export class Envelopes implements Records {
  /** Whether the current record is an element of an envelope. */
  #isInner = false;
  #start = 0;
  #end = 0;
  #line = 1;
  #number = 0;
  /** Where the next element begins, and on which line. */
  #next = NONE;
  #nextLine = 1;

  readonly #outer: Splitter;
  readonly #isArray: boolean;
  readonly #scanner: Scanner;

  /**
   * @param outer Finds envelopes, and in each the array, as its only column.
   * @param isArray Whether the envelope itself is the array.
   * @param scanner Finds the values of a record.
   */
  constructor(outer: Splitter, isArray: boolean, scanner: Scanner) {
    this.#outer = outer;
    this.#isArray = isArray;
    this.#scanner = scanner;
  }

  get block(): Block {
    return this.#outer.block;
  }

  get start(): number {
    return this.#isInner ? this.#start : this.#outer.start;
  }

  get end(): number {
    return this.#isInner ? this.#end : this.#outer.end;
  }

  get line(): number {
    return this.#isInner ? this.#line : this.#outer.line;
  }

  get number(): number | undefined {
    return this.#isInner ? this.#number : undefined;
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

  next(): RecordKind | undefined {
    while (this.#next === NONE) {
      this.#isInner = false;
      const kind = this.#outer.next();
      if (kind !== "value") {
        return kind;
      }
      if (!this.#open()) {
        return "no_envelope";
      }
    }
    return this.#element();
  }

  /** Moves to the first element of the current envelope. @returns Whether it is one. */
  #open(): boolean {
    const { start, found, line, odd, block } = this.#outer;
    const { bytes } = block;
    const isEnvelope = this.#isArray
      ? bytes[start] === OPEN_BRACKET
      : found.tokens[0] === Token.ARRAY && !odd;
    if (!isEnvelope) {
      return false;
    }
    const array = this.#isArray ? start : (found.starts[0] as number);
    this.#number = 0;
    this.#nextLine = line;
    for (let at = start; at < array; at++) {
      if (bytes[at] === LF) {
        this.#nextLine++;
      }
    }
    const first = this.#skipSpace(array + 1);
    this.#next = bytes[first] === CLOSE_BRACKET ? NONE : first;
    return true;
  }

  #element(): "value" {
    const { bytes, end, last } = this.block;
    this.#isInner = true;
    this.#number++;
    this.#line = this.#nextLine;
    this.#start = this.#next;
    // The envelope is well-formed, so its elements are.
    this.#end = this.#scanner.scan(bytes, this.#start, end, last);
    this.#nextLine += this.#scanner.lines;
    const follows = this.#skipSpace(this.#end);
    this.#next = bytes[follows] === COMMA ? this.#skipSpace(follows + 1) : NONE;
    return "value";
  }

  #skipSpace(from: number): number {
    const { bytes } = this.block;
    let at = from;
    for (;;) {
      const byte = bytes[at];
      if (byte === LF) {
        this.#nextLine++;
      } else if (byte !== SPACE && byte !== TAB && byte !== CR) {
        return at;
      }
      at++;
    }
  }
}
