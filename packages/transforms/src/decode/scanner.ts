/**
 * Finds where a JSON value ends and where in it the columns' values are, in one pass over the bytes.
 *
 * It is strict: JSON.parse accepts every value that it finds well-formed, and a value nested too deeply is malformed.
 * A record that it can't vouch for (an escape in a key, a repeated key, an unknown key where the contract refuses
 * them) is odd: the exact path decides. UTF-8 is checked elsewhere.
 */

import type { Path } from "../contract/path.ts";
import type { Source } from "../contract/source.ts";
import type { Table } from "../contract/table.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  CR,
  LF,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  LOWER_U,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  TAB,
  UPPER_E,
  ZERO,
} from "./ascii.ts";
import { maximumDepth } from "./json.ts";
import { type PathNode, pathTree, type Slots, slotsOf, type WantedColumn } from "./path-tree.ts";
import * as Token from "./token.ts";
import { UnreadKeys } from "./unread-keys.ts";

/** The bytes end inside the value. */
export const INCOMPLETE = -1;
/** The value is not JSON. `failedAt` is where it stops being JSON. */
export const MALFORMED = -2;

const word = (text: string): Uint8Array => new TextEncoder().encode(text);
const TRUE = word("true");
const FALSE = word("false");
const NULL = word("null");

/** Of an array that leads to no column. */
const none: PathNode["elements"] = [];

/** The columns to find, and whether an unknown key makes a record odd. */
export interface Wanted {
  readonly columns: readonly WantedColumn[];
  readonly unknownColumns: Table["unknownColumns"];
  /** The array that holds the records. Undefined if each value is a record. */
  readonly unwrap?: Path | undefined;
  /** Undefined if records are JSON. */
  readonly source?: Source | undefined;
}

/** Scans one value after another. Its properties describe the last one. */
export class Scanner {
  /** Where each column's value starts and ends; a string without its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly tokens: Uint8Array;
  /** Each column's number without its point, and how many digits follow the point. */
  readonly digits: Float64Array;
  readonly places: Int32Array;

  /** Of all values so far. */
  readonly unreadKeys = new UnreadKeys();

  #odd = false;
  #lines = 0;
  #failedAt = 0;
  #bytes: Uint8Array = new Uint8Array(1);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  #atEnd = false;
  /** Of the last value, as in `tokens`, `digits` and `places`. */
  #token: number = Token.NONE;
  #number = 0;
  #numberPlaces = 0;
  /** Which objects of the tree the record has had so far, to notice one that occurs twice. */
  readonly #seen: Uint8Array;

  readonly #root: PathNode | undefined;
  readonly #copies: Slots["copies"];
  readonly #unknownIsOdd: boolean;

  /** @param wanted Without columns, only the ends of values are found. */
  constructor(wanted?: Wanted) {
    const { columns = [] } = wanted ?? {};
    const slots = slotsOf(columns);
    const tree = columns.length === 0 ? undefined : pathTree(slots.paths);
    this.#copies = slots.copies;
    this.#root = tree?.root;
    this.#seen = new Uint8Array(tree?.size ?? 0);
    this.#unknownIsOdd = wanted?.unknownColumns === "quarantine";
    this.starts = new Int32Array(slots.size);
    this.ends = new Int32Array(slots.size);
    this.tokens = new Uint8Array(slots.size);
    this.digits = new Float64Array(slots.size);
    this.places = new Int32Array(slots.size);
  }

  /** Whether the exact path must decide. */
  get odd(): boolean {
    return this.#odd;
  }

  /** How many line ends are inside the value. */
  get lines(): number {
    return this.#lines;
  }

  /** Where a malformed value stops being JSON. */
  get failedAt(): number {
    return this.#failedAt;
  }

  /**
   * Scans the value at `start`.
   *
   * @param bytes Must hold one zero byte at `end`.
   * @param atEnd Whether nothing follows the bytes, so that a number at their end is complete.
   * @returns Where the value ends, INCOMPLETE or MALFORMED.
   */
  scan(bytes: Uint8Array, start: number, end: number, atEnd: boolean): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#end = end;
    this.#atEnd = atEnd;
    this.#odd = false;
    this.#lines = 0;
    const { tokens } = this;
    const seen = this.#seen;
    for (let i = 0; i < tokens.length; i++) {
      tokens[i] = Token.NONE;
    }
    for (let i = 0; i < seen.length; i++) {
      seen[i] = 0;
    }
    const at =
      bytes[start] === OPEN_BRACE
        ? this.#object(start, this.#root, 0)
        : this.#value(start, undefined, -1);
    if (this.#copies.length > 0) {
      this.#copy();
    }
    return at;
  }

  /** Gives values to the columns that share a path or have several. */
  #copy(): void {
    const { starts, ends, tokens, digits, places } = this;
    for (const { from, to } of this.#copies) {
      if (tokens[to] === Token.NONE || tokens[to] === Token.NULL) {
        tokens[to] = tokens[from] as number;
        starts[to] = starts[from] as number;
        ends[to] = ends[from] as number;
        digits[to] = digits[from] as number;
        places[to] = places[from] as number;
      }
    }
  }

  #fail(at: number): number {
    this.#failedAt = at;
    return at >= this.#end ? INCOMPLETE : MALFORMED;
  }

  #skipSpace(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (;;) {
      const byte = bytes[at];
      if (byte === LF) {
        this.#lines++;
      } else if (byte !== SPACE && byte !== TAB && byte !== CR) {
        return at;
      }
      at++;
    }
  }

  #object(start: number, node: PathNode | undefined, depth: number): number {
    const bytes = this.#bytes;
    if (depth > maximumDepth) {
      return this.#fail(start);
    }
    if (node !== undefined) {
      this.#visit(node);
    }
    let at = start + 1;
    if ((bytes[at] as number) <= SPACE) {
      at = this.#skipSpace(at);
    }
    if (bytes[at] === CLOSE_BRACE) {
      return at + 1;
    }
    let previous = 0;
    for (;;) {
      if (bytes[at] !== QUOTE) {
        return this.#fail(at);
      }
      let index = -1;
      if (node === undefined) {
        at = this.#string(at);
      } else {
        index = node.followers[previous] as number;
        const end = this.#matches(node, index, at);
        if (end !== -1) {
          at = end;
        } else {
          const keyStart = at;
          at = this.#string(at);
          index = this.#find(node, keyStart, at, depth);
          if (index !== -1) {
            node.followers[previous] = index;
          }
        }
        if (index !== -1) {
          previous = index + 1;
        }
      }
      if (at < 0) {
        return at;
      }
      if ((bytes[at] as number) <= SPACE) {
        at = this.#skipSpace(at);
      }
      if (bytes[at] !== COLON) {
        return this.#fail(at);
      }
      at++;
      if ((bytes[at] as number) <= SPACE) {
        at = this.#skipSpace(at);
      }
      at =
        node === undefined || index === -1
          ? this.#value(at, undefined, depth)
          : this.#member(at, node.columns[index] as number, node.children[index], depth);
      if (at < 0) {
        return at;
      }
      if ((bytes[at] as number) <= SPACE) {
        at = this.#skipSpace(at);
      }
      const byte = bytes[at];
      if (byte === CLOSE_BRACE) {
        return at + 1;
      }
      if (byte !== COMMA) {
        return this.#fail(at);
      }
      at++;
      if ((bytes[at] as number) <= SPACE) {
        at = this.#skipSpace(at);
      }
    }
  }

  /** @returns Where the key ends if it is at `at`, otherwise -1. */
  #matches(node: PathNode, index: number, at: number): number {
    const key = node.keys[index];
    if (key === undefined) {
      return -1;
    }
    const { words, length, lastAt, mask } = key;
    const view = this.#view;
    if (at + lastAt + 4 > view.byteLength) {
      return -1;
    }
    // Four bytes at once, because most of the time goes into comparing keys.
    const last = words.length - 1;
    for (let word = 0; word < last; word++) {
      if (view.getInt32(at + word * 4, true) !== words[word]) {
        return -1;
      }
    }
    return (view.getInt32(at + lastAt, true) & mask) === words[last] ? at + length : -1;
  }

  /** The key between `start` and `end` among the node's, or -1. */
  #find(node: PathNode, start: number, end: number, depth: number): number {
    if (end < 0) {
      return -1;
    }
    if (this.#token === Token.ESCAPED_TEXT) {
      this.#odd = true;
      return -1;
    }
    const { keys } = node;
    for (let index = 0; index < keys.length; index++) {
      if (this.#matches(node, index, start) === end) {
        return index;
      }
    }
    if (this.#unknownIsOdd && depth === 0) {
      this.#odd = true;
    }
    this.unreadKeys.note(node.id, this.#bytes, start, end);
    return -1;
  }

  /** Scans the value of a key or index that leads to a column. */
  #member(start: number, column: number, child: PathNode | undefined, depth: number): number {
    const at = this.#value(start, child, depth);
    if (at < 0) {
      return at;
    }
    const token = this.#token;
    if (child !== undefined) {
      this.#enter(child, token);
    }
    if (column !== -1) {
      if (this.tokens[column] !== Token.NONE) {
        this.#odd = true;
      }
      const inQuotes = token <= Token.ESCAPED_TEXT ? 1 : 0;
      this.tokens[column] = token;
      this.starts[column] = start + inQuotes;
      this.ends[column] = at - inQuotes;
      this.digits[column] = this.#number;
      this.places[column] = this.#numberPlaces;
    }
    return at;
  }

  /** Notices a value that the node's paths can't lead into. Into null they lead, to nothing. */
  #enter(node: PathNode, token: number): void {
    const isRight =
      token === Token.OBJECT
        ? node.elements.length === 0
        : token === Token.NULL || (token === Token.ARRAY && node.keys.length === 0);
    if (!isRight) {
      this.#odd = true;
    } else if (token === Token.NULL) {
      this.#visit(node);
    }
  }

  /** Notices an object or array that occurs twice. */
  #visit({ id }: PathNode): void {
    if (this.#seen[id] === 1) {
      this.#odd = true;
    }
    this.#seen[id] = 1;
  }

  #value(start: number, node: PathNode | undefined, depth: number): number {
    const byte = this.#bytes[start] as number;
    switch (byte) {
      case QUOTE:
        return this.#string(start);
      case OPEN_BRACE: {
        const at = this.#object(start, node, depth + 1);
        this.#token = Token.OBJECT;
        return at;
      }
      case OPEN_BRACKET: {
        const at = this.#array(start, node?.elements ?? none, node, depth + 1);
        this.#token = Token.ARRAY;
        return at;
      }
      case LOWER_T:
        this.#token = Token.TRUE;
        return this.#word(start, TRUE);
      case LOWER_F:
        this.#token = Token.FALSE;
        return this.#word(start, FALSE);
      case LOWER_N:
        this.#token = Token.NULL;
        return this.#word(start, NULL);
      default:
        return this.#scanNumber(start);
    }
  }

  #array(
    start: number,
    elements: PathNode["elements"],
    node: PathNode | undefined,
    depth: number,
  ): number {
    const bytes = this.#bytes;
    if (depth > maximumDepth) {
      return this.#fail(start);
    }
    if (node !== undefined) {
      this.#visit(node);
    }
    let at = this.#skipSpace(start + 1);
    if (bytes[at] === CLOSE_BRACKET) {
      return at + 1;
    }
    for (let index = 0; ; index++) {
      const element = index < elements.length ? elements[index] : undefined;
      at =
        element === undefined
          ? this.#value(at, undefined, depth)
          : this.#member(at, element.column, element.child, depth);
      if (at < 0) {
        return at;
      }
      at = this.#skipSpace(at);
      const byte = bytes[at];
      if (byte === CLOSE_BRACKET) {
        return at + 1;
      }
      if (byte !== COMMA) {
        return this.#fail(at);
      }
      at = this.#skipSpace(at + 1);
    }
  }

  #string(start: number): number {
    const bytes = this.#bytes;
    this.#token = Token.TEXT;
    let at = start + 1;
    for (;;) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        return at + 1;
      }
      if (byte < SPACE) {
        return this.#fail(at);
      }
      if (byte !== BACKSLASH) {
        at++;
        continue;
      }
      this.#token = Token.ESCAPED_TEXT;
      const escaped = bytes[at + 1] as number;
      if (escaped === LOWER_U) {
        for (let i = at + 2; i < at + 6; i++) {
          if (!isHexadecimal(bytes[i] as number)) {
            return this.#fail(i);
          }
        }
        at += 6;
      } else if (isSimpleEscape(escaped)) {
        at += 2;
      } else {
        return this.#fail(at + 1);
      }
    }
  }

  #scanNumber(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    let token: number = Token.INTEGER;
    let digits = 0;
    let places = 0;
    let byte = bytes[at] as number;
    if (byte === MINUS) {
      byte = bytes[++at] as number;
    }
    if (byte === ZERO) {
      byte = bytes[++at] as number;
    } else if (isDigit(byte)) {
      do {
        digits = digits * 10 + byte - ZERO;
        byte = bytes[++at] as number;
      } while (isDigit(byte));
    } else {
      return this.#fail(at);
    }
    if (byte === POINT) {
      token = Token.FRACTION;
      const point = at;
      byte = bytes[++at] as number;
      if (!isDigit(byte)) {
        return this.#fail(at);
      }
      do {
        digits = digits * 10 + byte - ZERO;
        byte = bytes[++at] as number;
      } while (isDigit(byte));
      places = at - point - 1;
    }
    if (byte === LOWER_E || byte === UPPER_E) {
      token = Token.EXPONENT;
      byte = bytes[++at] as number;
      if (byte === PLUS || byte === MINUS) {
        byte = bytes[++at] as number;
      }
      if (!isDigit(byte)) {
        return this.#fail(at);
      }
      do {
        byte = bytes[++at] as number;
      } while (isDigit(byte));
    }
    this.#token = token;
    this.#number = bytes[start] === MINUS && digits !== 0 ? -digits : digits;
    this.#numberPlaces = places;
    return at >= this.#end && !this.#atEnd ? this.#fail(at) : at;
  }

  #word(start: number, letters: Uint8Array): number {
    for (let i = 1; i < letters.length; i++) {
      if (this.#bytes[start + i] !== letters[i]) {
        return this.#fail(start + i);
      }
    }
    return start + letters.length;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHexadecimal(byte: number): boolean {
  return isDigit(byte) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}

/** One of `"` `\` `/` b f n r t. */
function isSimpleEscape(byte: number): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 47:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return true;
    default:
      return false;
  }
}
