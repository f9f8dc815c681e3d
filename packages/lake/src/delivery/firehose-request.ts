/** What one request to Firehose carries. Small records are joined, because Firehose bills each in steps of 5 KiB. */
import type { AcceptedRecord } from "./delivery-stream.ts";

/** Firehose rounds the size of each record up to a multiple of this, and bills that. */
export const billedStep = 5 * 1024;

/** The most bytes of joined records. A joined record wastes half a step on average, here 2.5 %. */
const maximumJoinedBytes = 20 * billedStep;
/** The limits of PutRecordBatch. */
const maximumEntries = 500;
const maximumRequestBytes = 4 * 1024 * 1024;

const newline = Buffer.from("\n");

/** One record as Firehose sees it: ours, joined with newlines. */
export interface FirehoseEntry<T extends AcceptedRecord> {
  readonly records: readonly T[];
  /** Of all records, with the newlines between them. */
  readonly byteLength: number;
}

/** Collects the records of one request. */
export class FirehoseRequest<T extends AcceptedRecord> {
  readonly #joinedBytes: number;
  readonly #entries: { records: T[]; byteLength: number }[] = [];
  #bytes = 0;

  /** @param joinedBytes The most bytes of joined records. With 0, none are joined. */
  constructor(joinedBytes: number = maximumJoinedBytes) {
    this.#joinedBytes = joinedBytes;
  }

  get entries(): readonly FirehoseEntry<T>[] {
    return this.#entries;
  }

  /** Adds a record. @returns Whether there was room. */
  add(record: T): boolean {
    const size = record.bytes.byteLength;
    const last = this.#entries.at(-1);
    const added = newline.byteLength + size;
    const isJoined = last !== undefined && last.byteLength + added <= this.#joinedBytes;
    const bytes = this.#bytes + (isJoined ? added : size);
    if (bytes > maximumRequestBytes || (!isJoined && this.#entries.length === maximumEntries)) {
      return false;
    }
    this.#bytes = bytes;
    if (isJoined) {
      last.records.push(record);
      last.byteLength += added;
    } else {
      this.#entries.push({ records: [record], byteLength: size });
    }
    return true;
  }
}

/** An entry's bytes. */
export function entryBytes<T extends AcceptedRecord>({ records }: FirehoseEntry<T>): Buffer {
  const [only, ...others] = records;
  return only !== undefined && others.length === 0
    ? only.bytes
    : Buffer.concat(
        records.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [newline, bytes])),
      );
}
