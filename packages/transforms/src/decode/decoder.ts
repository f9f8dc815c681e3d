/**
 * Decodes the bytes of one bronze object into batches: a typed Polars frame of the rows, and the records
 * that are refused. Plain records take the fast path from bytes to columns; the exact path reads the rest.
 */
import * as arrow from "apache-arrow";
import pl from "nodejs-polars";
import type { Value } from "../contract/column-type.ts";
import type { Table } from "../contract/table.ts";
import type { Refused } from "../quarantine.ts";
import { ArrowFile } from "./arrow-file.ts";
import { OPEN_BRACE } from "./ascii.ts";
import type { ColumnWriter } from "./column-writer.ts";
import { columnWriter } from "./column-writers.ts";
import { ExactReader, type Reason } from "./exact.ts";
import { pathTree } from "./path-tree.ts";
import { type ReaderLimits, RecordReader } from "./record-reader.ts";
import { Scanner } from "./scanner.ts";
import type { RecordKind, RecordSink } from "./splitter.ts";
import * as Token from "./token.ts";

/** Rows decoded together, with where each came from. */
export interface Batch {
  /** The rows, in the contract's columns and types. */
  readonly frame: pl.DataFrame;
  readonly rows: number;
  /** Records refused or dropped so far, in order, and not yet handed out. */
  readonly refused: readonly Refused[];
  readonly dropped: number;
  /** The record that a row was made from; its bytes are only lent. */
  source(row: number): { line: number; byteOffset: number; raw: Buffer };
}

/** Bounds on memory. */
export interface DecoderLimits extends ReaderLimits {
  /** Rows of a batch at most. */
  readonly batchRows: number;
}

const defaultBatchRows = 65_536;
/** Records that a batch refuses at most: each takes a kilobyte until it is in quarantine. */
const batchRefused = 8_192;
/** Bytes kept of a record that is too large. */
const keptOfOversize = 65_536;

/** Decodes one object. */
export class Decoder implements RecordSink {
  /** Records seen, whatever became of them. */
  records = 0;
  /** Whether part of the object could not be read. */
  damaged = false;

  readonly #scanner: Scanner;
  readonly #reader: RecordReader;
  readonly #exact: ExactReader;
  readonly #writers: readonly ColumnWriter[];
  readonly #arrowFile = new ArrowFile();
  /** Whether the row of a record without a value holds null; else the exact path decides. */
  readonly #nullable: readonly boolean[];
  readonly #batchRows: number;
  /** Of the rows of the batch under way. */
  #places: Places;
  /** Of batches that are done with. */
  readonly #free: Places[] = [];
  /** The batch handed out last. */
  #latest: Promise<void> = Promise.resolve();

  #rows = 0;
  #refused: Refused[] = [];
  #dropped = 0;
  #flushed = false;
  /** An object without records is one empty batch. */
  #mustFlush = false;
  #lent: Buffer = Buffer.alloc(0);
  #damage: string | undefined;

  readonly #table: Table;
  readonly #onBatch: (batch: Batch) => Promise<void>;

  /**
   * @param onBatch Takes each batch; what it is lent it must not use once its promise is settled. Meanwhile the next one is decoded.
   */
  constructor(
    table: Table,
    onBatch: (batch: Batch) => Promise<void>,
    limits: Partial<DecoderLimits> = {},
  ) {
    this.#table = table;
    this.#onBatch = onBatch;
    const { root, size } = pathTree(table.columns);
    const unknownIsOdd = table.unknownColumns === "quarantine";
    this.#scanner = new Scanner(root, table.columns.length, size, unknownIsOdd);
    this.#reader = new RecordReader(this.#scanner, this, limits);
    this.#exact = new ExactReader(table);
    this.#batchRows = limits.batchRows ?? defaultBatchRows;
    this.#writers = table.columns.map((column, i) => columnWriter(column, i, this.#batchRows));
    this.#nullable = table.columns.map((each) => each.nullable && each.default === undefined);
    this.#places = new Places(this.#batchRows);
  }

  /** Takes the object's next bytes. @throws What `onBatch` throws. */
  async write(chunk: Uint8Array): Promise<void> {
    await this.#run(this.#reader.write(chunk));
  }

  /**
   * Takes the object's end, and waits until all batches are done with.
   *
   * @param damage What is wrong with the object as a whole, if its bytes could not all be read.
   * @throws What `onBatch` throws.
   */
  async end(damage?: string): Promise<void> {
    this.#damage = damage;
    this.#mustFlush = !this.#flushed;
    await this.#run(this.#reader.end());
    if (this.#damage !== undefined) {
      this.#refuseObject(this.#damage, this.#reader.offset, Buffer.alloc(0));
    }
    const latest = this.#latest;
    this.flush();
    await Promise.all([latest, this.#latest]);
  }

  /** Reads on while the batch before is taken, but not past it. */
  async #run(reading: Iterable<void>): Promise<void> {
    let before = this.#latest;
    for (const _flushed of reading) {
      await before;
      before = this.#latest;
    }
  }

  record(kind: RecordKind, bytes: Buffer, start: number, end: number): boolean {
    this.records++;
    const plain = kind === "value" && bytes[start] === OPEN_BRACE && !this.#scanner.odd;
    const utf8 = this.#reader.isUtf8(bytes, start, end);
    if (plain && utf8 && this.#fast(bytes)) {
      this.#keep(bytes, start, end);
    } else if (kind === "tail") {
      this.#refuseTail(start, bytes.subarray(start, end));
    } else if (kind === "oversize") {
      const message = `the record is larger than ${end - start} bytes; here is its beginning`;
      const raw = bytes.subarray(start, Math.min(end, start + keptOfOversize));
      this.#refuse(start, raw, [{ column: null, rule: "record_too_large", message }]);
    } else if (!utf8) {
      const message = "the record is not UTF-8";
      const raw = bytes.subarray(start, end);
      this.#refuse(start, raw, [{ column: null, rule: "invalid_utf8", message }]);
    } else {
      this.#judge(bytes, start, end);
    }
    return this.#rows === this.#batchRows || this.#refused.length >= batchRefused;
  }

  /** Writes the values that the scanner found, if all of them are plain. */
  #fast(bytes: Buffer): boolean {
    const writers = this.#writers;
    const rows = this.#rows;
    const nullable = this.#nullable;
    const { tokens } = this.#scanner;
    for (let i = 0; i < writers.length; i++) {
      const token = tokens[i] as number;
      const writer = writers[i] as ColumnWriter;
      if (token === Token.NONE || token === Token.NULL) {
        if (nullable[i] !== true) {
          return false;
        }
        writer.exact(null, rows);
      } else if (!writer.fast(bytes, this.#scanner, rows)) {
        return false;
      }
    }
    return true;
  }

  #judge(bytes: Buffer, start: number, end: number): void {
    const verdict = this.#exact.read(bytes.toString("utf8", start, end));
    if (verdict.outcome === "row") {
      const writers = this.#writers;
      const rows = this.#rows;
      for (let i = 0; i < writers.length; i++) {
        (writers[i] as ColumnWriter).exact(verdict.values[i] as Value, rows);
      }
      this.#keep(bytes, start, end);
    } else if (verdict.outcome === "dropped") {
      this.#dropped++;
    } else {
      this.#refuse(start, bytes.subarray(start, end), verdict.reasons);
    }
  }

  /** Half a last record: it and what cut it off are one entry. */
  #refuseTail(start: number, raw: Buffer): void {
    this.records--;
    const damage = this.#damage ?? "the object ends inside its last record";
    this.#damage = undefined;
    this.#refuseObject(damage, this.#reader.base + start, raw);
  }

  #refuseObject(message: string, byteOffset: number, raw: Buffer): void {
    this.records++;
    this.damaged = true;
    this.#refused.push({
      kind: "object",
      line: this.#reader.line,
      byteOffset,
      raw: Buffer.from(raw),
      reasons: [{ column: null, rule: "damaged_object", message }],
    });
  }

  #refuse(start: number, raw: Buffer, reasons: readonly [Reason, ...Reason[]]): void {
    this.#refused.push({
      kind: "record",
      line: this.#reader.line,
      byteOffset: this.#reader.base + start,
      raw: Buffer.from(raw),
      reasons,
    });
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#lent = bytes;
    const { starts, ends, lines } = this.#places;
    starts[this.#rows] = start;
    ends[this.#rows] = end;
    lines[this.#rows] = this.#reader.line;
    this.#rows++;
  }

  flush(): void {
    const rows = this.#rows;
    const refused = this.#refused;
    const dropped = this.#dropped;
    const lent = this.#lent;
    const places = this.#places;
    if (rows === 0 && refused.length === 0 && dropped === 0 && !this.#mustFlush) {
      return;
    }
    this.#mustFlush = false;
    this.#flushed = true;
    const { base } = this.#reader;
    this.#rows = 0;
    this.#refused = [];
    this.#dropped = 0;
    this.#places = this.#free.pop() ?? new Places(this.#batchRows);
    const taken = this.#onBatch({
      frame: this.#frame(rows),
      rows,
      refused,
      dropped,
      source: (row) => {
        const start = places.starts[row] ?? 0;
        const raw = lent.subarray(start, places.ends[row]);
        return { line: places.lines[row] ?? 0, byteOffset: base + start, raw };
      },
    }).finally(() => this.#free.push(places));
    // A failure is seen where the promise is awaited; until then it must not count as unhandled.
    taken.catch(() => {});
    this.#latest = taken;
  }

  #frame(rows: number): pl.DataFrame {
    const children = this.#writers.map((writer) => writer.finish(rows));
    const fields = this.#table.columns.map(
      ({ name }, i) => new arrow.Field(name, (children[i] as arrow.Data).type, true),
    );
    const schema = new arrow.Schema(fields);
    const struct = arrow.makeData({
      type: new arrow.Struct(fields),
      length: rows,
      nullCount: 0,
      children,
    });
    return pl.readIPC(this.#arrowFile.write(new arrow.RecordBatch(schema, struct)));
  }
}

/** Where the records of a batch's rows are in the lent bytes, and on which line. */
class Places {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly lines: Float64Array;

  constructor(rows: number) {
    this.starts = new Int32Array(rows);
    this.ends = new Int32Array(rows);
    this.lines = new Float64Array(rows);
  }
}
