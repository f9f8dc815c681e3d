/** Sends the records of files to a Kinesis Data Firehose delivery stream. */
import { DeliveryError } from "../errors.ts";
import {
  type AcceptedRecord,
  checkRecord,
  type DeliveryReport,
  type DeliveryStream,
} from "./delivery-stream.ts";
import { FirehoseRequest } from "./firehose-request.ts";
import type { FirehoseSender } from "./firehose-sender.ts";

/**
 * Sends records in batches, and retries only the records that failed. It sends newlines only between joined records, because
 * the delivery stream appends the last (AppendDelimiterToRecord). Firehose delivers at least once, so a record may arrive
 * twice. Current rows keep one row for each primary key.
 */
export class FirehoseStream implements DeliveryStream {
  readonly #sender: FirehoseSender;
  readonly #joinedBytes: number | undefined;
  #request: FirehoseRequest<AcceptedRecord>;
  #kept = 0;
  #records = 0;
  #bytes = 0;

  /** @param joinedBytes The most bytes of joined records. */
  constructor(sender: FirehoseSender, joinedBytes?: number) {
    this.#sender = sender;
    this.#joinedBytes = joinedBytes;
    this.#request = new FirehoseRequest(joinedBytes);
  }

  async put(bytes: Buffer, line: number = this.#records + this.#kept + 1): Promise<void> {
    const record = { bytes, line };
    checkRecord(record);
    if (!this.#request.add(record)) {
      await this.#deliver();
      this.#request.add(record);
    }
    this.#kept += 1;
  }

  async close(): Promise<DeliveryReport> {
    await this.#deliver();
    return { records: this.#records, objects: 0, bytes: this.#bytes };
  }

  /** Sends the kept records, and keeps those that failed. @throws DeliveryError if any failed. */
  async #deliver(): Promise<void> {
    const { entries } = this.#request;
    if (entries.length === 0) {
      return;
    }
    const undelivered = await this.#sender.send(entries);
    const failed = undelivered?.records ?? [];
    this.#request = new FirehoseRequest(this.#joinedBytes);
    for (const record of failed) {
      this.#request.add(record);
    }
    this.#kept = failed.length;
    const sent = entries.flatMap(({ records }) => records);
    this.#records += sent.length - failed.length;
    this.#bytes += byteCount(sent) - byteCount(failed);
    if (undelivered !== undefined) {
      const { reason, cause } = undelivered;
      throw new DeliveryError(
        {
          stream: this.#sender.name,
          delivered: this.#records,
          undelivered: failed.length,
          line: failed[0]?.line ?? 1,
          reason,
        },
        { cause },
      );
    }
  }
}

function byteCount(records: readonly AcceptedRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}
