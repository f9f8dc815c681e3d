/** The part of a run before its commit: plan → merge → build → check. It writes to local disk only. */
import { LakehouseError } from "@lakehouse/transforms/errors";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { Backlog } from "./current/backlog.ts";
import { pinSlice } from "./current/pinned-slice.ts";
import { keptIn, type SilverObject } from "./current/silver-objects.ts";
import type { DayRange } from "./current/silver-scope.ts";
import { takeSlice } from "./current/slice.ts";
import {
  holdTables,
  outdatedOf,
  type PlannedTable,
  planTables,
  updateTables,
} from "./current/update-tables.ts";
import { StateError, unlessStateError } from "./errors.ts";
import type { AthenaResults } from "./models/athena/athena-run.ts";
import { allReady, isRemote, type Readiness, readinessOf } from "./models/athena/readiness.ts";
import { type BuiltModel, buildModels, isLeftByAthena } from "./models/build-models.ts";
import type { ResolvedModel } from "./models/model-graph.ts";
import { Relations } from "./models/relations.ts";
import { failedRowCounts } from "./models/row-counts.ts";
import { runChecks } from "./models/run-checks.ts";
import { isStale, silverInputsOf } from "./models/silver-inputs.ts";
import { type GoldListing, strayKeys, unknownOutputs } from "./publish/gold-listing.ts";
import { findStaleTables, type OpenTableOptions } from "./publish/open-tables.ts";
import {
  findDrift,
  onlyPublished,
  recordedObjects,
  withEtags,
} from "./publish/published-content.ts";
import type { RunScope } from "./run-scope.ts";
import { heldState, type NextState, nextState } from "./state/next-state.ts";
import {
  keptParts,
  namesLostVersions,
  type Retired,
  refuseTakenNames,
  retiredOf,
  withoutLostVersions,
  withoutRetired,
  withoutRetiredModels,
} from "./state/retired.ts";
import {
  filesOfOutput,
  type HeldTable,
  type Output,
  openPartsOf,
  type RunRecord,
  type TableRecord,
} from "./state/run-record.ts";
import type { SliceLimit } from "./state/slice-limit.ts";
import { keysOfTable } from "./state/state-of.ts";

/** What a run starts from. */
export interface PrepareInput {
  readonly catalog: Catalog;
  readonly models: readonly ResolvedModel[];
  readonly old: RunRecord;
  readonly listing: GoldListing;
  /** Published objects to remove if they are not made again. Given if what an earlier run committed is abandoned. */
  readonly removals: readonly string[] | undefined;
  readonly rebuild: boolean;
  /** What the record says of the last listing of all silver, once this run has merged what it lists. */
  readonly listed?: RunRecord["run"]["listed"];
  /** The days whose silver is compared; undefined for all. */
  readonly days?: readonly DayRange[] | undefined;
  /** Whether days with late silver may be left to later runs. */
  readonly leavesDays?: boolean;
  /** The most silver to read. */
  readonly limit: SliceLimit;
  /** Whether to publish nothing before all of the silver has been read. */
  readonly holds?: boolean;
  /** Called with the number of objects that are read now, and what is left. */
  readonly onSlice: (objects: number, remaining: Backlog) => void;
  /** Whether to remove what the catalog no longer defines. */
  readonly prune: boolean;
  /** The names of models that are not part of this run, and read nothing that it builds; undefined if all models are part. */
  readonly apart?: ReadonlySet<string> | undefined;
  /** The names of tables and models that may lose more rows than their checks allow. */
  readonly accepted: ReadonlySet<string>;
  readonly openTables: OpenTableOptions;
  /** The rows of queries of Athena that this run takes, by model; undefined if DuckDB builds every model. */
  readonly results?: AthenaResults | undefined;
  readonly startedAt: string;
  readonly now: () => Date;
  /** Called with the number of silver objects that an older contract made, by table. */
  readonly onOutdated: (counts: ReadonlyMap<string, number>) => void;
}

/** What a run will commit. */
export interface Prepared {
  readonly next: NextState;
  /** The number of partitions that were built, by model. */
  readonly built: ReadonlyMap<string, number>;
  readonly newObjects: number;
  /** Silver that it did not read. */
  readonly remaining: Backlog;
  readonly removed: readonly Retired[];
  /** Whether it only read a part of what must be published together. */
  readonly isHeld: boolean;
}

/**
 * Builds everything that the next run record will name.
 *
 * @returns Undefined if there is nothing to do.
 * @throws CheckFailedError if a check fails.
 * @throws NameTakenError if gold keeps something under the name of something else.
 */
export async function prepare(scope: RunScope, input: PrepareInput): Promise<Prepared | undefined> {
  const { held, ...published } = input.old;
  const tables: [string, HeldTable][] = [];
  const heldKeys = new Set<string>();
  for (const [name, table] of Object.entries(held?.tables ?? {})) {
    const keys = await heldKeysOf(scope, name, table);
    heldKeys.add(table.files.key);
    if (keys.every((key) => input.listing.has(key))) {
      tables.push([name, table]);
      for (const key of keys) {
        heldKeys.add(key);
      }
    }
  }
  const rebuild = input.rebuild || held?.rebuild === true;
  const usable = held && { ...held, rebuild, tables: Object.fromEntries(tables) };
  const asked = { rebuild, ...confirmed(input) };
  try {
    return await prepareSlice(scope, { ...input, ...asked }, usable);
  } catch (error) {
    if (!(error instanceof StateError && heldKeys.has(error.key))) {
      throw error;
    }
    // Damaged rows that nothing reads yet are merged again.
    return await prepareSlice(scope, { ...input, ...asked, old: published }, undefined);
  }
}

/** What a person confirms now, or has confirmed while what is held was read with the contracts of today. */
function confirmed({ old, catalog, prune, accepted, apart }: PrepareInput) {
  const { held } = old;
  const isSame = catalog.tables.every(
    ({ name, currentFingerprint }) =>
      (held?.tables[name]?.fingerprint ?? currentFingerprint) === currentFingerprint,
  );
  return held === undefined || !isSame
    ? { prune, accepted }
    : {
        // A run of some models must not take the others for removed ones.
        prune: prune || (held.prune === true && apart === undefined),
        accepted: accepted.union(new Set(held.accepted)),
      };
}

/** The keys of held rows. Rows whose file list is lost are lost too. */
async function heldKeysOf(
  { lists }: RunScope,
  name: string,
  table: HeldTable,
): Promise<readonly string[]> {
  const keys = await keysOfTable(lists, name, table).catch(unlessStateError);
  return keys ?? [table.files.key, "lost"];
}

async function prepareSlice(
  scope: RunScope,
  given: PrepareInput,
  held: RunRecord["held"],
): Promise<Prepared | undefined> {
  const input = { ...given, old: await withoutLostModels(scope, given) };
  const { catalog, models, listing, rebuild, prune, accepted, startedAt, now } = input;
  const { gold, concurrency } = scope;
  if (!prune) {
    refuseTakenNames(input.old, catalog);
  }
  const recorded = recordedObjects(withoutRetiredModels(input.old, catalog));
  const found = await findDrift(gold, listing, recorded, concurrency, false);
  const seen = {
    ...found,
    drifted: found.drifted.union(lostModelFiles(catalog, input.old, listing)),
  };
  const days = rebuild ? undefined : input.days;
  const recent = { ...input.old, held };
  const { run } = input.old;
  const compared = input.leavesDays === true ? (run.compared ?? run.startedAt) : undefined;
  const plans = await planTables(scope, catalog, recent, rebuild, { startedAt, compared }, days);
  input.onOutdated(outdatedOf(scope, plans));
  const removed = prune ? retiredOf(input.old, catalog) : [];
  const names = new Set([...catalog.models, ...removed].map(({ name }) => name));
  const unknown = prune ? unknownOutputs(listing, input.old, names) : [];
  const strays = [
    ...strayKeys(listing, input.old, names),
    ...(await onlyPublished(gold, unknown, concurrency)),
    ...(input.removals ?? []).filter((key) => listing.has(key)),
  ];
  const drift = seen.drifted.size > 0 || strays.length > 0;
  const taken = new Set(input.results?.keys());
  const readiness =
    input.results === undefined ? allReady : readinessOf(models, input.old, taken, seen.drifted);
  const stale = await findStaleTables(
    scope,
    withoutUnbuilt(catalog, input.old, readiness),
    input.old,
    listing,
    input.openTables,
    rebuild,
  );
  const changed =
    drift ||
    stale.size > 0 ||
    seen.renewed.size > 0 ||
    removed.length > 0 ||
    namesLostVersions(keptParts(input.old, catalog), listing) ||
    isRedefined(input, readiness);
  const isDirty =
    taken.size > 0 ||
    held !== undefined ||
    input.removals !== undefined ||
    plans.some(({ plan }) => plan.dirty);
  if (!rebuild && !changed && !isDirty && !(await areInputsStale(scope, input, plans, readiness))) {
    // Only tables that are defined can be rebuilt.
    const { tables } = withoutRetired(input.old, catalog);
    await refuseMissing(scope, Object.entries(tables), listing);
    return undefined;
  }
  // Slices on top of a restored record would take readers back in time.
  const limitBytes = await input.limit.bytes(scope.sequence);
  const holds = input.holds === true || drift;
  const slice = await pinSlice(
    scope,
    plans.map(({ plan }) => plan),
    takeSlice(plans, limitBytes, holds),
    holds,
  );
  const { objects, remaining, isHeld } = slice;
  if (objects.size > 1) {
    const bytes = [...objects].reduce((sum, { size }) => sum + size, 0);
    await input.limit.begin(scope.sequence, bytes);
  }
  const newObjects = countNew(plans, objects);
  input.onSlice(objects.size, remaining);
  if (isHeld) {
    const heldTables = await holdTables(scope, plans, objects);
    const next = heldState(scope, {
      old: input.old,
      tables: heldTables,
      rebuild,
      prune,
      accepted,
      days,
      startedAt,
    });
    return { next, built: new Map(), newObjects, remaining, removed: [], isHeld };
  }
  const { drifted, renewed } = rebuild
    ? await findDrift(gold, listing, recorded, concurrency, true)
    : seen;
  const old = withEtags(input.old, renewed);
  const { tables, updates, outdated } = await updateTables(scope, plans, objects, old);
  input.onOutdated(outdated);
  const manifests = [...tables].map(([name, { silver }]) => [name, silver] as const);
  const inputs = await silverInputsOf(scope, catalog, models, new Map(manifests));
  const relations = new Relations(scope, catalog, tables, inputs);
  const committedAt = now().toISOString();
  const build = {
    ...{ catalog, models, tables, relations, inputs, old, drifted, rebuild },
    ...{ results: input.results, readiness, committedAt },
  };
  let built: readonly BuiltModel[];
  try {
    built = await buildModels(scope, build);
    const rowCounts = failedRowCounts({ old, plans, tables, models: built, accepted });
    await runChecks(scope, built, relations, rowCounts);
  } catch (error) {
    if (remaining.objects === 0 || !isRefusal(error)) {
      throw error;
    }
    // What this slice lacks may be in the next ones: the customers of its orders, for example.
    return await prepareSlice(scope, { ...input, holds: true }, held);
  }
  const isSame = [...tables.values()].every(
    ({ changed, redefined }) => changed.size === 0 && !redefined,
  );
  const next = await nextState(scope, {
    old,
    tables,
    models: built,
    listed: remaining.objects === 0 ? input.listed : undefined,
    kept: prune
      ? { tables: {}, models: {} }
      : await withoutLostVersions(
          scope.lists,
          keptParts(old, catalog, isSame ? input.apart : undefined),
        ),
    updates,
    drifted,
    strays,
    catalog,
    stale,
    listing,
    options: input.openTables,
    rebuild,
    newObjects,
    startedAt,
    compared,
    committedAt,
  });
  const records = [...tables].map(([name, { record }]) => [name, record] as const);
  await refuseMissing(scope, records, listing, next.uploads);
  const counts = built.map(
    ({ resolved, plan }) => [resolved.model.name, plan.build.length] as const,
  );
  return { next, built: new Map(counts), newObjects, remaining, removed, isHeld };
}

/** @throws StateError if state or rows of a table are missing, as after the restore of a record, or if somebody removed them. */
async function refuseMissing(
  { lists, tasks }: RunScope,
  tables: Iterable<readonly [name: string, record: TableRecord]>,
  listing: GoldListing,
  uploads: NextState["uploads"] = new Map(),
): Promise<void> {
  for (const [name, record] of tables) {
    const keys = await keysOfTable(lists, name, record);
    const missing = keys.find(
      (key) => !listing.has(key) && !uploads.has(key) && tasks?.keys.has(key) !== true,
    );
    if (missing !== undefined) {
      throw new StateError(missing, "it is missing");
    }
  }
}

/** The keys of outputs of models that miss a data file. They are made again, because models can be. */
function lostModelFiles(
  { models }: Catalog,
  old: RunRecord,
  listing: GoldListing,
): ReadonlySet<string> {
  const outputs = models
    .filter(({ name }) => old.models[name]?.files !== undefined)
    .flatMap(({ name }) => Object.values(old.models[name]?.outputs ?? {}));
  const isLost = (output: Output) => filesOfOutput(output).some(({ key }) => !listing.has(key));
  return new Set(outputs.filter(isLost).map(({ key }) => key));
}

/**
 * Whether something that models read of silver is not what they were built from.
 *
 * @param plans Nothing is to do for any of them, so each keeps all of its silver, and only quarantine can have changed.
 */
async function areInputsStale(
  scope: RunScope,
  { catalog, models: all, old }: PrepareInput,
  plans: readonly PlannedTable[],
  { waiting }: Readiness,
): Promise<boolean> {
  const models = all.filter(({ model }) => !waiting.has(model.name));
  const manifests = plans.map(({ table, plan }) => [table.name, keptIn(plan)] as const);
  const inputs = await silverInputsOf(scope, catalog, models, new Map(manifests), ["quarantine"]);
  return models.some((resolved) => isStale(resolved, inputs, old.models[resolved.model.name]));
}

/** Whether a model or check refused the rows that it was given. */
export function isRefusal(error: unknown): boolean {
  return error instanceof LakehouseError && error.kind === "data";
}

/** Whether tables or models that this run builds were added or redefined since the last run. */
function isRedefined({ catalog, old, results }: PrepareInput, { waiting }: Readiness): boolean {
  const isBuilt = (model: Model) =>
    !waiting.has(model.name) && (results === undefined || !isRemote(model));
  return (
    catalog.tables.some(
      (table) => old.tables[table.name]?.fingerprint !== table.currentFingerprint,
    ) ||
    catalog.models
      .filter(isBuilt)
      .some(
        (model) =>
          old.models[model.name]?.fingerprint !== model.fingerprint ||
          (isRemote(model) && isLeftByAthena(old.models[model.name], results)),
      )
  );
}

/**
 * The record without the models whose file lists are lost, of those that Athena builds. Others are built again at once, but these
 * later, and until then nothing can say what they consist of.
 */
async function withoutLostModels(
  { lists }: RunScope,
  { old, models, results }: PrepareInput,
): Promise<RunRecord> {
  const kept = new Map(Object.entries(old.models));
  for (const { model } of results === undefined
    ? []
    : models.filter((each) => isRemote(each.model))) {
    const key = kept.get(model.name)?.files?.key;
    const isLost =
      key !== undefined && (await lists.byKey(key).catch(unlessStateError)) === undefined;
    if (isLost) {
      kept.delete(model.name);
    }
  }
  return kept.size === Object.keys(old.models).length
    ? old
    : { ...old, models: Object.fromEntries(kept) };
}

/** A catalog without the models that are open tables once they can be built. */
function withoutUnbuilt(
  catalog: Catalog,
  old: RunRecord,
  { unready, waiting }: Readiness,
): Catalog {
  const parts = openPartsOf(old);
  const isUnbuilt = ({ name }: Model) =>
    !parts.has(name) && (unready.has(name) || waiting.has(name));
  return { ...catalog, models: catalog.models.filter((model) => !isUnbuilt(model)) };
}

/** The number of new and replaced objects in a slice. */
function countNew(plans: readonly PlannedTable[], objects: ReadonlySet<SilverObject>): number {
  return plans.flatMap(({ plan }) => plan.read.filter((object) => objects.has(object))).length;
}
