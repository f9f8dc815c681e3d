/** The interface of delivery streams: Kinesis Data Firehose, and the embedded stream of a lake on a laptop. */
import { RecordTooLargeError } from "../errors.ts";

/** What a stream has delivered. */
export interface DeliveryReport {
  readonly records: number;
  /** Bronze objects written. 0 for Firehose, which writes them later. */
  readonly objects: number;
  /** The total size of the records, without newlines. */
  readonly bytes: number;
}

/** Accepts records, and turns them into bronze objects. */
export interface DeliveryStream {
  /**
   * Accepts one record. Await each call before the next. If it rejects, the record was not accepted. Those accepted
   * before are kept, and the next `put` or `close` tries them again.
   * @param record Its bytes as the producer wrote them, without newline. They must not change afterwards.
   * @param line Its line in the input, for messages. Default: its number in the stream, from 1.
   * @throws RecordTooLargeError if it is longer than Firehose accepts.
   * @throws DeliveryError if records accepted earlier could not be delivered.
   */
  put(record: Buffer, line?: number): Promise<void>;

  /**
   * Delivers the records that are still kept.
   * @throws DeliveryError with the number of records that were not delivered.
   */
  close(): Promise<DeliveryReport>;
}

/** The largest record that Firehose accepts: 1,000 KiB. The embedded stream has the same limit. */
export const maximumRecordBytes = 1000 * 1024;

/** A record that a stream has accepted but not delivered yet. */
export interface AcceptedRecord {
  readonly bytes: Buffer;
  readonly line: number;
}

/** @throws RecordTooLargeError if a record is longer than a stream accepts. */
export function checkRecord({ bytes, line }: AcceptedRecord): void {
  if (bytes.byteLength > maximumRecordBytes) {
    throw new RecordTooLargeError(line, maximumRecordBytes);
  }
}
