/** What a table format does: it describes versions of a table in objects of its own. Each format's folder has one. */
import type { DataFile } from "./data-file.ts";
import type { Moment, RemovedFile, Version } from "./history.ts";
import type { TableSchema } from "./table-schema.ts";

/**
 * A table format. It reads and writes nothing: it makes the bytes of a version, and the same input gives the same bytes.
 *
 * `S` is what it remembers from version to version.
 */
export interface OpenTableFormat<S> {
  /** Describes the next version. @param state Undefined if the format has not described the table yet. */
  next(state: S | undefined, step: Step): Promise<{ readonly state: S; readonly objects: Objects }>;
  /** The key of the object that is the last version. */
  lastKey(state: S): string;
  /** The keys of all its objects. */
  keys(state: S): readonly string[];
  /** Whether an object with this key is a version after another one, as our keys or other programs' name it. */
  isAfter(key: string, last: string | undefined): boolean;
  /** Says who wrote an object: `Apache-Spark/4.0.0 (MERGE, 2026-11-01T…)`. */
  writerOf(key: string, bytes: Uint8Array): string;
  /** What the keys of its objects begin with. */
  readonly prefix: string;
}

/** The way from a version to the next one. */
export interface Step {
  /** Identifies the table, whatever its name: a UUID. */
  readonly id: string;
  readonly createdAt: number;
  readonly version: Version;
  /** The kept versions before it, oldest first. */
  readonly earlier: readonly Version[];
  /** The oldest version that is kept. */
  readonly oldest: number;
  readonly schema: TableSchema;
  /** All files of the version, by path. */
  readonly files: ReadonlyMap<string, TableFile>;
  readonly added: readonly TableFile[];
  readonly removed: readonly TableFile[];
  /** All files that were removed and that kept versions have. */
  readonly tombstones: readonly RemovedFile[];
  /** How long versions are kept, in milliseconds. */
  readonly retention: number;
  /** The address of the table's folder, without a slash at the end. */
  readonly location: string;
  /** Whether Iceberg's objects have the names that an earlier version of this program gave. */
  readonly plainNames: boolean;
}

/** A data file of a version. */
export interface TableFile extends DataFile {
  readonly added: Moment;
}

/** Objects of metadata. Keys are relative to the table's folder. */
export interface Objects {
  /** Written once, in this order. Other content in their place is another writer's. */
  readonly create: readonly OpenObject[];
  /** Overwritten afterwards. Readers that find an old one read more, or an older version. */
  readonly replace: readonly OpenObject[];
  /** Removed at the end: no kept version needs them. */
  readonly remove: readonly string[];
}

/** An object and its content. */
export interface OpenObject {
  readonly key: string;
  readonly bytes: Uint8Array;
}
