/** Delta Lake: a log of JSON entries, each a version, in `_delta_log/`. */
import { application } from "../application.ts";
import type { Objects, OpenObject, OpenTableFormat, Step } from "../open-table-format.ts";
import { type Action, addOf, protocol, removeOf, transactionOf } from "./actions.ts";
import { checkpointOf } from "./checkpoint.ts";
import { checkpointInterval, type MetaData, metaDataOf } from "./schema.ts";

/** What it remembers. */
export interface DeltaState {
  /** The table's version that is the log's version 0. */
  readonly first: number;
  /** The oldest version in the log. */
  readonly oldest: number;
  readonly last: number;
  readonly metaData: MetaData;
}

export const delta: OpenTableFormat<DeltaState> = {
  prefix: "_delta_log/",
  next,
  lastKey: ({ last }) => entryKey(last),
  keys,
  isAfter,
  writerOf,
};

const entryPattern = /^_delta_log\/\d{20}\.json$/;
const lastCheckpointKey = "_delta_log/_last_checkpoint";

async function next(
  before: DeltaState | undefined,
  step: Step,
): Promise<{ readonly state: DeltaState; readonly objects: Objects }> {
  const first = before?.first ?? step.version.version;
  const last = step.version.version - first;
  const metaData = metaDataOf(step);
  const entry = entryOf(before, step, metaData, last);
  const oldest = oldestEntry(before?.oldest ?? 0, step.oldest - first);
  const create = [
    object(entryKey(last), `${entry.map((line) => JSON.stringify(line)).join("\n")}\n`),
  ];
  const replace: OpenObject[] = [];
  if (isCheckpoint(last)) {
    const { bytes, actions } = checkpointOf(step, metaData);
    create.push({ key: checkpointKey(last), bytes });
    const pointer = {
      version: last,
      size: actions,
      sizeInBytes: bytes.length,
      numOfAddFiles: step.files.size,
    };
    replace.push(object(lastCheckpointKey, JSON.stringify(pointer)));
  }
  return {
    state: { first, oldest, last, metaData },
    objects: { create, replace, remove: keysBetween(before?.oldest ?? 0, oldest) },
  };
}

/** The oldest entry that a kept version needs: replaying starts at a checkpoint. */
function oldestEntry(before: number, oldestVersion: number): number {
  const checkpoint = oldestVersion - (oldestVersion % checkpointInterval);
  return Math.max(before, checkpoint, 0);
}

function entryOf(
  before: DeltaState | undefined,
  step: Step,
  metaData: MetaData,
  number: number,
): readonly Action[] {
  const { version, schema, files, removed } = step;
  const dataChange = version.operation !== "replace";
  const isSame = JSON.stringify(before?.metaData) === JSON.stringify(metaData);
  const all = before === undefined ? [...files.values()] : step.added;
  const { changed } = version;
  const commitInfo = {
    timestamp: version.at,
    operation:
      before === undefined && files.size === 0 ? "CREATE TABLE" : operations[version.operation],
    operationParameters: {},
    ...(before !== undefined && { readVersion: number - 1 }),
    isolationLevel: "Serializable",
    isBlindAppend: version.operation === "append",
    operationMetrics: {
      numFiles: String(all.length),
      numOutputRows: String(changed.rows),
      numOutputBytes: String(changed.bytes),
      numRemovedFiles: String(changed.removedFiles),
      numDeletedRows: String(changed.removedRows),
    },
    engineInfo: application,
    txnId: `${application}-${version.run}`,
  };
  return [
    { commitInfo },
    ...(before === undefined ? [{ protocol }] : []),
    ...(isSame ? [] : [{ metaData }]),
    { txn: transactionOf(step) },
    ...(before === undefined ? [] : removed).map((file) => ({
      remove: removeOf({ path: file.path, removed: version }, dataChange),
    })),
    ...all.map((file) => ({ add: addOf(schema, file, dataChange) })),
  ];
}

/** The names that Delta's own writers give operations. */
const operations = { append: "WRITE", overwrite: "MERGE", replace: "OPTIMIZE" } as const;

function keys({ oldest, last }: DeltaState): readonly string[] {
  return [
    ...keysBetween(oldest, last + 1),
    ...(last < checkpointInterval ? [] : [lastCheckpointKey]),
  ];
}

/** The objects of the versions from one to another, that one not included. */
function keysBetween(from: number, to: number): string[] {
  const versions = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  return versions.flatMap((version) =>
    isCheckpoint(version) ? [entryKey(version), checkpointKey(version)] : [entryKey(version)],
  );
}

function isCheckpoint(version: number): boolean {
  return version > 0 && version % checkpointInterval === 0;
}

function entryKey(version: number): string {
  return `_delta_log/${String(version).padStart(20, "0")}.json`;
}

function checkpointKey(version: number): string {
  return entryKey(version).replace(/json$/, "checkpoint.parquet");
}

function object(key: string, content: string): OpenObject {
  return { key, bytes: Buffer.from(content) };
}

function isAfter(key: string, last = ""): boolean {
  return entryPattern.test(key) && key > last;
}

/** Reads who wrote an entry from its commitInfo. */
function writerOf(_: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString().split("\n");
  const info = lines.flatMap((line) => commitInfoIn(line))[0];
  const {
    engineInfo = "an unknown writer",
    operation = "no operation named",
    timestamp,
  } = info ?? {};
  const at = typeof timestamp === "number" ? `, ${new Date(timestamp).toISOString()}` : "";
  return `${String(engineInfo)} (${String(operation)}${at})`;
}

function commitInfoIn(line: string): Readonly<Record<string, unknown>>[] {
  try {
    const action = JSON.parse(line) as { readonly commitInfo?: Readonly<Record<string, unknown>> };
    return action.commitInfo === undefined ? [] : [action.commitInfo];
  } catch {
    return [];
  }
}
