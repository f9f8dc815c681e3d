/**
 * Decodes the bytes of one bronze object into batches: a typed Polars frame of the rows, and the records
 * that are refused. Plain records take the fast path from bytes to columns; the exact path reads the rest.
 */
import { isUtf8 } from "node:buffer";
import * as arrow from "apache-arrow";
import pl from "nodejs-polars";
import type { Value } from "../contract/column-type.ts";
import type { Table } from "../contract/table.ts";
import type { Refused } from "../quarantine.ts";
import { type ColumnWriter, columnWriter } from "./column-writer.ts";
import { ExactReader, type Reason } from "./exact.ts";
import { pathTree } from "./path-tree.ts";
import { Scanner, Token } from "./scanner.ts";
import { type RecordKind, type RecordSink, Splitter } from "./splitter.ts";

/** Rows decoded together, with where each came from. */
export interface Batch {
  /** The rows, in the contract's columns and types. */
  readonly frame: pl.DataFrame;
  readonly rows: number;
  /** Records refused or dropped so far, in order, and not yet handed out. */
  readonly refused: readonly Refused[];
  readonly dropped: number;
  /** The record that a row was made from. */
  source(row: number): { line: number; byteOffset: number; raw: Buffer };
}

/** Bounds on memory. */
export interface DecoderLimits {
  /** No record is larger; a larger one is refused. Bytes. */
  readonly maximumRecordBytes: number;
  /** Rows of a batch at most. */
  readonly batchRows: number;
}

/** The limits where none are given. */
export const defaultLimits: DecoderLimits = {
  maximumRecordBytes: 16 * 1024 * 1024,
  batchRows: 65_536,
};

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Zero bytes behind the buffer's contents: the scanner stops at the first, and may look at the others. */
const PADDING = 256;

/** Decodes one object. */
export class Decoder implements RecordSink {
  /** Records seen, whatever became of them. */
  records = 0;

  private readonly scanner: Scanner;
  private readonly splitter: Splitter;
  private readonly exact: ExactReader;
  private readonly writers: readonly ColumnWriter[];
  private readonly defaults: readonly (boolean | undefined)[];
  private readonly batchRows: number;
  private readonly starts: Float64Array;
  private readonly ends: Float64Array;
  private readonly lines: Float64Array;

  private buffer = Buffer.alloc(0);
  private used = 0;
  private length = 0;
  /** Offset in the object of the buffer's first byte. */
  private base = 0;
  private started = false;
  /** Bytes up to here are known to be UTF-8. */
  private utf8Until = 0;

  private rows = 0;
  private refused: Refused[] = [];
  private dropped = 0;
  private damage: string | undefined;

  /**
   * @param onBatch Takes each batch; its frame is its own, the raw bytes are only lent.
   */
  constructor(
    private readonly table: Table,
    private readonly onBatch: (batch: Batch) => void,
    limits: Partial<DecoderLimits> = {},
  ) {
    const { maximumRecordBytes, batchRows } = { ...defaultLimits, ...limits };
    const { root, size } = pathTree(table.columns);
    this.scanner = new Scanner(root, table.columns.length, size, table.unknownColumns !== "ignore");
    this.splitter = new Splitter(this.scanner, this, maximumRecordBytes);
    this.exact = new ExactReader(table);
    this.writers = table.columns.map((column) => columnWriter(column, batchRows));
    this.defaults = table.columns.map((column) =>
      column.nullable && column.default === undefined ? true : undefined,
    );
    this.batchRows = batchRows;
    this.starts = new Float64Array(batchRows);
    this.ends = new Float64Array(batchRows);
    this.lines = new Float64Array(batchRows);
  }

  /** Takes the object's next bytes. */
  write(chunk: Uint8Array): void {
    this.append(chunk);
    this.decode(false);
  }

  /**
   * Takes the object's end.
   *
   * @param damage What is wrong with the object as a whole, if its bytes could not all be read.
   */
  end(damage?: string): void {
    this.damage = damage;
    this.decode(true);
    if (this.damage !== undefined) {
      this.refuseObject(this.damage, this.base + this.length, Buffer.alloc(0));
      this.flush();
    }
  }

  private append(chunk: Uint8Array): void {
    const rest = this.length - this.used;
    const needed = rest + chunk.length + PADDING;
    if (needed > this.buffer.length) {
      const larger = Buffer.alloc(needed);
      this.buffer.copy(larger, 0, this.used, this.length);
      this.buffer = larger;
    } else {
      this.buffer.copyWithin(0, this.used, this.length);
    }
    this.base += this.used;
    this.used = 0;
    this.buffer.set(chunk, rest);
    this.length = rest + chunk.length;
    this.buffer.fill(0, this.length, this.length + PADDING);
  }

  private decode(atEnd: boolean): void {
    if (!this.started) {
      if (this.length < BOM.length && !atEnd) return;
      this.started = true;
      if (this.buffer.subarray(0, BOM.length).equals(BOM)) this.used = BOM.length;
    }
    const bytes = this.buffer.subarray(0, this.length + PADDING);
    const lastLine = bytes.lastIndexOf(10, this.length) + 1;
    this.utf8Until = isUtf8(bytes.subarray(this.used, lastLine)) ? lastLine : 0;
    this.used = this.splitter.split(bytes, this.used, this.length, atEnd);
    this.flush();
  }

  record(kind: RecordKind, bytes: Buffer, start: number, end: number): void {
    this.records++;
    const plain = kind === "value" && bytes[start] === 123 && !this.scanner.odd;
    const utf8 = end <= this.utf8Until || isUtf8(bytes.subarray(start, end));
    if (plain && utf8 && this.fast(bytes)) {
      this.keep(start, end);
    } else if (kind === "oversize") {
      const limit = `the record is larger than ${end - start} bytes; its beginning is kept here`;
      const raw = Buffer.from(bytes.subarray(start, Math.min(end, start + 65_536)));
      this.refuse("record", start, raw, { column: null, rule: "record_too_large", message: limit });
    } else if (!utf8) {
      this.refuseBytes(kind, bytes, start, end);
    } else {
      this.judge(kind, bytes, start, end);
    }
    if (this.rows === this.batchRows) this.flush();
  }

  /** Writes the values that the scanner found, if all of them are plain. */
  private fast(bytes: Buffer): boolean {
    const { writers, rows, defaults } = this;
    const { tokens, starts, ends } = this.scanner;
    for (let i = 0; i < writers.length; i++) {
      const token = tokens[i] as number;
      const writer = writers[i] as ColumnWriter;
      if (token === Token.none || token === Token.null) {
        if (defaults[i] !== true) return false;
        writer.exact(null, rows);
      } else if (!writer.fast(bytes, starts[i] as number, ends[i] as number, token, rows)) {
        return false;
      }
    }
    return true;
  }

  private judge(kind: RecordKind, bytes: Buffer, start: number, end: number): void {
    const verdict = this.exact.read(bytes.toString("utf8", start, end));
    if (verdict.outcome === "row") {
      const { writers, rows } = this;
      for (let i = 0; i < writers.length; i++) {
        (writers[i] as ColumnWriter).exact(verdict.values[i] as Value, rows);
      }
      this.keep(start, end);
    } else if (verdict.outcome === "dropped") {
      this.dropped++;
    } else if (kind === "tail" && verdict.reasons[0].rule === "malformed_json") {
      this.refuseTail(start, Buffer.from(bytes.subarray(start, end)));
    } else {
      const [first, ...others] = verdict.reasons;
      this.refuse("record", start, Buffer.from(bytes.subarray(start, end)), first, ...others);
    }
  }

  private refuseBytes(kind: RecordKind, bytes: Buffer, start: number, end: number): void {
    const raw = Buffer.from(bytes.subarray(start, end));
    if (kind === "tail") {
      this.refuseTail(start, raw);
      return;
    }
    const message = "the record is not UTF-8";
    this.refuse("record", start, raw, { column: null, rule: "invalid_utf8", message });
  }

  /** Half a last record: it and what cut it off are one entry. */
  private refuseTail(start: number, raw: Buffer): void {
    this.records--;
    const damage = this.damage ?? "the object ends inside its last record";
    this.damage = undefined;
    this.refuseObject(damage, this.base + start, raw);
  }

  private refuseObject(message: string, byteOffset: number, raw: Buffer): void {
    this.records++;
    const reasons = [{ column: null, rule: "damaged_object", message }] as const;
    this.refused.push({ kind: "object", line: this.splitter.line, byteOffset, raw, reasons });
  }

  private refuse(
    kind: "record",
    start: number,
    raw: Buffer,
    ...reasons: [Reason, ...Reason[]]
  ): void {
    const { line } = this.splitter;
    this.refused.push({ kind, line, byteOffset: this.base + start, raw, reasons });
  }

  private keep(start: number, end: number): void {
    this.starts[this.rows] = start;
    this.ends[this.rows] = end;
    this.lines[this.rows] = this.splitter.line;
    this.rows++;
  }

  private flush(): void {
    const { rows, refused, dropped, base, buffer, starts, ends, lines } = this;
    if (rows === 0 && refused.length === 0 && dropped === 0) return;
    this.rows = 0;
    this.refused = [];
    this.dropped = 0;
    this.onBatch({
      frame: this.frame(rows),
      rows,
      refused,
      dropped,
      source: (row) => {
        const start = starts[row] ?? 0;
        const raw = Buffer.from(buffer.subarray(start, ends[row]));
        return { line: lines[row] ?? 0, byteOffset: base + start, raw };
      },
    });
  }

  private frame(rows: number): pl.DataFrame {
    const children = this.writers.map((writer) => writer.finish(rows));
    const fields = this.table.columns.map(
      ({ name }, i) => new arrow.Field(name, (children[i] as arrow.Data).type, true),
    );
    const schema = new arrow.Schema(fields);
    const struct = arrow.makeData({
      type: new arrow.Struct(fields),
      length: rows,
      nullCount: 0,
      children,
    });
    const table = new arrow.Table([new arrow.RecordBatch(schema, struct)]);
    const bytes = arrow.tableToIPC(table, "file");
    return pl.readIPC(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}
