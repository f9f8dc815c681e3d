/** Writes a column of personal data twice: its values, which the contract's rules need, and their hashes, which silver keeps. */
import type { TableColumn } from "../contract/checked-table.ts";
import type { Arrow, ArrowData } from "../decode/arrow.ts";
import type { RowWriter } from "../decode/column-writer.ts";
import { formatValue } from "../types/column-type.ts";
import type { Value } from "../types/value.ts";
import type { PersonalKey } from "./personal-key.ts";

/** Each value passes through `exact`, because a hash is of the value, however the record spells it. */
export class HashingWriter implements RowWriter {
  readonly #type: TableColumn["type"];
  readonly #key: PersonalKey;
  readonly #values: RowWriter;
  readonly #hashes: RowWriter;

  /**
   * @param values Writes the column.
   * @param hashes Writes a column of strings.
   */
  constructor({ type }: TableColumn, key: PersonalKey, values: RowWriter, hashes: RowWriter) {
    this.#type = type;
    this.#key = key;
    this.#values = values;
    this.#hashes = hashes;
  }

  fast(): false {
    return false;
  }

  exact(value: Value, row: number): void {
    this.#values.exact(value, row);
    const hash = value === null ? null : this.#key.hash(formatValue(this.#type, value));
    this.#hashes.exact(hash, row);
  }

  finish(arrow: Arrow, rows: number): ArrowData {
    return this.#values.finish(arrow, rows);
  }

  /** The hashes of the first `rows` values. */
  finishHashes(arrow: Arrow, rows: number): ArrowData {
    return this.#hashes.finish(arrow, rows);
  }
}
