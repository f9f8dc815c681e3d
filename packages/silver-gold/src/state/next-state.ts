/** Assembles what a run commits: the next run record and the objects that it names. */
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { CurrentRows } from "../current/current-rows.ts";
import type { ExtendedHeld } from "../current/held.ts";
import { hasColumnsOf } from "../models/athena/readiness.ts";
import type { BuiltModel } from "../models/build-models.ts";
import { fileFormatOf } from "../models/model-plan.ts";
import type { CurrentTable } from "../models/relations.ts";
import type { GoldListing } from "../publish/gold-listing.ts";
import {
  logsIn,
  nextOpenTable,
  type OpenTablesInput,
  openDefinitionsOf,
} from "../publish/open-tables.ts";
import type { RunScope } from "../run-scope.ts";
import { withoutRetired } from "./retired.ts";
import {
  type ModelRecord,
  openPart,
  openPartsOf,
  publishedOutputs,
  type RunRecord,
  type TableRecord,
} from "./run-record.ts";
import { type OutputToStage, stageOutputs } from "./staged.ts";

/** The old state, and what a run changed. */
export interface NextInput extends OpenTablesInput {
  readonly tables: ReadonlyMap<string, CurrentTable>;
  readonly models: readonly BuiltModel[];
  /** Tables and models without a definition, which stay as they are. */
  readonly kept: Pick<RunRecord, "tables" | "models">;
  readonly updates: readonly CurrentRows[];
  readonly drifted: ReadonlySet<string>;
  readonly strays: readonly string[];
  readonly newObjects: number;
  readonly listing: GoldListing;
  readonly startedAt: string;
  /** The start of the last run that left no day with late silver; undefined if it is this one. */
  readonly compared: string | undefined;
  /** The last listing of all silver; undefined if it is that of the old record. */
  readonly listed?: RunRecord["run"]["listed"];
}

/** What to commit. */
export interface NextState {
  readonly record: RunRecord;
  /** New state objects by key. */
  readonly uploads: Map<string, ObjectBody>;
}

/** Returns the next run record. All differences from what is published are pending. */
export async function nextState(scope: RunScope, input: NextInput): Promise<NextState> {
  const { old, tables, models, kept, updates, drifted, strays } = input;
  const uploads = new Map<string, ObjectBody>(
    [...updates, ...models].flatMap((update) => [...update.uploads]),
  );
  const pending = new Map<string, string | null>();
  // What is removed.
  const markAll = (keys: readonly string[] = []): void => {
    for (const key of keys) {
      pending.set(key, null);
    }
  };
  const oldHashes = new Map(publishedOutputs(old).map(({ key, hash }) => [key, hash]));
  // Outputs that are not in the new state are removed.
  markAll([...oldHashes.keys(), ...strays]);
  const toStage: OutputToStage[] = [];
  for (const { resolved, record, isKept } of models) {
    if (record.files !== undefined) {
      continue;
    }
    for (const { key, hash } of Object.values(record.outputs)) {
      // Nothing can make the output of a kept model again before it is built.
      if (isKept || (oldHashes.get(key) === hash && !drifted.has(key))) {
        pending.delete(key);
        continue;
      }
      toStage.push({ key, hash, format: fileFormatOf(resolved.model) });
    }
  }
  const staged = await stageOutputs(scope, toStage);
  for (const [key, name] of staged.pending) {
    pending.set(key, name);
  }
  for (const [key, body] of staged.uploads) {
    uploads.set(key, body);
  }
  for (const { key } of publishedOutputs(kept)) {
    pending.delete(key);
  }
  const logs = logsIn(input.listing);
  // What is removed may have had the name of a new table, which begins with a log of its own.
  const openInput = { ...input, old: withoutRetired(old, input.catalog) };
  const definitions = new Map(openDefinitionsOf(input.catalog).map((each) => [each.name, each]));
  const withVersion = async <P extends TableRecord | ModelRecord>(
    name: string,
    record: P,
  ): Promise<P> => {
    const definition = definitions.get(name);
    const part = openPart(record);
    if (definition === undefined || part === undefined) {
      return record;
    }
    const next = await nextOpenTable(scope, definition, part, openInput);
    for (const [key, bytes] of next.uploads) {
      uploads.set(key, bytes);
    }
    if (next.isNew) {
      markAll(logs.get(name));
    }
    return { ...record, open: next.open };
  };
  const current: [string, TableRecord][] = [];
  for (const [name, { record }] of tables) {
    current.push([name, await withVersion(name, record)]);
  }
  const built: [string, ModelRecord][] = [];
  for (const { resolved, record, isKept } of models) {
    const { name } = resolved.model;
    const isOld = isKept && !hasColumnsOf(resolved.model, record);
    built.push([name, isOld ? withoutLost(record, name, input) : await withVersion(name, record)]);
  }
  const parts = {
    tables: sorted([...Object.entries(kept.tables), ...current]),
    models: sorted([...Object.entries(kept.models), ...built]),
  };
  const now = openPartsOf(parts);
  for (const name of openPartsOf(old).keys()) {
    if (!now.has(name)) {
      markAll(logs.get(name));
    }
  }
  const etags = Object.entries(old.run.etags).filter(([key]) => !pending.has(key));
  const { listed = old.run.listed } = input;
  const record: RunRecord = {
    version: 2,
    sequence: scope.sequence,
    ...parts,
    pending: sorted(pending),
    run: {
      startedAt: input.startedAt,
      committedAt: input.committedAt,
      newObjects: input.newObjects,
      etags: sorted(etags),
      ...(input.compared !== undefined && { compared: input.compared }),
      ...(listed !== undefined && { listed }),
    },
  };
  return { record, uploads };
}

/** A model that has other columns than its definition, until it is built. A version whose metadata is lost is not made again. */
function withoutLost(record: ModelRecord, name: string, { stale }: NextInput): ModelRecord {
  return stale.get(name) === "lost" ? { ...record, open: undefined } : record;
}

/** What a slice that is held commits. */
export interface HeldInput {
  readonly old: RunRecord;
  readonly tables: ReadonlyMap<string, ExtendedHeld>;
  readonly rebuild: boolean;
  readonly prune: boolean;
  readonly accepted: ReadonlySet<string>;
  /** The days whose silver was compared; undefined for all. */
  readonly days: NonNullable<RunRecord["held"]>["days"];
  readonly startedAt: string;
}

/** Returns the run record with what is held. What is published stays as it is, with the run that published it. */
export function heldState({ sequence }: RunScope, input: HeldInput): NextState {
  const { old, tables, rebuild, prune, accepted, days, startedAt } = input;
  const uploads = new Map([...tables.values()].flatMap((table) => [...table.uploads]));
  const times = { startedAt, committedAt: startedAt, finishedAt: startedAt };
  const record: RunRecord = {
    ...old,
    version: 2,
    sequence,
    held: {
      rebuild,
      startedAt: old.held?.startedAt ?? startedAt,
      ...(prune && { prune }),
      ...(accepted.size > 0 && { accepted: [...accepted].sort() }),
      ...(days !== undefined && { days }),
      tables: sorted([...tables].map(([name, table]) => [name, table.record])),
    },
    run: old.sequence === 0 ? { ...old.run, ...times } : old.run,
  };
  return { record, uploads };
}

function sorted<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
