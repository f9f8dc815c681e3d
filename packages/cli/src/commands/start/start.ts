/** The main job: sample records through the whole lake, and what came of them. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openDeliveryStream } from "@lakehouse/lake/delivery/open-stream";
import { bronzePrefix } from "@lakehouse/lake/keys";
import { directoryOf } from "@lakehouse/lake/lake";
import type { SampleGenerator } from "@lakehouse/tables/sample-generator";
import { samples } from "@lakehouse/tables/samples";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import type { ProcessedObjects } from "../../process-objects.ts";
import { type AuditResult, audit } from "../audit/audit.ts";
import { type GoldResult, gold } from "../gold/gold.ts";
import type { IngestResult } from "../ingest/ingest.ts";
import { type QuarantineResult, quarantine } from "../quarantine/quarantine.ts";
import { silver } from "../silver/silver.ts";

/** What was done, layer by layer. */
export interface StartResult {
  /** The directory of the lake. */
  readonly directory: string;
  readonly ingested: readonly IngestResult[];
  readonly silver: ProcessedObjects;
  readonly gold: GoldResult;
  readonly audit: AuditResult;
  /** Of the whole lake. */
  readonly quarantine: QuarantineResult;
}

const recordsOfSample = 5_000;
const goldAttempts = 5;
/** What a lake's directory holds; the folder inside is by which a store knows what it made. */
const layers = ["bronze", "silver", "gold"];
const madeByStore = ".lakehouse";

/**
 * Sends the samples of all tables that have one, and takes them through the layers.
 *
 * @param fresh Whether to begin with an empty lake.
 */
export async function start(context: Context, fresh: boolean): Promise<StartResult> {
  if (context.location === "s3") {
    throw new UsageError(
      "start works on a lake in a directory",
      "For a lake in S3 use generate, ingest, silver, gold and audit.",
    );
  }
  const directory = directoryOf(context.location);
  if (fresh) {
    await empty(directory);
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

/** Another run that commits first has not seen what is new here: then it is this one's turn. */
async function goldUnlessSuperseded(context: Context): Promise<GoldResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await gold(context);
    if (result.outcome !== "superseded" || attempt === goldAttempts) {
      return result;
    }
  }
}

/** Sends a sample; each time another one, so that every start adds to the lake. */
async function send(
  { location, environment, lake, progress }: Context,
  table: string,
  sample: SampleGenerator,
): Promise<IngestResult> {
  const before = await Array.fromAsync(lake.bronze.list(bronzePrefix(table)));
  const stream = openDeliveryStream(location, environment, table, lake);
  const task = progress.start(`${table} → bronze`, "records", recordsOfSample);
  try {
    for (const line of sample({ records: recordsOfSample, seed: before.length + 1 })) {
      await stream.put(Buffer.from(line));
      task.advance(1);
    }
    return { table, ...(await stream.close()) };
  } finally {
    task.end();
  }
}

/** Removes the layers of a lake, and nothing that is not one. */
async function empty(directory: string): Promise<void> {
  const found = layers.map((layer) => join(directory, layer)).filter((path) => existsSync(path));
  const foreign = found.find((path) => !existsSync(join(path, madeByStore)));
  if (foreign !== undefined) {
    throw new UsageError(
      `${foreign} was not made by this command`,
      "--fresh removes nothing that it does not know. Name another directory with --lake.",
    );
  }
  for (const path of found) {
    await rm(path, { recursive: true });
  }
}
