/** Processes one bronze object to silver and quarantine: the unit of work of this layer. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FrameWriter } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { type DigestedObject, digestedObject, digestOfFile } from "@lakehouse/lake/digest";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { parseBronzeKey, quarantineKey, silverKey, silverKeys } from "@lakehouse/lake/keys";
import type { Lake } from "@lakehouse/lake/object-store";
import { type Receipt, receiptToMetadata } from "@lakehouse/lake/receipt";
import { StagedWriter } from "@lakehouse/lake/staged-writer";
import type { Table } from "@lakehouse/transforms/contract/table";
import { type DecoderLimits, decode, takeBatches } from "@lakehouse/transforms/decode/decoder";
import { decompress } from "@lakehouse/transforms/decode/decompress";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { Validator, type ValidBatch } from "@lakehouse/transforms/validate/validate";
import { UnknownTableError } from "./errors.ts";
import { QuarantineWriter } from "./quarantine-writer.ts";

/** The layers that this package reads and writes. */
export type SilverLake = Pick<Lake, "bronze" | "silver">;

/** Options of `processObject`. */
export interface ProcessOptions {
  /** A directory for temporary files. They are removed at the end. */
  readonly scratch: string;
  /** Bounds on memory. */
  readonly limits?: Partial<DecoderLimits>;
  /** Ends the work on the object. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of processing an object. */
export interface ProcessedObject {
  readonly bronzeKey: string;
  readonly silverKey: string;
  readonly receipt: Receipt;
}

/**
 * Decodes, validates and cleans one bronze object. Readers never see a part of it: quarantine is written first, and
 * silver, whose metadata is the receipt, last. Processing it again leaves the same lake.
 *
 * @throws InvalidKeyError, UnknownTableError, ObjectNotFoundError, StoreError; the signal's reason.
 */
export async function processObject(
  lake: SilverLake,
  catalog: Catalog,
  bronzeKey: string,
  options: ProcessOptions,
): Promise<ProcessedObject> {
  const table = tableOf(catalog, bronzeKey);
  const head = await lake.bronze.head(bronzeKey);
  if (head === undefined) {
    throw new ObjectNotFoundError(bronzeKey, lake.bronze.description);
  }
  await mkdir(options.scratch, { recursive: true });
  const directory = await mkdtemp(join(options.scratch, "bronze-silver-"));
  const columns = table.columns.map(({ name }) => name);
  const silver = nativeFormats[table.format.silver].openWriter(columns, directory);
  const quarantine = new StagedWriter(directory);
  try {
    const bronze = digestedObject(() => lake.bronze.read(bronzeKey));
    const counts = await transform(bronze, table, bronzeKey, silver, quarantine, options);
    const path = await silver.finish();
    const receipt: Receipt = {
      ...counts,
      contract: table.silverFingerprint,
      bronzeEtag: head.etag,
      digests: {
        silver: await digestOfFile(path),
        ...(counts.quarantined > 0 && { quarantine: quarantine.digest() }),
        bronze: await bronze.digest(),
      },
    };
    await publish(lake, table, bronzeKey, path, quarantine, receipt);
    return { bronzeKey, silverKey: silverKey(bronzeKey, table.format.silver), receipt };
  } finally {
    await silver.discard();
    await quarantine.discard();
    await rm(directory, { recursive: true, force: true });
  }
}

function tableOf(catalog: Catalog, bronzeKey: string): Table {
  const { table: name } = parseBronzeKey(bronzeKey);
  const table = catalog.tables.find((each) => each.name === name);
  if (table === undefined) {
    const known = catalog.tables.map((each) => each.name);
    throw new UnknownTableError(bronzeKey, name, known);
  }
  return table;
}

/** One for each contract. Building its Polars expressions takes milliseconds, as long as a small object. */
const validators = new WeakMap<Table, Validator>();

type Counts = Omit<Receipt, "contract" | "bronzeEtag" | "digests">;

async function transform(
  bronze: DigestedObject,
  table: Table,
  bronzeKey: string,
  silver: FrameWriter,
  quarantine: StagedWriter,
  { limits = {}, signal }: ProcessOptions,
): Promise<Counts> {
  const counts = { records: 0, rows: 0, quarantined: 0, dropped: 0, warned: 0, damaged: false };
  const entries = new QuarantineWriter(bronzeKey, quarantine);
  const validator = validators.get(table) ?? new Validator(table);
  validators.set(table, validator);
  const keep = async ({ frame, rows, refused, dropped, warned }: ValidBatch): Promise<void> => {
    counts.rows += rows;
    counts.quarantined += refused.length;
    counts.dropped += dropped;
    counts.warned += warned;
    entries.add(refused);
    await silver.add(frame);
  };
  // Each batch is validated while the next one is decoded. They stay in order.
  let kept: Promise<void> = Promise.resolve();
  const bytes = untilAborted(
    decompress(() => bronze.open()),
    signal,
  );
  await takeBatches(decode(table, bytes, limits), (batch) => {
    counts.records += batch.rows + batch.refused.length + batch.dropped;
    counts.damaged ||= batch.refused.some(({ kind }) => kind === "object");
    const valid = validator.validate(batch);
    // The failure surfaces when it is this batch's turn. Until then it must not count as unhandled.
    valid.catch(() => {});
    kept = kept.then(async () => keep(await valid));
    return kept;
  });
  entries.flush();
  return counts;
}

async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for await (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}

async function publish(
  lake: SilverLake,
  table: Table,
  bronzeKey: string,
  path: string,
  quarantine: StagedWriter,
  receipt: Receipt,
): Promise<void> {
  const metadata = receiptToMetadata(receipt);
  const refusedKey = quarantineKey(bronzeKey);
  if (receipt.quarantined > 0) {
    await quarantine.commit(lake.silver, refusedKey, { metadata });
  }
  const key = silverKey(bronzeKey, table.format.silver);
  await lake.silver.put(key, { path }, { metadata });
  // Removes the file that an older contract wrote in another format. Until now it was the only one.
  for (const other of silverKeys(bronzeKey).filter((each) => each !== key)) {
    await lake.silver.delete(other);
  }
  if (receipt.quarantined === 0) {
    await lake.silver.delete(refusedKey);
  }
}
