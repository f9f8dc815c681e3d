/**
 * Names of Iceberg's objects. Each has a UUID that no other version and no other lake has, because readers take files
 * of the same name for the same: Trino caches them by their path without the bucket.
 */
import { hash } from "node:crypto";
import type { Step } from "../open-table-format.ts";
import { uuidOf } from "../uuid.ts";

/** What a version's objects are named. Keys are relative to the table's folder. */
export interface Names {
  readonly metadata: string;
  /** The list of its manifests. */
  readonly list: string;
  readonly manifest: (index: number) => string;
}

/** The file that names the last metadata file, for readers without a catalog. */
export const hintKey = "metadata/version-hint.text";

/** Ours: `00012-<uuid>.metadata.json`, or `v12.metadata.json` by an earlier version of this program. */
const ownMetadata =
  /^metadata\/(?:v(\d+)|(\d{5,})-[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12})\.metadata\.json$/;
/** Other programs' UUIDs are random, for example. */
const anyMetadata = /^metadata\/[^/]*\.metadata\.json(?:\.gz)?$/;
const plainName = /^metadata\/\d+-/;

/** The names of a version's objects, as Iceberg's own library forms them. */
export function namesOf({ id, location, version: { version, at }, plainNames }: Step): Names {
  const number = version + 1;
  if (plainNames) {
    return {
      metadata: plainMetadata(version),
      list: `metadata/${number}-snapshot.avro`,
      manifest: (index) => `metadata/${number}-m${index}.avro`,
    };
  }
  const uuid = uuidOf(`${id} ${location} ${version} ${at}`);
  return {
    metadata: `metadata/${String(number).padStart(5, "0")}-${uuid}.metadata.json`,
    list: `metadata/snap-${snapshotId(id, version)}-1-${uuid}.avro`,
    manifest: (index) => `metadata/${uuid}-m${index}.avro`,
  };
}

/** The id of a version's snapshot: 48 bits of a digest, which no reader of JSON rounds. */
export function snapshotId(table: string, version: number): number {
  return Number.parseInt(hash("sha256", `${table} ${version}`).slice(0, 12), 16);
}

/** What an earlier version of this program named a version's metadata file: the same in each lake. */
export function plainMetadata(version: number): string {
  return `metadata/v${version + 1}.metadata.json`;
}

/** Whether a manifest or a list has a name that other lakes' have, too, because an earlier version of this program wrote it. */
export function isPlain(key: string): boolean {
  return plainName.test(key);
}

/** What readers find in the hint: the number of a `v12.metadata.json`, or the name of another without its extension. */
export function hintOf(metadata: string): string {
  return metadata.replace(/^metadata\/(?:v(?=\d+\.))?/, "").replace(/\.metadata\.json$/, "");
}

/** Whether a metadata file has a name that we give. */
export function isOwnName(key: string): boolean {
  return ownMetadata.test(key);
}

/** Whether a metadata file is after another one of ours, or another program's. */
export function isAfter(key: string, last = ""): boolean {
  const number = numberOf(key);
  return number === undefined ? anyMetadata.test(key) : number > (numberOf(last) ?? 0);
}

function numberOf(key: string): number | undefined {
  const [, plain, number = plain] = ownMetadata.exec(key) ?? [];
  return number === undefined ? undefined : Number(number);
}
