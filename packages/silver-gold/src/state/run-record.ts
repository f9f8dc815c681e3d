/** The run record, `_state/run.json`: the objects of current rows and gold. One conditional write replaces it. */
import { hash } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileFormats } from "@lakehouse/formats/formats";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import * as z from "zod";
import { StateError } from "../errors.ts";
import { columnIdsSchema } from "./column-ids.ts";
import { runRecordKey } from "./state-keys.ts";

const file = z.object({ key: z.string(), rows: z.number() });
const stored = z.object({ ...file.shape, hash: z.string() });
const output = z.object({
  ...stored.shape,
  /** Its data files, if it has several. No object has its own key then, so that an earlier version builds it again. */
  files: z.array(stored).optional(),
});

/** Versions of tables and models, by name: the Iceberg snapshot, and the key of the file list. */
export const pinnedVersions = z.record(
  z.string(),
  z.object({ snapshot: z.number(), files: z.string() }),
);

const merged = z.object({
  /** The contract's `currentFingerprint`. */
  fingerprint: z.string(),
  manifest: z.string(),
});
const listed = z.object({
  ...merged.shape,
  /** The file list, and the numbers of rows and files in it. */
  files: z.object({ key: z.string(), rows: z.number(), count: z.number() }),
  /** The ids of columns, as in the file list, in case that is lost. Absent in records of earlier versions. */
  columnIds: columnIdsSchema.optional(),
  /** How the contract tells its rows apart. Absent in records of earlier versions. */
  rules: z
    .object({ primaryKey: z.string(), partitionBy: z.string(), orderBy: z.string() })
    .optional(),
  /** The open table; absent before its first version. */
  open: z
    .object({
      /** What is remembered of it. */
      key: z.string(),
      /** The keys of the objects that are its last version. */
      last: z.array(z.string()),
      /** A digest of its schema, its formats, and of where and how long versions are kept. */
      definition: z.string(),
      /** How long versions are kept, in milliseconds; absent if it is the default. */
      retention: z.number().optional(),
      /**
       * The version before, as the keys of what is remembered of it and of its file list; null if there is none. Present
       * while the last version may not be published.
       */
      after: z.object({ key: z.string(), files: z.string() }).nullable().optional(),
    })
    .optional(),
});
/** A table as version 1 has it. The next run that merges it replaces these files. */
const legacy = z.object({
  ...merged.shape,
  /** Current rows by partition value. */
  partitions: z.record(z.string(), file),
});
const table = z.union([listed, legacy]);
const heldTable = z.object({
  ...listed.shape,
  /** The partitions whose old rows they replace; null for all. */
  replaces: z.array(z.string()).nullable(),
});
/** Rows that version 1 holds are left out, so that they are read again. */
const heldTables = z
  .record(z.string(), z.union([heldTable, legacy]))
  .transform((all): Readonly<Record<string, z.infer<typeof heldTable>>> => {
    const kept = Object.entries(all).flatMap(([name, held]) =>
      isLegacy(held) ? [] : [[name, held] as const],
    );
    return Object.fromEntries(kept);
  });

const schema = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  /** Counts the runs that committed. */
  sequence: z.number(),
  tables: z.record(z.string(), table),
  /** Rows that take the place of those in `tables` once all of their silver has been read. Nothing reads them before. */
  held: z
    .object({
      /** Whether all tables and models are being rebuilt. */
      rebuild: z.boolean(),
      /** When the first of their silver was read. */
      startedAt: z.string(),
      /** What a person has confirmed of the run that publishes them: see `prune` and `acceptDecrease` of GoldOptions. */
      prune: z.boolean().optional(),
      accepted: z.array(z.string()).optional(),
      /** The days whose silver the run compares, until all of it has been read. Absent for all. */
      days: z
        .array(z.object({ from: z.string(), to: z.string().optional() }))
        .readonly()
        .optional(),
      tables: heldTables,
    })
    .optional(),
  models: z.record(
    z.string(),
    z.object({
      fingerprint: z.string(),
      format: z.enum([...fileFormats, "table"]),
      /** Its objects by partition value: published ones, or data files. A full model has one, under `""`. */
      outputs: z.record(z.string(), output),
      /** The types of its columns, by name. Absent in records of earlier versions. */
      columns: z.record(z.string(), z.string()).optional(),
      /** As those of tables, if it is an open table. */
      files: listed.shape.files.optional(),
      columnIds: listed.shape.columnIds,
      open: listed.shape.open,
      /** Digests of what it was built from in silver, by name: `silver_orders`. Absent if it reads none of it. */
      inputs: z.record(z.string(), z.string()).optional(),
      /** The query of Athena that built it. Absent if DuckDB did. */
      athena: z
        .object({
          /** That of the attempt. */
          token: z.string(),
          /** The id of the query. */
          query: z.string(),
          /** What it read. */
          sources: pinnedVersions,
          bytesScanned: z.number(),
          milliseconds: z.number(),
          /** When the query was started, and when a run took its rows. */
          startedAt: z.string(),
          builtAt: z.string(),
        })
        .optional(),
    }),
  ),
  /**
   * By gold key, what may not be published yet: the staged object to publish there, or a part of one (`staged.ts`), or null to
   * remove the key. In earlier versions also manifests, which nothing publishes any longer.
   */
  pending: z.record(z.string(), z.string().nullable()),
  /** The part that depends on the run and not on the data. */
  run: z.object({
    startedAt: z.string(),
    committedAt: z.string(),
    /** The start of the last run that left no day with late silver to later runs; absent if it is this one. */
    compared: z.string().optional(),
    /** Missing while outputs are pending. */
    finishedAt: z.string().optional(),
    /** Silver objects that were new or replaced. */
    newObjects: z.number(),
    /** The last run that listed all silver and left none of it: see `SilverScope`. */
    listed: z
      .object({
        /** When that run started, the first one if there were several. */
        at: z.string(),
        /** The etag of the mark of late silver that it saw before it listed, of an earlier version. */
        mark: z.string().optional(),
        /** The etags of the marks of days with late silver, whose silver runs have listed since. */
        days: z.record(z.string(), z.string()).optional(),
        /** The first day that the next run goes on with; absent if all of it has been listed. */
        next: z.string().optional(),
        /** The tables that it listed. */
        tables: z.array(z.string()),
      })
      .optional(),
    /** The etag of each published object, by key. */
    etags: z.record(z.string(), z.string()),
  }),
});

/** What `_state/run.json` holds. */
export type RunRecord = z.infer<typeof schema>;
/** Its tables and models. */
export type RecordParts = Pick<RunRecord, "tables" | "models">;
/** A table's part of it. */
export type TableRecord = RunRecord["tables"][string];
/** A table with a file list. */
export type ListedTable = z.infer<typeof listed>;
/** A table as version 1 of the record has it. */
export type LegacyTable = z.infer<typeof legacy>;
/** How a contract tells rows apart, as text. */
export type RowRules = NonNullable<ListedTable["rules"]>;
/** Held rows of a table. */
export type HeldTable = z.infer<typeof heldTable>;
/** A model's part of it. */
export type ModelRecord = RunRecord["models"][string];
/** The query of Athena that built a model. */
export type AthenaRecord = NonNullable<ModelRecord["athena"]>;
/** Versions of tables and models, by name. */
export type PinnedVersions = z.infer<typeof pinnedVersions>;
/** What a model published of a partition: an object, or data files. */
export type Output = z.infer<typeof output>;
/** One object of an output. */
export type StoredFile = z.infer<typeof stored>;

/** The objects of an output. */
export function filesOfOutput(output: Output): readonly StoredFile[] {
  return output.files ?? [output];
}

/** The part of a record about an open table. */
export type OpenRecord = NonNullable<ListedTable["open"]>;

/** A table or model that is an open table. */
export type OpenPart = Pick<ListedTable, "fingerprint" | "files" | "open"> &
  Partial<Pick<ListedTable, "manifest">>;

/** The tables and models of a record that are open tables, or will be after the next run, by name. */
export function openPartsOf({ tables, models }: RecordParts): ReadonlyMap<string, OpenPart> {
  const parts = [...Object.entries(tables), ...Object.entries(models)];
  return new Map(
    parts.flatMap(([name, record]) => {
      const part = openPart(record);
      return part === undefined ? [] : [[name, part]];
    }),
  );
}

/** What a record says of an open table; undefined if the table or model is none. */
export function openPart(record: TableRecord | ModelRecord): OpenPart | undefined {
  if (isLegacy(record) || record.files === undefined) {
    return undefined;
  }
  return { ...record, files: record.files };
}

/**
 * The tables and models of a record with changed open tables.
 *
 * @param change Returns what the record says of an open table; undefined if it begins again with its first version.
 */
export function withOpenTables(
  { tables, models }: RecordParts,
  change: (open: OpenRecord, name: string) => OpenRecord | undefined,
): RecordParts {
  const changed = <P extends TableRecord | ModelRecord>(
    parts: Readonly<Record<string, P>>,
  ): Record<string, P> =>
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => {
        const open = openPart(part)?.open;
        return [name, open === undefined ? part : { ...part, open: change(open, name) }];
      }),
    );
  return { tables: changed(tables), models: changed(models) };
}

/** The published objects of all models. Open tables have none: their data files are state. */
export function publishedOutputs({ models }: Pick<RunRecord, "models">): readonly Output[] {
  return Object.values(models).flatMap(({ files, outputs }) =>
    files === undefined ? Object.values(outputs) : [],
  );
}

/** Whether everything in a record is published. */
export function isSettled(record: RunRecord): boolean {
  return (
    Object.keys(record.pending).length === 0 &&
    openPartsOf(record)
      .values()
      .every(({ open }) => open?.after === undefined)
  );
}

/** Whether a record of version 1 wrote this part, and no run has merged the table since. */
export function isLegacy(table: object): table is LegacyTable {
  return "partitions" in table;
}

/** A run record, and the etag of the object that it was read from (null if there is none). */
export interface SeenRecord {
  readonly record: RunRecord;
  readonly etag: string | null;
}

/**
 * Reads the run record.
 *
 * @returns Undefined before the first commit.
 * @throws StateError if it is damaged.
 */
export async function readRunRecord(
  gold: ObjectStore,
): Promise<{ readonly record: RunRecord; readonly etag: string } | undefined> {
  try {
    const { head, body } = await gold.open(runRecordKey);
    return { record: parseRunRecord(await text(body)), etag: head.etag };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

/** @throws StateError if it is not a run record, or not what a run wrote. */
export function parseRunRecord(content: string): RunRecord {
  try {
    const parsed: unknown = JSON.parse(content);
    const record = schema.parse(parsed);
    if (!isIntact(parsed)) {
      throw damaged("its content has changed since a run wrote it");
    }
    return record;
  } catch (error) {
    if (error instanceof StateError) {
      throw error;
    }
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : "it is not JSON";
    throw damaged(`it is not a run record (${problem.replaceAll(/\s+/g, " ")})`);
  }
}

function damaged(problem: string): StateError {
  return new StateError(
    runRecordKey,
    problem,
    "Restore an earlier version of it, or remove all of _state/ and run again, which rebuilds it from silver.",
  );
}

/** Serializes a record together with the digest of its own content. */
export function serializeRunRecord(record: RunRecord): Uint8Array {
  const run = { ...record.run, sha256: digestOf(record) };
  return Buffer.from(`${JSON.stringify({ ...record, run })}\n`);
}

/** A JSON object, with its keys in their order. */
const object = z.record(z.string(), z.unknown());

/**
 * Whether a record has the digest that it was written with. Records of earlier versions have none.
 *
 * @param parsed The record with everything in it, also what only a later version knows.
 */
function isIntact(parsed: unknown): boolean {
  const record = object.parse(parsed);
  const { sha256, ...run } = object.parse(record["run"]);
  return sha256 === undefined || sha256 === digestOf({ ...record, run });
}

function digestOf(record: unknown): string {
  return hash("sha256", JSON.stringify(record));
}

/** The number of current rows of a table, and of their files. */
export function sizeOf(record: TableRecord | undefined): { rows: number; files: number } {
  if (record === undefined) {
    return { rows: 0, files: 0 };
  }
  if (!isLegacy(record)) {
    return { rows: record.files.rows, files: record.files.count };
  }
  const files = Object.values(record.partitions);
  return { rows: files.reduce((sum, { rows }) => sum + rows, 0), files: files.length };
}

/** The record before the first run. */
export const emptyRecord: RunRecord = {
  version: 2,
  sequence: 0,
  tables: {},
  models: {},
  pending: {},
  run: { startedAt: "", committedAt: "", newObjects: 0, etags: {} },
};

/** How a contract tells rows apart: `month(order_date)`. Empty text for none. */
export function rowRulesOf({
  primaryKey,
  partitionBy,
  orderBy,
}: Pick<Table, "primaryKey" | "partitionBy" | "orderBy">): RowRules {
  const partition = partitionBy === undefined ? "" : `${partitionBy.unit}(${partitionBy.column})`;
  return {
    primaryKey: primaryKey.join(", "),
    partitionBy: partition,
    orderBy: orderBy.join(", "),
  };
}
