/** Sends requests to Firehose, and sends again what failed. */
import {
  FirehoseClient,
  FirehoseServiceException,
  PutRecordBatchCommand,
} from "@aws-sdk/client-firehose";
import retry, { AbortError } from "p-retry";
import type { LakeSettings } from "../lake-settings.ts";
import type { AcceptedRecord } from "./delivery-stream.ts";
import { entryBytes, type FirehoseEntry } from "./firehose-request.ts";

/** How requests are retried. */
export interface RetryOptions {
  /** How many times to retry. Default: 8. */
  readonly retries?: number;
  /** Milliseconds before the first retry. They double each time up to 5 s, with jitter. Default: 100. */
  readonly firstDelay?: number;
}

/** Entries that could not be delivered. */
export interface Undelivered<T extends AcceptedRecord> {
  readonly records: readonly T[];
  /** The last answer. */
  readonly reason: string;
  readonly cause: unknown;
}

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

/** Sends to one delivery stream. Firehose delivers at least once, so a record may arrive twice. */
export class FirehoseSender {
  readonly #client: FirehoseClient;
  readonly #retries: number;
  readonly #firstDelay: number;
  readonly name: string;

  /** @param name The delivery stream's name. */
  constructor(client: FirehoseClient, name: string, options: RetryOptions = {}) {
    this.#client = client;
    this.name = name;
    this.#retries = options.retries ?? 8;
    this.#firstDelay = options.firstDelay ?? 100;
  }

  /** Sends the entries of one request. @returns What could not be delivered; undefined if everything was. */
  async send<T extends AcceptedRecord>(
    entries: readonly FirehoseEntry<T>[],
  ): Promise<Undelivered<T> | undefined> {
    let left = entries;
    const attempt = async () => {
      const { failed, reason } = await this.#attempt(left);
      left = failed;
      if (failed.length > 0) {
        throw new Error(reason);
      }
    };
    try {
      await retry(attempt, {
        retries: this.#retries,
        minTimeout: this.#firstDelay,
        maxTimeout: maximumDelayMilliseconds,
        factor: 2,
        randomize: true,
      });
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { records: left.flatMap(({ records }) => records), reason, cause: error };
    }
  }

  /** Sends entries once. @returns Those that failed, and why. */
  async #attempt<T extends AcceptedRecord>(
    entries: readonly FirehoseEntry<T>[],
  ): Promise<{ readonly failed: readonly FirehoseEntry<T>[]; readonly reason: string }> {
    const { RequestResponses: answers = [] } = await this.#client
      .send(
        new PutRecordBatchCommand({
          DeliveryStreamName: this.name,
          Records: entries.map((entry) => ({ Data: entryBytes(entry) })),
        }),
      )
      .catch((error: unknown) => {
        throw isPermanent(error) ? new AbortError(error) : error;
      });
    const failed = entries.filter((_, index) => answers[index]?.RecordId === undefined);
    const answer = answers.find(({ RecordId }) => RecordId === undefined);
    return {
      failed,
      reason: `${answer?.ErrorCode ?? "no answer"}: ${answer?.ErrorMessage ?? ""}`,
    };
  }
}

/** Whether a retry can't help, because the stream does not exist or permissions are missing. */
function isPermanent(error: unknown): error is Error {
  return (
    error instanceof FirehoseServiceException &&
    error.$fault === "client" &&
    error.$retryable === undefined &&
    // AWS answers 400 to some requests that come too fast.
    !/Throttl|Exceeded/.test(error.name) &&
    error.$metadata.httpStatusCode !== 429
  );
}
