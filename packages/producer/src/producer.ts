/** A producer: sends typed records of one table to its delivery stream. */
import { type AcceptedRecord, maximumRecordBytes } from "@lakehouse/lake/delivery/delivery-stream";
import { FirehoseRequest } from "@lakehouse/lake/delivery/firehose-request";
import type { Undelivered } from "@lakehouse/lake/delivery/firehose-sender";
import { envelope } from "@lakehouse/transforms/contract/path";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { RecordOf, Table } from "@lakehouse/transforms/contract/table";
import { ExactReader } from "@lakehouse/transforms/decode/exact";
import { encode } from "./encode.ts";
import { ProducerError, RecordRefusedError, UndeliveredError } from "./errors.ts";
import { type Buffered, closeOnSignals, unwatch, watch } from "./exit.ts";
import { readProducerRuntime } from "./runtime.ts";
import { openSink, type Sink } from "./sink.ts";

/** What becomes of a record that silver would refuse. */
type CheckOptions<R> =
  | {
      /** `refuse`: `send` rejects, and nothing is sent. `none`: records are not checked. Default: `refuse`. */
      readonly check?: "refuse" | "none";
    }
  | {
      /** The record is sent, and silver will put it into quarantine. `onRefused` gets it first. */
      readonly check: "report";
      readonly onRefused: (error: RecordRefusedError, record: R) => void;
    };

/** The options of a producer. */
export type ProducerOptions<R> = CheckOptions<R> & {
  /**
   * The name of the Firehose stream. Default: that of the variable DELIVERY_STREAM_<TABLE> or DELIVERY_STREAM. A `lake` comes
   * first.
   */
  readonly stream?: string;
  /** Default: that of AWS_REGION. */
  readonly region?: string;
  /** The directory of a lake on a laptop, instead of a stream. Default: that of the variable LAKEHOUSE_LAKE. */
  readonly lake?: string;
  /** How long a record waits for others to join it. Longer costs less. Default: 500. */
  readonly lingerMilliseconds?: number;
  /** MiB of records that may wait. `send` waits for room beyond that. Default: 16. */
  readonly bufferMib?: number;
  /** How many times to retry what failed. Default: 8, which takes about 20 seconds. */
  readonly retries?: number;
  /** Milliseconds before the first retry. They double each time up to 5 s, with jitter. Default: 100. */
  readonly firstDelay?: number;
  /**
   * Gets the records that could not be delivered. Without it, the next `send`, `flush` or `close` rejects with this error.
   */
  readonly onUndelivered?: (error: UndeliveredError<R>) => void;
  /** Closes the producer when the process gets one of these signals: `["SIGTERM"]`. Default: none. */
  readonly closeOn?: readonly NodeJS.Signals[];
};

/** A record that waits. */
interface Accepted<R> extends AcceptedRecord {
  readonly record: R;
}

interface Waiting<R> {
  readonly accepted: Accepted<R>;
  admit(): void;
}

/**
 * @example
 * ```ts
 * await using sender = producer(orders);
 * await sender.send({ order_id: 1n, customer_id: 7, amount: "12.50", order_date: "2026-11-27" });
 * ```
 *
 * Opens a producer of a table's records. It connects with the first record.
 *
 * @param table The contract.
 * @throws ConfigurationError if nothing names the table's stream, ProducerError if an option is wrong.
 */
export function producer<T extends Table>(
  table: T,
  options: ProducerOptions<RecordOf<T>> = {},
): Producer<RecordOf<T>> {
  const { location, settings } = readProducerRuntime();
  const runtime = { location: options.lake ?? location, settings };
  return new Producer<RecordOf<T>>(table, openSink(table.name, runtime, options), options);
}

/** Sends records of one table: checks them, joins small ones, and sends again what failed. */
export class Producer<R> implements AsyncDisposable, Buffered {
  readonly table: string;
  readonly #sink: Sink;
  readonly #options: ProducerOptions<R>;
  readonly #reader: ExactReader | undefined;
  readonly #envelope: readonly [string, string] | undefined;
  readonly #bufferBytes: number;
  readonly #linger: number;
  readonly #stopSignals: () => void;
  #open = new FirehoseRequest<Accepted<R>>();
  readonly #full: FirehoseRequest<Accepted<R>>[] = [];
  readonly #waiting: Waiting<R>[] = [];
  #bytes = 0;
  #accepted = 0;
  #finished = 0;
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #undelivered: UndeliveredError<R> | undefined;
  #isClosed = false;

  /** Use `producer()`. */
  constructor(table: Table, sink: Sink, options: ProducerOptions<R>) {
    if (table.source !== undefined) {
      throw new ProducerError(
        `${table.name} reads rows of CSV, and a producer sends JSON. `,
        "Send files with lakehouse ingest, or remove source from the contract.",
      );
    }
    this.table = table.name;
    this.#sink = sink;
    this.#options = options;
    this.#reader = options.check === "none" ? undefined : new ExactReader(recordTable(table));
    this.#envelope = table.unwrap === undefined ? undefined : envelope(table.unwrap);
    this.#bufferBytes = numberOption("bufferMib", options.bufferMib ?? 16, 1, 1024) * 1024 * 1024;
    this.#linger = numberOption("lingerMilliseconds", options.lingerMilliseconds ?? 500, 0, 60_000);
    numberOption("retries", options.retries ?? 8, 0, 1000, Number.isInteger);
    numberOption("firstDelay", options.firstDelay ?? 100, 0, 5000);
    this.#stopSignals = closeOnSignals(this, options.closeOn ?? []);
  }

  /** How many records are neither delivered nor handed over as undelivered. */
  get pending(): number {
    return this.#inFlight + (this.#undelivered?.records.length ?? 0);
  }

  get #inFlight(): number {
    return this.#accepted + this.#waiting.length - this.#finished;
  }

  /**
   * Accepts a record, and resolves when there is room for it, not when it is delivered: `flush` waits for that. Awaiting each
   * call keeps the memory bounded.
   *
   * @throws RecordRefusedError if silver would refuse the record, UndeliveredError with earlier records that could not be
   *   delivered, ProducerError after `close`. The record was not accepted.
   */
  async send(record: R): Promise<void> {
    if (this.#isClosed) {
      throw new ProducerError(
        `The producer of ${this.table} is closed. `,
        "Send before close(), or open another.",
      );
    }
    this.#throwUndelivered();
    const accepted = { bytes: this.#bytesOf(record), line: this.#accepted + 1, record };
    watch(this);
    if (this.#waiting.length === 0 && this.#hasRoom(accepted)) {
      this.#add(accepted);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push({ accepted, admit: resolve });
      this.#start();
    });
  }

  /**
   * Delivers all records that were accepted until now.
   *
   * @throws UndeliveredError with the records that could not be delivered, unless `onUndelivered` gets them.
   */
  async flush(): Promise<void> {
    const until = this.#accepted + this.#waiting.length;
    while (this.#finished < until) {
      this.#isDue = true;
      this.#start();
      await this.#running;
    }
    this.#throwUndelivered();
  }

  /** Delivers everything, and accepts no more. @throws UndeliveredError like `flush`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.flush();
    } finally {
      this.#stopSignals();
    }
  }

  /** Closes it at the end of a block with `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The record as it is sent. */
  #bytesOf(record: R): Buffer {
    const encoded = encode(record);
    if (!encoded.ok) {
      throw new RecordRefusedError(this.table, encoded.reasons);
    }
    const [before = "", after = ""] = this.#envelope ?? [];
    const bytes = Buffer.from(`${before}${encoded.json}${after}`);
    if (bytes.byteLength > maximumRecordBytes) {
      const message = `it has ${bytes.byteLength} bytes, and Firehose accepts ${maximumRecordBytes}`;
      throw new RecordRefusedError(this.table, [{ column: null, rule: "too_large", message }]);
    }
    const verdict = this.#reader?.read(encoded.json);
    if (verdict?.outcome === "refused") {
      const error = new RecordRefusedError(this.table, verdict.reasons);
      if (this.#options.check !== "report") {
        throw error;
      }
      this.#options.onRefused(error, record);
    }
    return bytes;
  }

  /** A record that is larger than the buffer has it for itself. */
  #hasRoom({ bytes }: AcceptedRecord): boolean {
    return this.#bytes === 0 || this.#bytes + bytes.byteLength <= this.#bufferBytes;
  }

  #add(accepted: Accepted<R>): void {
    this.#accepted += 1;
    this.#bytes += accepted.bytes.byteLength;
    if (!this.#open.add(accepted)) {
      this.#full.push(this.#open);
      this.#open = new FirehoseRequest();
      this.#open.add(accepted);
      this.#start();
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#start();
    }, this.#linger);
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Sends requests one after the other, as long as one is full or due. */
  async #run(): Promise<void> {
    for (let request = this.#next(); request !== undefined; request = this.#next()) {
      const { entries } = request;
      const undelivered = await this.#sink.send(entries);
      const records = entries.flatMap((entry) => entry.records);
      this.#finished += records.length;
      this.#bytes -= records.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      if (undelivered !== undefined) {
        this.#report(undelivered);
      }
      this.#admit();
    }
    if (this.pending === 0) {
      unwatch(this);
    }
  }

  #next(): FirehoseRequest<Accepted<R>> | undefined {
    const full = this.#full.shift();
    // The buffer may be smaller than a request.
    if (full !== undefined || !(this.#isDue || this.#waiting.length > 0)) {
      return full;
    }
    const request = this.#open;
    this.#isDue = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#open = new FirehoseRequest();
    return request.entries.length === 0 ? undefined : request;
  }

  #admit(): void {
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (!this.#hasRoom(first.accepted)) {
        return;
      }
      this.#waiting.shift();
      this.#add(first.accepted);
      first.admit();
    }
  }

  #report({ records, reason, cause }: Undelivered<Accepted<R>>): void {
    const failed = records.map(({ record }) => record);
    const { onUndelivered } = this.#options;
    if (onUndelivered !== undefined) {
      try {
        onUndelivered(new UndeliveredError(this.table, failed, reason, { cause }));
        return;
      } catch {
        // Whoever sends, flushes or closes next gets them.
      }
    }
    const all = [...(this.#undelivered?.records ?? []), ...failed];
    this.#undelivered = new UndeliveredError(this.table, all, reason, { cause });
  }

  #throwUndelivered(): void {
    const error = this.#undelivered;
    if (error !== undefined) {
      this.#undelivered = undefined;
      if (this.pending === 0) {
        unwatch(this);
      }
      throw error;
    }
  }
}

/** @throws ProducerError if it is not a number in the range. */
function numberOption(
  name: string,
  value: number,
  minimum: number,
  maximum: number,
  isKind: (value: number) => boolean = Number.isFinite,
): number {
  if (!(isKind(value) && value >= minimum && value <= maximum)) {
    const kind = isKind === Number.isInteger ? "whole number" : "number";
    throw new ProducerError(
      `The producer's ${name} is ${value}. `,
      `Use a ${kind} from ${minimum} to ${maximum}.`,
    );
  }
  return value;
}
