/** Writes the column that holds the elements of a child, straight from the array that the scanner found. */
import { utf8 } from "../types/native/text-buffer.ts";
import type { Value } from "../types/value.ts";
import type { Arrow, ArrowData } from "./arrow.ts";
import type { ChildReader } from "./child-reader.ts";
import type { Found, RowWriter } from "./column-writer.ts";
import { parseJson } from "./json.ts";
import * as Token from "./token.ts";

/** Reads each array as the exact path does, without parsing the rest of the record. */
export class ChildWriter implements RowWriter {
  readonly #reader: ChildReader;
  readonly #index: number;
  readonly #writer: RowWriter;

  /** @param writer The writer of the column's type. */
  constructor(reader: ChildReader, index: number, writer: RowWriter) {
    this.#reader = reader;
    this.#index = index;
    this.#writer = writer;
  }

  fast(bytes: Uint8Array, { starts, ends, tokens }: Found, row: number): boolean {
    if (tokens[this.#index] !== Token.ARRAY) {
      return false;
    }
    const text = utf8(bytes, starts[this.#index] as number, ends[this.#index] as number);
    const read = this.#reader.read(parseJson(text) ?? []);
    if (!read.ok) {
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
}
