/** Opens a lake's delivery stream. */
import { streamOf } from "../deployed-lake.ts";
import { ConfigurationError } from "../errors.ts";
import type { LakeSettings } from "../lake-settings.ts";
import type { Lake } from "../object-store.ts";
import { anyStreamVariable, streamVariable } from "../variables.ts";
import type { DeliveryStream } from "./delivery-stream.ts";
import { EmbeddedStream, type EmbeddedStreamOptions } from "./embedded-stream.ts";
import { createFirehoseClient, FirehoseSender } from "./firehose-sender.ts";
import { FirehoseStream } from "./firehose-stream.ts";

/**
 * Opens a table's delivery stream. For a lake in S3, that is the Firehose stream named by DELIVERY_STREAM_<TABLE>,
 * otherwise by DELIVERY_STREAM. For a lake in a directory, it is the embedded stream.
 * @param location The lake's location, as for `openLake`.
 * @param table The table that the records are for.
 * @param options For the embedded stream.
 * @throws ConfigurationError if neither variable is set.
 */
export function openDeliveryStream(
  location: string,
  settings: LakeSettings,
  table: string,
  lake: Pick<Lake, "bronze">,
  options: EmbeddedStreamOptions = {},
): DeliveryStream {
  return location === "s3"
    ? new FirehoseStream(
        new FirehoseSender(createFirehoseClient(settings), streamNameOf(table, settings)),
      )
    : new EmbeddedStream(lake.bronze, table, options);
}

/**
 * The name of a table's Firehose stream.
 * @throws ConfigurationError if no variable names it.
 */
export function streamNameOf(table: string, { streams = {}, anyStream }: LakeSettings): string {
  const name = streamOf(table, streams) ?? anyStream;
  if (name === undefined) {
    const own = streamVariable(table);
    throw new ConfigurationError(
      own,
      "is not set",
      `Set ${own} or ${anyStreamVariable} to the name of the table's Firehose stream. With --env, deploy the table first.`,
    );
  }
  return name;
}
