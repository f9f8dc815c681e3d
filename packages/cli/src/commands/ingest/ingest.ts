/** Sends the lines of files as records to the lake's delivery stream. */
import type { DeliveryReport, DeliveryStream } from "@lakehouse/lake/delivery/delivery-stream";
import { type Line, readNumberedLines } from "@lakehouse/lake/delivery/lines";
import { openDeliveryStream } from "@lakehouse/lake/delivery/open-stream";
import { RecordTooLargeError } from "@lakehouse/lake/errors";
import type { Table } from "@lakehouse/transforms/contract/table";
import { asError } from "@lakehouse/transforms/errors";
import type { Context } from "../../context.ts";
import { DataError, InterruptedError } from "../../errors.ts";
import type { Task } from "../../output/progress.ts";
import { readCsvRows } from "./csv-rows.ts";
import { readEnveloped } from "./envelopes.ts";
import { findInputs, type Input, readInput, totalSize } from "./open-input.ts";

/** What was sent, and to which table. */
export interface IngestResult extends DeliveryReport {
  readonly table: string;
}

/**
 * Sends files. If it ends early, the records sent until then are in the lake.
 *
 * @param names Paths, and `-` for stdin.
 * @param bufferMib The size of a bronze object of the embedded stream.
 */
export async function ingest(
  context: Context,
  table: Table,
  names: readonly string[],
  bufferMib?: number,
): Promise<IngestResult> {
  const { location, settings, folder, lake, progress } = context;
  const inputs = await findInputs(names, folder);
  const options = bufferMib === undefined ? {} : { bufferMib };
  const stream = openDeliveryStream(location, settings, table.name, lake, options);
  const task = progress.start(`${table.name} → bronze`, "bytes", totalSize(inputs));
  try {
    for (const input of inputs) {
      await send(input, table, stream, context.signal, task);
    }
    return { table: table.name, ...(await stream.close()) };
  } finally {
    task.end();
  }
}

async function send(
  input: Input,
  table: Table,
  stream: DeliveryStream,
  signal: AbortSignal,
  task: Task,
): Promise<void> {
  try {
    const bytes = readInput(input, signal, (count) => task.advance(count));
    for await (const line of recordsOf(bytes, table)) {
      signal.throwIfAborted();
      await stream.put(line.bytes, line.number);
    }
  } catch (error) {
    if (error instanceof RecordTooLargeError || error instanceof DataError || signal.aborted) {
      const { records } = await stream.close();
      throw endedEarly(error, input, records, signal);
    }
    throw error;
  }
}

/** The records of a file, as the table's objects are written. */
function recordsOf(bytes: AsyncIterable<Buffer>, table: Table): AsyncIterable<Line> {
  if (table.source !== undefined) {
    return readCsvRows(bytes, table);
  }
  return table.unwrap === undefined ? readNumberedLines(bytes) : readEnveloped(bytes, table.unwrap);
}

function endedEarly(error: unknown, input: Input, records: number, signal: AbortSignal): unknown {
  const sent = `${records} records before that were sent.`;
  if (signal.reason instanceof InterruptedError) {
    return new InterruptedError(
      signal.reason.exitCode,
      `Stopped. ${records} records were sent. `,
      "Run the same command again. Records sent twice are merged by primary key.",
    );
  }
  const message = asError(error).message;
  return new DataError(`${input.name}: ${message} ${sent}`, undefined, { cause: error });
}
