/** Sends records to a Kinesis Data Firehose delivery stream. */
import {
  FirehoseClient,
  FirehoseServiceException,
  PutRecordBatchCommand,
} from "@aws-sdk/client-firehose";
import retry, { AbortError } from "p-retry";
import { DeliveryError } from "../errors.ts";
import {
  checkRecord,
  type DeliveryReport,
  type DeliveryStream,
  type TakenRecord,
} from "./delivery-stream.ts";

/** How a Firehose stream tries again. */
export interface FirehoseStreamOptions {
  /** How often to try again what failed. Default: 8. */
  readonly retries?: number;
  /** Milliseconds before the first of those; doubled each time up to 5 s, with jitter. Default: 100. */
  readonly firstDelay?: number;
}

const maximumBatchRecords = 500;
const maximumBatchBytes = 4 * 1024 * 1024;
const maximumDelayMilliseconds = 5000;

/**
 * A client for Firehose, or for what AWS_ENDPOINT_URL_FIREHOSE or AWS_ENDPOINT_URL names.
 * @param environment `process.env`; credentials and all else come from where the SDK always looks.
 */
export function createFirehoseClient(environment: NodeJS.ProcessEnv): FirehoseClient {
  const { AWS_ENDPOINT_URL_FIREHOSE, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } =
    environment;
  const endpoint = AWS_ENDPOINT_URL_FIREHOSE ?? AWS_ENDPOINT_URL;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION;
  return new FirehoseClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

/**
 * Sends records in batches, and again only those of a batch that failed. No newline is sent: the delivery
 * stream itself appends it (AppendDelimiterToRecord). Firehose delivers at least once, so records may come
 * twice; where current rows are kept, the primary key makes them one.
 */
export class FirehoseStream implements DeliveryStream {
  readonly #client: FirehoseClient;
  readonly #name: string;
  readonly #retries: number;
  readonly #firstDelay: number;
  #kept: TakenRecord[] = [];
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

  /** Sends what is kept, and keeps what failed. @throws Error when anything failed. */
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

function byteCount(records: readonly TakenRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/** Whether sending the same again cannot help: a stream that is not there, missing permissions. */
function isPermanent(error: unknown): error is Error {
  return (
    error instanceof FirehoseServiceException &&
    error.$fault === "client" &&
    error.$retryable === undefined &&
    error.$metadata.httpStatusCode !== 429
  );
}
