/** Processes one bronze object to silver and quarantine: the unit of work of this layer. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FrameWriter } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { type DigestedObject, digestedObject, digestOfFile } from "@lakehouse/lake/digest";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { parseBronzeKey, quarantineKey, silverKey, silverKeys } from "@lakehouse/lake/keys";
import type { FileBody, Lake } from "@lakehouse/lake/object-store";
import type { FindPersonalKey } from "@lakehouse/lake/personal-key";
import { type Receipt, receiptToMetadata } from "@lakehouse/lake/receipt";
import { StagedWriter } from "@lakehouse/lake/staged-writer";
import { needsPersonalKey } from "@lakehouse/transforms/contract/personal";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { ValidBatch } from "@lakehouse/transforms/validate/validate";
import { UnknownTableError } from "./errors.ts";
import { QuarantineWriter } from "./quarantine-writer.ts";
import { type ReadOptions, readObject } from "./read-object.ts";

/** The layers that this package reads and writes. */
export type SilverLake = Pick<Lake, "bronze" | "silver">;

/** Options of `processObject`. */
export interface ProcessOptions extends Omit<ReadOptions, "personalKey"> {
  /** A directory for temporary files. They are removed at the end. */
  readonly scratch: string;
  /** Finds the key, if the table hashes personal data. */
  readonly findPersonalKey?: FindPersonalKey | undefined;
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
 * @throws PersonalKeyError, InvalidKeyError, UnknownTableError, ObjectNotFoundError, StoreError; the signal's reason.
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
  const personalKey = needsPersonalKey(table) ? await options.findPersonalKey?.() : undefined;
  await mkdir(options.scratch, { recursive: true });
  const directory = await mkdtemp(join(options.scratch, "bronze-silver-"));
  const columns = table.columns.map(({ name }) => name);
  const silver = nativeFormats[table.format.silver].openWriter(
    columns,
    directory,
    lake.silver.flushes,
  );
  const quarantine = new StagedWriter(directory);
  try {
    const bronze = digestedObject(() => lake.bronze.read(bronzeKey));
    const counts = await transform(bronze, table, bronzeKey, silver, quarantine, {
      ...options,
      personalKey,
    });
    const written = await silver.finish();
    const file = {
      path: written.path,
      sha256: written.sha256 ?? (await digestOfFile(written.path)),
    };
    const receipt: Receipt = {
      ...counts,
      contract: table.silverFingerprint,
      bronzeEtag: head.etag,
      digests: {
        silver: file.sha256,
        ...(counts.quarantined > 0 && { quarantine: quarantine.digest() }),
        bronze: await bronze.digest(),
      },
      ...(personalKey !== undefined && { personalKey: personalKey.fingerprint }),
    };
    await publish(lake, table, bronzeKey, file, quarantine, receipt);
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

type Counts = Omit<Receipt, "contract" | "bronzeEtag" | "digests" | "personalKey">;

async function transform(
  bronze: DigestedObject,
  table: Table,
  bronzeKey: string,
  silver: FrameWriter,
  quarantine: StagedWriter,
  options: ReadOptions,
): Promise<Counts> {
  const counts = {
    records: 0,
    rows: 0,
    quarantined: 0,
    dropped: 0,
    warned: 0,
    unreadKeys: 0,
    damaged: false,
  };
  let forgotten = 0;
  const entries = new QuarantineWriter(bronzeKey, quarantine);
  const keep = async (batch: ValidBatch): Promise<void> => {
    const { frame, rows, refused, dropped, warned, unreadKeys } = batch;
    counts.records += rows + refused.length + dropped + batch.forgotten;
    forgotten += batch.forgotten;
    counts.rows += rows;
    counts.quarantined += refused.length;
    counts.dropped += dropped;
    counts.warned += warned;
    counts.unreadKeys = Math.max(counts.unreadKeys, unreadKeys);
    counts.damaged ||= refused.some(({ kind }) => kind === "object");
    entries.add(refused);
    await silver.add(frame);
  };
  await readObject(table, () => bronze.open(), options, keep);
  entries.flush();
  return forgotten === 0 ? counts : { ...counts, forgotten };
}

async function publish(
  lake: SilverLake,
  table: Table,
  bronzeKey: string,
  file: FileBody,
  quarantine: StagedWriter,
  receipt: Receipt,
): Promise<void> {
  const metadata = receiptToMetadata(receipt);
  const refusedKey = quarantineKey(bronzeKey);
  if (receipt.quarantined > 0) {
    await quarantine.commit(lake.silver, refusedKey, { metadata });
  }
  const key = silverKey(bronzeKey, table.format.silver);
  await lake.silver.put(key, file, { metadata });
  // Removes the file that an older contract wrote in another format. Until now it was the only one.
  for (const other of silverKeys(bronzeKey).filter((each) => each !== key)) {
    await lake.silver.delete(other);
  }
  if (receipt.quarantined === 0) {
    await lake.silver.delete(refusedKey);
  }
}
