/** Plans and merges all tables. Models are built from their current rows. */
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { CurrentTable } from "../models/relations.ts";
import type { RunScope } from "../run-scope.ts";
import { noManifest, type StoredManifest } from "../state/manifest-parts.ts";
import { isLegacy, type RunRecord, type TableRecord } from "../state/run-record.ts";
import { dataKeysOf } from "../state/state-of.ts";
import { together } from "../tasks/pending.ts";
import { storeEarly } from "../tasks/tasks.ts";
import { type CurrentRows, updateCurrentRows } from "./current-rows.ts";
import {
  type ExtendedHeld,
  extendHeld,
  type Held,
  readHeld,
  takeOver,
  withHeldContracts,
} from "./held.ts";
import { planSilver } from "./plan-silver.ts";
import { countOutdated, knownUntil } from "./silver-contracts.ts";
import { keptIn, type SilverObject, type TablePlan } from "./silver-objects.ts";
import type { DayRange } from "./silver-scope.ts";

/** A table, and what to read of it. */
export interface PlannedTable {
  readonly table: Table;
  readonly plan: TablePlan;
  /** Whether its contract changed since its current rows were built. */
  readonly redefined: boolean;
  /** What earlier slices read of it and hold. */
  readonly held: Held | undefined;
}

/** All tables after a run. */
export interface UpdatedTables {
  readonly tables: ReadonlyMap<string, CurrentTable>;
  readonly updates: readonly CurrentRows[];
  /** The number of silver objects that an older contract made, by table. */
  readonly outdated: ReadonlyMap<string, number>;
}

/**
 * Compares the silver of all tables with their manifests.
 *
 * @param rebuild Whether to rebuild all current rows.
 * @param run When this run started, and since when days have been left.
 * @param days The days whose silver is compared; undefined for all. A new table's is always compared as a whole.
 */
export async function planTables(
  scope: RunScope,
  catalog: Catalog,
  old: RunRecord,
  rebuild: boolean,
  run: Pick<RunRecord["run"], "startedAt" | "compared">,
  days: readonly DayRange[] | undefined,
): Promise<PlannedTable[]> {
  const known = { before: knownUntil(old.run), after: knownUntil(run) };
  const plans: PlannedTable[] = [];
  for (const table of catalog.tables) {
    const before = old.tables[table.name];
    const redefined = before?.fingerprint !== table.currentFingerprint;
    const manifest = await manifestOf(scope, before, redefined || rebuild);
    const plan = await planSilver(scope, table, {
      manifest,
      recorded: before,
      known,
      days: before === undefined ? undefined : days,
    });
    const held = await readHeld(scope, table, plan, old.held);
    // A table of version 1 is merged even without new silver.
    const dirty = plan.dirty || (before !== undefined && isLegacy(before));
    plans.push({ table, plan: { ...plan, dirty }, redefined, held });
    scope.progress("plan", "tables", plans.length, catalog.tables.length);
  }
  return plans;
}

/** @returns The manifest of what to keep; undefined to rebuild the table. */
async function manifestOf(
  { lists }: RunScope,
  before: TableRecord | undefined,
  rebuild: boolean,
): Promise<StoredManifest | undefined> {
  if (before === undefined) {
    // There is nothing to rebuild.
    return noManifest;
  }
  return rebuild ? undefined : await lists.manifest(before.manifest);
}

/**
 * Merges a slice into the current rows of all tables, one table after another.
 *
 * @param objects The slice. It has all objects of rebuilt partitions that are not held.
 */
export async function updateTables(
  scope: RunScope,
  plans: readonly PlannedTable[],
  objects: ReadonlySet<SilverObject>,
  old: RunRecord,
): Promise<UpdatedTables> {
  const tables = new Map<string, CurrentTable>();
  const updates: CurrentRows[] = [];
  const outdated = outdatedOf(scope, plans);
  const isChanged = ({ table, plan }: PlannedTable) =>
    old.tables[table.name] === undefined || plan.dirty;
  const update = async (planned: PlannedTable) =>
    await storeEarly(
      scope,
      await updateTable(scope, planned, objects, old.tables[planned.table.name]),
    );
  const updated = await inTurn(scope, plans.filter(isChanged), update);
  for (const planned of plans) {
    const { table, plan, redefined } = planned;
    const done = updated.get(planned);
    const before = old.tables[table.name];
    if (done !== undefined) {
      updates.push(done);
      outdated.set(table.name, done.outdated);
      const { record, silver, changed } = done;
      const files = await dataKeysOf(scope.lists, table.name, record);
      tables.set(table.name, { record, silver, files, changed, redefined });
    } else if (before !== undefined) {
      const files = await dataKeysOf(scope.lists, table.name, before);
      const changed = new Set<string>();
      tables.set(table.name, { record: before, silver: keptIn(plan), files, changed, redefined });
    }
  }
  return { tables, updates, outdated };
}

/** Does something for one table after another, or side by side if tasks do most of it. */
async function inTurn<R>(
  { tasks }: RunScope,
  plans: readonly PlannedTable[],
  action: (planned: PlannedTable) => Promise<R>,
): Promise<ReadonlyMap<PlannedTable, R>> {
  if (tasks !== undefined) {
    const actions = plans.map((planned) => async () => [planned, await action(planned)] as const);
    return new Map(await together(actions));
  }
  const results = new Map<PlannedTable, R>();
  for (const planned of plans) {
    results.set(planned, await action(planned));
  }
  return results;
}

/** The number of silver objects that an older contract made, by table, of those that are not read. */
export function outdatedOf(
  { silver }: RunScope,
  plans: readonly PlannedTable[],
): Map<string, number> {
  return new Map(
    plans.map(({ table, plan }) => [table.name, countOutdated(silver, table, keptIn(plan))]),
  );
}

async function updateTable(
  scope: RunScope,
  { table, plan, held }: PlannedTable,
  objects: ReadonlySet<SilverObject>,
  before: TableRecord | undefined,
): Promise<CurrentRows> {
  if (held !== undefined) {
    const known = await withHeldContracts(scope, plan, held);
    const all = await extendHeld(scope, table, plan, objects, known);
    return await takeOver(scope, table, plan, before, all);
  }
  const read = plan.read.filter((object) => objects.has(object));
  return await updateCurrentRows(scope, table, { ...plan, read }, before);
}

/** Merges a slice into held rows. Current rows stay as they are. */
export async function holdTables(
  scope: RunScope,
  plans: readonly PlannedTable[],
  objects: ReadonlySet<SilverObject>,
): Promise<ReadonlyMap<string, ExtendedHeld>> {
  const hasNew = ({ plan }: PlannedTable) =>
    [...plan.read, ...plan.reread].some((object) => objects.has(object));
  const extend = async ({ table, plan, held }: PlannedTable) =>
    await storeEarly(scope, await extendHeld(scope, table, plan, objects, held));
  const extended = await inTurn(scope, plans.filter(hasNew), extend);
  return new Map(
    plans.flatMap((planned) => {
      const { table, held } = planned;
      const rows = extended.get(planned) ?? (held && { ...held, uploads: new Map() });
      return rows === undefined ? [] : [[table.name, rows] as const];
    }),
  );
}
