/** Writes a column whose values records may spell in other ways, straight from what the scanner found. */

import type { TableColumn } from "../contract/checked-table.ts";
import { utf8 } from "../types/native/text-buffer.ts";
import { readValue } from "../types/read-value.ts";
import type { Reading, ReadingOption } from "../types/reading.ts";
import type { Value } from "../types/value.ts";
import type { Arrow, ArrowData } from "./arrow.ts";
import type { Found, RowWriter } from "./column-writer.ts";
import { JsonNumber, type JsonValue } from "./json.ts";
import * as Token from "./token.ts";

/** Options that the writers of types know. */
const nativeOptions: ReadonlySet<string> = new Set<ReadingOption>([
  "epoch",
  "coerce",
  "assumedOffset",
]);

/** Reads each value as the exact path does, without parsing the record. */
export class SpelledWriter implements RowWriter {
  readonly #column: TableColumn;
  readonly #index: number;
  readonly #writer: RowWriter;
  /** Whether the writer of the type reads the common spelling itself, which is faster. */
  readonly #isNative: boolean;

  /** @param writer The column's writer, as its type has it. */
  constructor(column: TableColumn, reading: Reading, index: number, writer: RowWriter) {
    this.#column = column;
    this.#index = index;
    this.#writer = writer;
    this.#isNative = Object.keys(reading).every((option) => nativeOptions.has(option));
  }

  fast(bytes: Uint8Array, found: Found, row: number): boolean {
    if (this.#isNative && this.#writer.fast(bytes, found, row)) {
      return true;
    }
    const column = this.#column;
    const given = this.#given(bytes, found);
    const read = given === undefined ? undefined : readValue(column, given);
    if (read?.ok !== true || (read.value === null && !takesNull(column))) {
      return false;
    }
    if (typeof read.value === "string" && column.pattern?.test(read.value) === false) {
      return false;
    }
    this.#writer.exact(read.value, row);
    return true;
  }

  exact(value: Value, row: number): void {
    this.#writer.exact(value, row);
  }

  finish(arrow: Arrow, rows: number): ArrowData {
    return this.#writer.finish(arrow, rows);
  }

  /** A string without escapes, a number or a boolean. */
  #given(bytes: Uint8Array, found: Found): NonNullable<JsonValue> | undefined {
    const token = found.tokens[this.#index];
    if (token === Token.TRUE || token === Token.FALSE) {
      return token === Token.TRUE;
    }
    const isText = token === Token.TEXT;
    if (
      !isText &&
      token !== Token.INTEGER &&
      token !== Token.FRACTION &&
      token !== Token.EXPONENT
    ) {
      return undefined;
    }
    const start = found.starts[this.#index] as number;
    const text = utf8(bytes, start, found.ends[this.#index] as number);
    return isText ? text : new JsonNumber(text);
  }
}

/** Whether a missing value becomes null. If not, the exact path decides. */
export function takesNull(column: Pick<TableColumn, "nullable" | "default">): boolean {
  return column.nullable && column.default === undefined;
}
