/** A batch of decoded rows, built column by column in memory that later batches reuse. */
import { Field, makeData, RecordBatch, Schema, Struct } from "apache-arrow";
import pl from "nodejs-polars";
import { needsPersonalKey } from "../contract/personal.ts";
import type { Table, TableColumn } from "../contract/table.ts";
import { HashingWriter } from "../personal/hashing-writer.ts";
import { hashesName } from "../personal/kept-frame.ts";
import { type PersonalKey, requiredKey } from "../personal/personal-key.ts";
import type { Refused } from "../quarantine.ts";
import { nativeOf } from "../types/native/native-types.ts";
import type { Value } from "../types/value.ts";
import { computedColumns } from "../validate/polars-computed.ts";
import { arrow } from "./arrow.ts";
import { ArrowFile } from "./arrow-file.ts";
import type { Block } from "./block.ts";
import { ChildWriter } from "./child-writer.ts";
import type { RowWriter } from "./column-writer.ts";
import { childReader } from "./exact.ts";
import { SpelledWriter, takesNull } from "./spelled-writer.ts";
import type { Records, TextOf } from "./splitter.ts";
import * as Token from "./token.ts";

/** Records decoded together. */
export interface Batch {
  /** The rows, in the contract's columns and types. */
  readonly frame: pl.DataFrame;
  readonly rows: number;
  /** In the order of the records. The object's damage, if any, comes last. */
  readonly refused: readonly Refused[];
  readonly dropped: number;
  /** How many different keys that no column reads the object has had so far. */
  readonly unreadKeys: number;
  /** Records that were removed from the object (`forgotten.ts`). */
  readonly forgotten: number;
  /** The record that a row was made from. Its bytes are borrowed: `decode` says for how long. */
  source(row: number): Pick<Refused, "line" | "number" | "byteOffset" | "raw" | "json">;
}

/** The most records that a batch refuses. Each takes a kilobyte until it is in quarantine. */
const maximumRefused = 8_192;

/** Builds one batch after another. A batch's memory is overwritten two batches later. */
export class BatchBuilder {
  #rows = 0;
  #refused: Refused[] = [];
  #dropped = 0;
  #forgotten = 0;
  /** Of the current batch, and of the one before. */
  #places: Places;
  #otherPlaces: Places;

  /** What makes rows into JSON, from each row on where it is another than before. */
  #texts: { readonly from: number; readonly textOf: TextOf | undefined }[] = [];
  #textOf: TextOf | undefined;

  readonly #capacity: number;
  readonly #writers: readonly RowWriter[];
  /** Whether a missing value becomes null. If not, the exact path decides. */
  readonly #nullable: readonly boolean[];
  readonly #names: readonly string[];
  /** The columns of which silver keeps hashes. */
  readonly #hashed: { readonly name: string; readonly writer: HashingWriter }[] = [];
  readonly #computed: readonly pl.Expr[];
  readonly #arrowFile = new ArrowFile();

  /**
   * @param table With the columns that records have.
   * @param capacity The most rows of a batch.
   * @throws PersonalKeyError if a column is hashed, and there is no key.
   */
  constructor({ name, columns, unwrap }: Table, capacity: number, key?: PersonalKey) {
    if (needsPersonalKey({ columns })) {
      requiredKey(key, name);
    }
    this.#capacity = capacity;
    this.#places = new Places(capacity, unwrap !== undefined);
    this.#otherPlaces = new Places(capacity, unwrap !== undefined);
    this.#writers = columns.map((column, index) => {
      const writer = writerOf(column, index, capacity, key);
      if (column.pii !== "hash") {
        return writer;
      }
      const hashes = nativeOf({ kind: "string" }).writer(
        { index, capacity, pattern: undefined },
        { kind: "string" },
      );
      const both = new HashingWriter(column, requiredKey(key, name), writer, hashes);
      this.#hashed.push({ name: hashesName(column.name), writer: both });
      return new SpelledWriter(column, {}, index, both);
    });
    // Computed columns are made from the frame. Until then they are null.
    this.#nullable = columns.map((column) => column.computed !== undefined || takesNull(column));
    this.#computed = computedColumns({ columns });
    this.#names = columns.map(({ name }) => name);
  }

  /** Whether the batch must be finished before it takes another record. */
  get isFull(): boolean {
    return this.#rows === this.#capacity || this.#refused.length >= maximumRefused;
  }

  get isEmpty(): boolean {
    return (
      this.#rows === 0 && this.#refused.length === 0 && this.#dropped === 0 && this.#forgotten === 0
    );
  }

  /** Adds the values that the scanner found in the record. @returns false if the exact path must read one. */
  addPlain(record: Records): boolean {
    const writers = this.#writers;
    const nullable = this.#nullable;
    const rows = this.#rows;
    const { found } = record;
    const { bytes } = record.block;
    const { tokens } = found;
    for (let i = 0; i < writers.length; i++) {
      const token = tokens[i] as number;
      const writer = writers[i] as RowWriter;
      if (token === Token.NONE || token === Token.NULL) {
        if (nullable[i] !== true) {
          return false;
        }
        writer.exact(null, rows);
      } else if (!writer.fast(bytes, found, rows)) {
        return false;
      }
    }
    this.#keep(record);
    return true;
  }

  /** Adds the values that the exact path has read. */
  addExact(record: Records, values: readonly Value[]): void {
    const writers = this.#writers;
    for (let i = 0; i < writers.length; i++) {
      (writers[i] as RowWriter).exact(values[i] as Value, this.#rows);
    }
    this.#keep(record);
  }

  #keep({ start, end, line, number, textOf }: Records): void {
    const row = this.#rows;
    if (textOf !== this.#textOf) {
      this.#textOf = textOf;
      this.#texts.push({ from: row, textOf });
    }
    const places = this.#places;
    places.starts[row] = start;
    places.ends[row] = end;
    places.lines[row] = line;
    if (number !== undefined) {
      places.numbers[row] = number;
    }
    this.#rows = row + 1;
  }

  /** Counts a dropped record. */
  drop(): void {
    this.#dropped++;
  }

  /** Counts a record that was removed. */
  forget(): void {
    this.#forgotten++;
  }

  /** Adds a refused record, or the object's damage. */
  refuse(refused: Refused): void {
    this.#refused.push(refused);
  }

  /**
   * Returns the batch, and starts the next.
   *
   * @param block The block that all its rows are in.
   * @param unreadKeys How many different keys that no column reads the object has had so far.
   */
  finish({ bytes, base }: Block, unreadKeys: number): Batch {
    const { starts, ends, lines, numbers } = this.#places;
    const texts = this.#texts;
    const batch: Batch = {
      frame: this.#frame(this.#rows),
      rows: this.#rows,
      refused: this.#refused,
      dropped: this.#dropped,
      unreadKeys,
      forgotten: this.#forgotten,
      source: (row) => {
        const start = starts[row] ?? 0;
        const raw = bytes.subarray(start, ends[row]);
        const number = numbers[row] === 0 ? undefined : numbers[row];
        const json = texts.findLast(({ from }) => from <= row)?.textOf?.(raw);
        return { line: lines[row] ?? 0, number, byteOffset: base + start, raw, json };
      },
    };
    [this.#places, this.#otherPlaces] = [this.#otherPlaces, this.#places];
    this.#rows = 0;
    this.#refused = [];
    this.#dropped = 0;
    this.#forgotten = 0;
    this.#texts = [];
    this.#textOf = undefined;
    return batch;
  }

  #frame(length: number): pl.DataFrame {
    const children = this.#writers.map((writer) => writer.finish(arrow, length));
    children.push(...this.#hashed.map(({ writer }) => writer.finishHashes(arrow, length)));
    const names = [...this.#names, ...this.#hashed.map((each) => each.name)];
    const fields = children.map(({ type }, i) => new Field(names[i] as string, type, true));
    const type = new Struct(fields);
    const struct = makeData({ type, length, nullCount: 0, children });
    const schema = new Schema(fields);
    const frame = pl.readIPC(this.#arrowFile.write(new RecordBatch(schema, struct)));
    return this.#computed.length === 0 ? frame : frame.withColumns(...this.#computed);
  }
}

function writerOf(
  column: TableColumn,
  index: number,
  capacity: number,
  key: PersonalKey | undefined,
): RowWriter {
  const { type, pattern, reading, child } = column;
  const { epoch, assumedOffset } = reading ?? {};
  const writer = nativeOf(type).writer({ index, capacity, pattern, epoch, assumedOffset }, type);
  if (child !== undefined) {
    return new ChildWriter(childReader(column, child, key), index, writer);
  }
  return reading === undefined ? writer : new SpelledWriter(column, reading, index, writer);
}

/** Where the records of a batch's rows are: their place in the block, and their line. */
class Places {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly lines: Float64Array;
  /** Empty if there are no envelopes. */
  readonly numbers: Int32Array;

  constructor(rows: number, areInner: boolean) {
    this.numbers = new Int32Array(areInner ? rows : 0);
    this.starts = new Int32Array(rows);
    this.ends = new Int32Array(rows);
    this.lines = new Float64Array(rows);
  }
}
