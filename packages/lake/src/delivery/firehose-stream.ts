/** Sends records to a Kinesis Data Firehose delivery stream. */
import {
  FirehoseClient,
  FirehoseServiceException,
  PutRecordBatchCommand,
} from "@aws-sdk/client-firehose";
import retry, { AbortError } from "p-retry";
import { DeliveryError } from "../errors.ts";
import type { LakeSettings } from "../lake-settings.ts";
import {
  type AcceptedRecord,
  checkRecord,
  type DeliveryReport,
  type DeliveryStream,
} from "./delivery-stream.ts";

/** How a Firehose stream retries. */
export interface FirehoseStreamOptions {
  /** How many times to retry. Default: 8. */
  readonly retries?: number;
  /** Milliseconds before the first retry. They double each time up to 5 s, with jitter. Default: 100. */
  readonly firstDelay?: number;
}

const maximumBatchRecords = 500;
const maximumBatchBytes = 4 * 1024 * 1024;
const maximumDelayMilliseconds = 5000;

/**
 * Creates a client for Firehose, or for the endpoint that replaces it. Credentials and other settings come from the
 * SDK's usual sources.
 */
export function createFirehoseClient({ region, endpoints }: LakeSettings): FirehoseClient {
  const endpoint = endpoints?.firehose;
  return new FirehoseClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

/**
 * Sends records in batches, and retries only the records that failed. It sends no newlines, because the delivery stream
 * appends them (AppendDelimiterToRecord). Firehose delivers at least once, so a record may arrive twice. Current rows
 * keep one row for each primary key.
 */
export class FirehoseStream implements DeliveryStream {
  readonly #client: FirehoseClient;
  readonly #name: string;
  readonly #retries: number;
  readonly #firstDelay: number;
  #kept: AcceptedRecord[] = [];
  #keptBytes = 0;
  #records = 0;
  #bytes = 0;

  /** @param name The delivery stream's name. */
  constructor(client: FirehoseClient, name: string, options: FirehoseStreamOptions = {}) {
    this.#client = client;
    this.#name = name;
    this.#retries = options.retries ?? 8;
    this.#firstDelay = options.firstDelay ?? 100;
  }

  async put(bytes: Buffer, line: number = this.#records + this.#kept.length + 1): Promise<void> {
    const record = { bytes, line };
    checkRecord(record);
    const full = this.#kept.length === maximumBatchRecords;
    if (full || this.#keptBytes + bytes.byteLength > maximumBatchBytes) {
      await this.#deliver();
    }
    this.#kept.push(record);
    this.#keptBytes += bytes.byteLength;
  }

  async close(): Promise<DeliveryReport> {
    await this.#deliver();
    return { records: this.#records, objects: 0, bytes: this.#bytes };
  }

  async #deliver(): Promise<void> {
    try {
      await retry(() => this.#send(), {
        retries: this.#retries,
        minTimeout: this.#firstDelay,
        maxTimeout: maximumDelayMilliseconds,
        factor: 2,
        randomize: true,
      });
    } catch (error) {
      throw new DeliveryError(
        {
          stream: this.#name,
          delivered: this.#records,
          undelivered: this.#kept.length,
          line: this.#kept[0]?.line ?? 1,
          reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
        },
        { cause: error },
      );
    }
  }

  /** Sends the kept records, and keeps those that failed. @throws Error if any failed. */
  async #send(): Promise<void> {
    if (this.#kept.length === 0) {
      return;
    }
    const sent = this.#kept;
    const { RequestResponses: answers = [] } = await this.#client
      .send(
        new PutRecordBatchCommand({
          DeliveryStreamName: this.#name,
          Records: sent.map(({ bytes }) => ({ Data: bytes })),
        }),
      )
      .catch((error: unknown) => {
        throw isPermanent(error) ? new AbortError(error) : error;
      });
    this.#kept = sent.filter((_, index) => answers[index]?.RecordId === undefined);
    const keptBytes = byteCount(this.#kept);
    this.#records += sent.length - this.#kept.length;
    this.#bytes += byteCount(sent) - keptBytes;
    this.#keptBytes = keptBytes;
    if (this.#kept.length > 0) {
      const failed = answers.find(({ RecordId }) => RecordId === undefined);
      throw new Error(`${failed?.ErrorCode ?? "no answer"}: ${failed?.ErrorMessage ?? ""}`);
    }
  }
}

function byteCount(records: readonly AcceptedRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/** Whether a retry can't help, because the stream does not exist or permissions are missing. */
function isPermanent(error: unknown): error is Error {
  return (
    error instanceof FirehoseServiceException &&
    error.$fault === "client" &&
    error.$retryable === undefined &&
    error.$metadata.httpStatusCode !== 429
  );
}
