/**
 * The keys of state in the gold store: `_state/run.json`, and objects that are written once, such as the data files in a
 * table's folder. Their keys contain the sequence number of the run that wrote them and the digest of their content.
 */
import { tableFormats } from "@lakehouse/formats/formats";
import { currentFormat, statePrefix, taskPrefix } from "@lakehouse/lake/keys";
import { partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import { isTaken } from "./taken-files.ts";

/** The run record: the one object of state that changes. */
export const runRecordKey = `${statePrefix}run.json`;

const sequencePattern = /\/(\d{8,})-([0-9a-f]{16})\.[a-z.]+$/;
/** A data file: `<table>/<column>_<unit>=<value>/<file>`. */
const dataPattern = /^[a-z][a-z0-9_]*\/(?:[^/=]+=[^/]*\/)?[^/]+\.parquet$/;
/** An object of the metadata of an open table: Delta's log, or Iceberg's folder. */
const logPattern = /^([a-z][a-z0-9_]*)\/(?:_delta_log|metadata)\/./;
const manifestPrefix = `${statePrefix}manifest/`;
const packRoot = `${statePrefix}packs/`;
const taskPattern = new RegExp(`^${taskPrefix}(\\d{8,})/([0-9a-f]{16})/`);
const indexExtension = ".index.json.gz";
/** Begins the path of a file outside its table's folder: tombstones, and data files of a run record of version 1. */
const outsidePrefix = "../";

/** The path of a data file, relative to its table's folder. */
export function dataPath(
  { partitionBy }: Pick<Table, "partitionBy">,
  value: string,
  sequence: number,
  hash: string,
): string {
  const folder = partitionBy === undefined ? "" : `${partitionKeyName(partitionBy)}=${value}/`;
  return `${folder}${fileName(sequence, hash)}${tableFormats[currentFormat].extension}`;
}

/** The path of a file of tombstones. It is not in the table's folder, because no reader may take it for current rows. */
export function tombstonePath(
  table: Pick<Table, "name" | "partitionBy">,
  value: string,
  sequence: number,
  hash: string,
): string {
  return `${outsidePrefix}${statePrefix}tombstones/${table.name}/${dataPath(table, value, sequence, hash)}`;
}

/** The key of a data file. */
export function dataKey(table: string, { path }: { readonly path: string }): string {
  return path.startsWith(outsidePrefix) ? path.slice(outsidePrefix.length) : `${table}/${path}`;
}

/** The path of current rows that a run record of version 1 names. */
export function legacyPath(key: string): string {
  return `${outsidePrefix}${key}`;
}

/** The Bloom filter of a data file's keys. */
export function filterKey(table: string, sequence: number, hash: string): string {
  return `${statePrefix}filters/${table}/${fileName(sequence, hash)}.bloom`;
}

/** The file list of a table. */
export function fileListKey(table: string, sequence: number, hash: string): string {
  return `${statePrefix}files/${table}/${fileName(sequence, hash)}.json.gz`;
}

/** What is remembered of an open table. */
export function openTableKey(table: string, sequence: number, hash: string): string {
  return `${statePrefix}open/${table}/${fileName(sequence, hash)}.json.gz`;
}

/** The manifest of a table, or a part of it: the list of the silver objects in its current rows. */
export function manifestKey(table: string, sequence: number, hash: string): string {
  return `${manifestPrefix}${table}/${fileName(sequence, hash)}.json.gz`;
}

/** The index of the parts of a manifest. */
export function manifestIndexKey(table: string, sequence: number, hash: string): string {
  return `${manifestPrefix}${table}/${fileName(sequence, hash)}${indexExtension}`;
}

/**
 * A pack: copies of the silver objects of a part of a manifest, or of some of them.
 *
 * @param volume Its number among the packs of that part.
 * @param hash The digest of the part.
 */
export function packKey(table: string, volume: number, sequence: number, hash: string): string {
  return `${packsPrefix(table)}${volume}/${fileName(sequence, hash)}.gz`;
}

/** What the keys of a table's packs start with. */
export function packsPrefix(table: string): string {
  return `${packRoot}${table}/`;
}

/** What the packs of a part of a manifest have in common with it; undefined for other objects. */
export function packedPartOf(key: string): string | undefined {
  return key.startsWith(packRoot) || key.startsWith(manifestPrefix)
    ? `${tableOfState(key)}/${contentHashOf(key)}`
    : undefined;
}

/** The number of a pack among those of its part; undefined for other objects. */
export function volumeOfPack(key: string): number | undefined {
  const [, volume] = key.startsWith(packRoot) ? key.slice(packRoot.length).split("/") : [];
  return volume === undefined ? undefined : Number(volume);
}

/** Whether a manifest consists of parts. */
export function isManifestIndex(key: string): boolean {
  return key.endsWith(indexExtension);
}

/** An output that is committed but not published yet, as an object of its own. */
export function stagedKey(sequence: number, hash: string, format: FileFormat): string {
  return `${statePrefix}staged/${fileName(sequence, hash)}${tableFormats[format].extension}`;
}

/** A task of a run. Its result and its files are beside it. @param digest The digest of its input. */
export function taskKey(sequence: number, digest: string): string {
  return `${taskPrefix}${padded(sequence)}/${digest}/task.json`;
}

/** A list of tasks of a run. @param digest The digest of the list. */
export function taskListKey(sequence: number, digest: string): string {
  return `${taskPrefix}${padded(sequence)}/${digest}/list.json`;
}

/** The result of a task, which is written after everything that it names. */
export function taskResultKey(task: string): string {
  return `${folderOf(task)}result.json`;
}

/** A file that a task makes for the run. @param hash The digest of its content. */
export function taskFileKey(task: string, hash: string): string {
  return `${folderOf(task)}${fileName(sequenceOf(task) ?? 0, hash)}${tableFormats[currentFormat].extension}`;
}

/** The table whose log or metadata an object is part of; undefined for other objects. */
export function tableOfLog(key: string): string | undefined {
  return logPattern.exec(key)?.[1];
}

/** The table or model that an object of state or a data file belongs to. Staged outputs belong to none. */
export function tableOfState(key: string): string {
  const [folder = "", , table = ""] = key.split("/");
  return key.startsWith(statePrefix) ? table : folder;
}

/** Whether an object is part of the log or metadata of an open table. */
export function isLog(key: string): boolean {
  return tableOfLog(key) !== undefined;
}

/** Whether a key is that of an object of state, or of a data file. */
export function isState(key: string): boolean {
  return key.startsWith(statePrefix) || sequenceOf(key) !== undefined || isTaken(key);
}

/** The run that wrote an object of state or a data file; undefined for the run record and for other objects. */
export function sequenceOf(key: string): number | undefined {
  const isOurs = key.startsWith(statePrefix) || dataPattern.test(key);
  const text = isOurs ? (taskPattern.exec(key) ?? sequencePattern.exec(key))?.[1] : undefined;
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

/** The name of an object of state, without its extension. */
export function fileName(sequence: number, hash: string): string {
  return `${padded(sequence)}-${hash}`;
}

function padded(sequence: number): string {
  return String(sequence).padStart(8, "0");
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}
