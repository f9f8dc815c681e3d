/** Takes sample records through the whole lake, and reports the results. */
import { openDeliveryStream } from "@lakehouse/lake/delivery/open-stream";
import { bronzePrefix } from "@lakehouse/lake/keys";
import { directoryOf } from "@lakehouse/lake/lake";
import type { SampleGenerator } from "@lakehouse/tables/sample-generator";
import { samples } from "@lakehouse/tables/samples";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { type AuditResult, audit } from "../audit/audit.ts";
import { type GoldResult, gold } from "../gold/gold.ts";
import type { IngestResult } from "../ingest/ingest.ts";
import { type QuarantineResult, quarantine } from "../quarantine/quarantine.ts";
import { type SilverResult, silver } from "../silver/silver.ts";
import { emptyLake, sampleMetadata } from "./empty-lake.ts";

/** The results, layer by layer. */
export interface StartResult {
  /** The directory of the lake. */
  readonly directory: string;
  readonly ingested: readonly IngestResult[];
  readonly silver: SilverResult;
  readonly gold: GoldResult;
  readonly audit: AuditResult;
  /** Of the whole lake. */
  readonly quarantine: QuarantineResult;
}

const sampleRecords = 5_000;
const goldAttempts = 5;

/**
 * Sends the samples of all tables that have some, and takes them through the layers.
 *
 * @param fresh Whether to start with an empty lake.
 */
export async function start(context: Context, fresh: boolean): Promise<StartResult> {
  if (context.location === "s3") {
    throw new UsageError(
      "start needs a lake in a directory",
      "For a lake in S3, use generate, ingest, silver, gold and audit.",
    );
  }
  const directory = directoryOf(context.location);
  if (fresh) {
    await emptyLake(directory, context.lake);
  }
  const ingested: IngestResult[] = [];
  for (const [table, sample] of samples) {
    context.signal.throwIfAborted();
    ingested.push(await send(context, table, sample));
  }
  return {
    directory,
    ingested,
    silver: await silver(context),
    gold: await goldUnlessSuperseded(context),
    audit: await audit(context),
    quarantine: await quarantine(context, context.catalog.tables, 0),
  };
}

/** Runs gold again if another run committed first, because that run may have missed the new samples. */
async function goldUnlessSuperseded(context: Context): Promise<GoldResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await gold(context);
    if (result.outcome !== "superseded" || attempt === goldAttempts) {
      return result;
    }
  }
}

/** Sends a sample with another seed each time, so that every start adds to the lake. */
async function send(
  { location, settings, lake, passOver, progress }: Context,
  table: string,
  sample: SampleGenerator,
): Promise<IngestResult> {
  const before = await Array.fromAsync(lake.bronze.list(bronzePrefix(table), passOver));
  const stream = openDeliveryStream(location, settings, table, lake, {
    metadata: sampleMetadata,
  });
  const task = progress.start(`${table} → bronze`, "records", sampleRecords);
  try {
    for (const line of sample({ records: sampleRecords, seed: before.length + 1 })) {
      await stream.put(Buffer.from(line));
      task.advance(1);
    }
    return { table, ...(await stream.close()) };
  } finally {
    task.end();
  }
}
