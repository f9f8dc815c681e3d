/** The one interface to delivery streams: Kinesis Data Firehose, and the one embedded in a laptop's lake. */
import { RecordTooLargeError } from "../errors.ts";

/** What a stream has delivered. */
export interface DeliveryReport {
  readonly records: number;
  /** Bronze objects written; 0 for Firehose, which writes them later, by itself. */
  readonly objects: number;
  /** The records' bytes as they were given. */
  readonly bytes: number;
}

/** Takes records and sees to it that they become bronze objects. */
export interface DeliveryStream {
  /**
   * Takes one record; one call at a time. Rejected, the record was not taken, while all that were taken before
   * it are kept, and tried again by the next `put` or `close`.
   * @param record Its bytes, unchanged from the producer, without newline. They must not change afterwards.
   * @param line Its line in the input, for messages; by default, which record of the stream it is, from 1.
   * @throws RecordTooLargeError when it is longer than Firehose takes.
   * @throws DeliveryError when records taken earlier could not be delivered.
   */
  put(record: Buffer, line?: number): Promise<void>;

  /**
   * Delivers what is still kept.
   * @throws DeliveryError with how many records were not delivered.
   */
  close(): Promise<DeliveryReport>;
}

/** What Firehose takes in one record: 1,000 KiB. The embedded stream takes no more, to be like it. */
export const maximumRecordBytes = 1000 * 1024;

/** A record that a stream has taken and not yet delivered. */
export interface TakenRecord {
  readonly bytes: Buffer;
  readonly line: number;
}

/** @throws RecordTooLargeError when a record is longer than a stream takes. */
export function checkRecord({ bytes, line }: TakenRecord): void {
  if (bytes.byteLength > maximumRecordBytes) {
    throw new RecordTooLargeError(line, maximumRecordBytes);
  }
}
