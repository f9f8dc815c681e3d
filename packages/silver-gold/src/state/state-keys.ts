/**
 * The keys of state in the gold store: `_state/run.json`, and objects that are written once. Their keys contain the
 * sequence number of the run that wrote them and the digest of their content.
 */
import { tableFormats } from "@lakehouse/formats/formats";
import { currentFormat, statePrefix, symlinkPrefix } from "@lakehouse/lake/keys";
import { partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";

/** The run record: the one object of state that changes. */
export const runRecordKey = `${statePrefix}run.json`;

const currentPrefix = `${statePrefix}current/`;
const sequencePattern = /\/(\d{8,})-([0-9a-f]{16})\.[a-z.]+$/;

/** Current rows of one partition of a table. */
export function currentKey(table: Table, value: string, sequence: number, hash: string): string {
  const { name, partitionBy } = table;
  const folder = partitionBy === undefined ? "" : `${partitionKeyName(partitionBy)}=${value}/`;
  return `${currentPrefix}${name}/${folder}${fileName(sequence, hash)}${tableFormats[currentFormat].extension}`;
}

/** The symlink manifest of a partition's current rows, regardless of which run wrote them. */
export function symlinkKey(current: string): string {
  const folder = current.slice(currentPrefix.length, current.lastIndexOf("/"));
  return `${symlinkPrefix}${folder}/manifest`;
}

/** The manifest of a table: the list of the silver objects in its current rows. */
export function manifestKey(table: string, sequence: number, hash: string): string {
  return `${statePrefix}manifest/${table}/${fileName(sequence, hash)}.json.gz`;
}

/** An output that is committed but not published yet. */
export function stagedKey(sequence: number, hash: string, format: FileFormat): string {
  return `${statePrefix}staged/${fileName(sequence, hash)}${tableFormats[format].extension}`;
}

/** The run that wrote a state object; undefined for the run record and for other objects. */
export function sequenceOf(key: string): number | undefined {
  const text = key.startsWith(statePrefix) ? sequencePattern.exec(key)?.[1] : undefined;
  return text === undefined ? undefined : Number(text);
}

/** The digest in the name of a state object. */
export function contentHashOf(key: string): string {
  return sequencePattern.exec(key)?.[2] ?? "";
}

/** Whether two keys of state mean the same content in the same place, regardless of which runs wrote them. */
export function isSameContent(a: string, b: string): boolean {
  const place = (key: string) => key.replace(sequencePattern, "/$2");
  return place(a) === place(b);
}

function fileName(sequence: number, hash: string): string {
  return `${String(sequence).padStart(8, "0")}-${hash}`;
}
