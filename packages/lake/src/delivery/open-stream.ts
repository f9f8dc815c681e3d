/** Opens the delivery stream that belongs to a lake. */
import { requireVariable } from "../lake.ts";
import type { Lake } from "../object-store.ts";
import type { DeliveryStream } from "./delivery-stream.ts";
import { EmbeddedStream, type EmbeddedStreamOptions } from "./embedded-stream.ts";
import { createFirehoseClient, FirehoseStream } from "./firehose-stream.ts";

/**
 * The Firehose stream that DELIVERY_STREAM names where the lake is in S3, else the embedded stream.
 * @param location The lake's, as for `openLake`.
 * @param environment `process.env`.
 * @param table The table that the records are of.
 * @param options For the embedded stream.
 * @throws ConfigurationError when DELIVERY_STREAM is missing.
 */
export function openDeliveryStream(
  location: string,
  environment: NodeJS.ProcessEnv,
  table: string,
  lake: Lake,
  options: EmbeddedStreamOptions = {},
): DeliveryStream {
  return location === "s3"
    ? new FirehoseStream(
        createFirehoseClient(environment),
        requireVariable(environment, "DELIVERY_STREAM"),
      )
    : new EmbeddedStream(lake.bronze, table, options);
}
