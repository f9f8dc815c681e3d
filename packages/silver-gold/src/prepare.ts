/** The part of a run before its commit: plan → merge → build → check. It writes to local disk only. */
import { LakehouseError } from "@lakehouse/transforms/errors";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Backlog } from "./current/backlog.ts";
import { takeSlice } from "./current/slice.ts";
import {
  outdatedOf,
  type PlannedTable,
  planTables,
  updateTables,
} from "./current/update-tables.ts";
import { type BuiltModel, buildModels } from "./models/build-models.ts";
import type { ResolvedModel } from "./models/model-graph.ts";
import { Relations } from "./models/relations.ts";
import { runChecks } from "./models/run-checks.ts";
import { type GoldListing, strayKeys } from "./publish/gold-listing.ts";
import { findDrift, withEtags } from "./publish/published-content.ts";
import { areSymlinksStale } from "./publish/symlinks.ts";
import type { RunScope } from "./run-scope.ts";
import { type NextState, nextState } from "./state/next-state.ts";
import { keptParts, type Retired, retiredOf, withoutRetiredModels } from "./state/retired.ts";
import type { RunRecord } from "./state/run-record.ts";

/** What a run starts from. */
export interface PrepareInput {
  readonly catalog: Catalog;
  readonly models: readonly ResolvedModel[];
  readonly old: RunRecord;
  readonly listing: GoldListing;
  readonly rebuild: boolean;
  /** The most bytes of silver to read. */
  readonly sliceBytes: number;
  /** Called with the number of objects that are read now, and what is left. */
  readonly onSlice: (objects: number, remaining: Backlog) => void;
  /** Whether to remove what the catalog no longer defines. */
  readonly prune: boolean;
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
  /** New silver that it did not read. */
  readonly remaining: Backlog;
  readonly removed: readonly Retired[];
}

/**
 * Builds everything that the next run record will name.
 *
 * @returns Undefined if there is nothing to do.
 * @throws CheckFailedError if a check fails.
 */
export async function prepare(scope: RunScope, input: PrepareInput): Promise<Prepared | undefined> {
  const { catalog, models, listing, rebuild, prune, startedAt, now } = input;
  const { gold, concurrency } = scope;
  const defined = withoutRetiredModels(input.old, catalog);
  const { drifted, renewed } = await findDrift(gold, listing, defined, concurrency, rebuild);
  const old = withEtags(input.old, renewed);
  const planned = await planTables(scope, catalog, old, rebuild, startedAt);
  input.onOutdated(outdatedOf(scope, planned));
  const removed = prune ? retiredOf(old, catalog) : [];
  const names = [...catalog.models, ...removed].map(({ name }) => name);
  const strays = strayKeys(listing, old, new Set(names));
  const drift = drifted.size > 0 || strays.length > 0 || areSymlinksStale(gold, old);
  const changed = drift || renewed.size > 0 || removed.length > 0 || isRedefined(catalog, old);
  if (!rebuild && !changed && !planned.some(({ plan }) => plan.dirty)) {
    return undefined;
  }
  const { plans, remaining } = takeSlice(planned, input.sliceBytes);
  const newObjects = countNew(plans);
  input.onSlice(newObjects, remaining);
  const { tables, updates, outdated } = await updateTables(scope, plans, old);
  input.onOutdated(outdated);
  const relations = new Relations(scope, catalog, tables);
  const build = { catalog, models, tables, relations, old, drifted, rebuild };
  let built: readonly BuiltModel[];
  try {
    built = await buildModels(scope, build);
    await runChecks(scope, built, relations);
  } catch (error) {
    if (remaining.objects === 0 || !isRefusal(error)) {
      throw error;
    }
    // What this slice lacks may be in the next ones: the customers of its orders, for example.
    return await prepare(scope, { ...input, sliceBytes: Number.POSITIVE_INFINITY });
  }
  const next = await nextState(scope, {
    old,
    tables,
    models: built,
    kept: prune ? { tables: {}, models: {} } : keptParts(old, catalog),
    updates,
    drifted,
    strays,
    newObjects,
    startedAt,
    committedAt: now().toISOString(),
  });
  const counts = built.map(
    ({ resolved, plan }) => [resolved.model.name, plan.build.length] as const,
  );
  return { next, built: new Map(counts), newObjects, remaining, removed };
}

/** Whether a model or check refused the rows that it was given. */
function isRefusal(error: unknown): boolean {
  return error instanceof LakehouseError && error.kind === "data";
}

/** Whether tables or models were added or redefined since the last run. */
function isRedefined({ tables, models }: Catalog, old: RunRecord): boolean {
  return (
    tables.some((table) => old.tables[table.name]?.fingerprint !== table.currentFingerprint) ||
    models.some((model) => old.models[model.name]?.fingerprint !== model.fingerprint)
  );
}

function countNew(plans: readonly PlannedTable[]): number {
  return plans.reduce((total, { plan }) => total + plan.newObjects, 0);
}
