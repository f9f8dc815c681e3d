/** Where a producer's requests go: a Firehose stream, or the embedded stream of a lake in a directory. */
import type { AcceptedRecord } from "@lakehouse/lake/delivery/delivery-stream";
import type { FirehoseEntry } from "@lakehouse/lake/delivery/firehose-request";
import {
  createFirehoseClient,
  FirehoseSender,
  type RetryOptions,
  type Undelivered,
} from "@lakehouse/lake/delivery/firehose-sender";
import { openDeliveryStream, streamNameOf } from "@lakehouse/lake/delivery/open-stream";
import { asError } from "@lakehouse/transforms/errors";
import type { ProducerRuntime } from "./runtime.ts";

/** Delivers requests. */
export interface Sink {
  /** Delivers the entries of one request. @returns What could not be delivered; undefined if everything was. */
  send<T extends AcceptedRecord>(
    entries: readonly FirehoseEntry<T>[],
  ): Promise<Undelivered<T> | undefined>;
}

/** How a sink is opened. */
export interface SinkOptions extends RetryOptions {
  readonly stream?: string | undefined;
  readonly region?: string | undefined;
}

/** @throws ConfigurationError if nothing names the table's stream. */
export function openSink(
  table: string,
  { location, settings }: ProducerRuntime,
  { stream, region, ...retries }: SinkOptions,
): Sink {
  if (location !== "s3") {
    return new DirectorySink(location, table);
  }
  const client = createFirehoseClient(region === undefined ? settings : { ...settings, region });
  return new FirehoseSender(client, stream ?? streamNameOf(table, settings), retries);
}

/** Writes each request as a bronze object. */
class DirectorySink implements Sink {
  readonly #location: string;
  readonly #table: string;

  constructor(location: string, table: string) {
    this.#location = location;
    this.#table = table;
  }

  async send<T extends AcceptedRecord>(
    entries: readonly FirehoseEntry<T>[],
  ): Promise<Undelivered<T> | undefined> {
    const records = entries.flatMap((entry) => entry.records);
    try {
      // Loaded only where it is used: an app in a deployment needs none of it.
      const { openLake } = await import("@lakehouse/lake/lake");
      const lake = openLake(this.#location, {}, ["bronze"]);
      const stream = openDeliveryStream(this.#location, {}, this.#table, lake);
      for (const { bytes } of records) {
        await stream.put(bytes);
      }
      await stream.close();
      return undefined;
    } catch (error) {
      const reason = asError(error).message;
      return { records, reason, cause: error };
    }
  }
}
