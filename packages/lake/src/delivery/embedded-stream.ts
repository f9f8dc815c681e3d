/** The delivery stream of a lake on a laptop. It writes the same bronze objects as Firehose. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { asError } from "@lakehouse/transforms/errors";
import { v7 } from "uuid";
import { DeliveryError, StoreError } from "../errors.ts";
import type { ObjectStore } from "../object-store.ts";
import {
  type AcceptedRecord,
  checkRecord,
  type DeliveryReport,
  type DeliveryStream,
} from "./delivery-stream.ts";

/** Options of an embedded stream. */
export interface EmbeddedStreamOptions {
  /** MiB of records in one object, newlines included. Default: 5. */
  readonly bufferMib?: number;
  /** Metadata of the objects. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The clock. */
  readonly now?: () => Date;
  /** Returns the last part of an object's name. */
  readonly uuid?: () => string;
}

const defaultBufferMib = 5;
const newline = Buffer.from("\n");
const compress = promisify(gzip);

/** Collects records, appends a newline to each, and writes them to bronze, compressed. */
export class EmbeddedStream implements DeliveryStream {
  readonly #store: ObjectStore;
  readonly #table: string;
  readonly #limit: number;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #now: () => Date;
  readonly #uuid: () => string;
  #kept: AcceptedRecord[] = [];
  #keptBytes = 0;
  #arrival = new Date(0);
  #report: DeliveryReport = { records: 0, objects: 0, bytes: 0 };

  constructor(store: ObjectStore, table: string, options: EmbeddedStreamOptions = {}) {
    this.#store = store;
    this.#table = table;
    this.#limit = (options.bufferMib ?? defaultBufferMib) * 1024 * 1024;
    this.#metadata = options.metadata ?? {};
    this.#now = options.now ?? (() => new Date());
    // Version 7 sorts by time: of two objects that arrive in one second, the later has the greater key.
    this.#uuid = options.uuid ?? (() => v7());
  }

  async put(
    bytes: Buffer,
    line: number = this.#report.records + this.#kept.length + 1,
  ): Promise<void> {
    const record = { bytes, line };
    checkRecord(record);
    const size = bytes.byteLength + newline.byteLength;
    if (this.#keptBytes + size > this.#limit) {
      await this.#deliver();
    }
    if (this.#kept.length === 0) {
      this.#arrival = this.#now();
    }
    this.#kept.push(record);
    this.#keptBytes += size;
  }

  async close(): Promise<DeliveryReport> {
    await this.#deliver();
    return this.#report;
  }

  async #deliver(): Promise<void> {
    const [first] = this.#kept;
    if (first === undefined) {
      return;
    }
    const { records, objects, bytes } = this.#report;
    const content = await compress(
      Buffer.concat(this.#kept.flatMap((each) => [each.bytes, newline])),
    );
    try {
      await this.#store.put(objectKey(this.#table, this.#arrival, this.#uuid()), content, {
        metadata: this.#metadata,
      });
    } catch (error) {
      const stream = this.#store.description;
      // The original error, because the store's message has a hint of its own.
      const cause = error instanceof StoreError ? (error.cause ?? error) : error;
      const reason = asError(cause).message;
      const undelivered = this.#kept.length;
      throw new DeliveryError(
        { stream, delivered: records, undelivered, line: first.line, reason },
        { cause: error },
      );
    }
    this.#report = {
      records: records + this.#kept.length,
      objects: objects + 1,
      bytes: bytes + this.#keptBytes - this.#kept.length * newline.byteLength,
    };
    this.#kept = [];
    this.#keptBytes = 0;
  }
}

/** The key that Firehose would use: the first record's arrival in UTC, in the folders and in the name. */
function objectKey(table: string, arrival: Date, uuid: string): string {
  const [year, month, day, hour, minute, second] = arrival.toISOString().split(/[-T:.]/);
  const stamp = [year, month, day, hour, minute, second].join("-");
  return `${table}/${year}/${month}/${day}/${hour}/lakehouse-${table}-1-${stamp}-${uuid}.gz`;
}
