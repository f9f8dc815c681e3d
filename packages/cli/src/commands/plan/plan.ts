/** Plans what `apply` does: compares contracts and models with the lake, and changes nothing. */
import { join } from "node:path";
import { backlog } from "@lakehouse/bronze-silver/backlog";
import { isLake } from "@lakehouse/lake/lake";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import {
  type ModelChange,
  type PlannedChanges,
  plannedChanges,
  type TableChange,
} from "@lakehouse/silver-gold/planned-changes";
import type { Context } from "../../context.ts";
import { outdatedObjects } from "../../outdated.ts";

/** What changes of a table. */
export interface PlannedTable extends TableChange {
  /** Bronze objects that are not processed yet. */
  readonly waiting: number;
  /** Whether there is anything to do for it. */
  readonly isChanged: boolean;
}

/** What changes of a model. */
export interface PlannedModel extends ModelChange {
  readonly isChanged: boolean;
}

/** What differs between the definitions and the lake. */
export interface Plan {
  readonly lake: string;
  /** Whether there is a lake. Without one, everything is new. */
  readonly exists: boolean;
  /** Whether `apply` would do anything, apart from removing what is no longer defined. */
  readonly isChanged: boolean;
  /** Whether a change may break readers or producers of today. */
  readonly isBreaking: boolean;
  readonly tables: readonly PlannedTable[];
  readonly models: readonly PlannedModel[];
  /** Whether a table or model has a mistake. It was not compared, nor was anything that reads it. */
  readonly hasMistakes: boolean;
  /** Tables and models that gold has, but that are no longer defined. They stay unless a person confirms their removal. */
  readonly retired: PlannedChanges["retired"];
}

/** Compares all tables and models with the lake. */
export async function plan(context: Context): Promise<Plan> {
  const { lake, catalog, scratch, passOver, signal, location, mistakes } = context;
  const exists = isLake(location);
  const waiting = new Map<string, number>();
  const outdated = new Map<string, ReadonlySet<string>>();
  if (exists) {
    for (const table of catalog.tables) {
      signal.throwIfAborted();
      let count = 0;
      for await (const _ of backlog(lake, { ...catalog, tables: [table] }, passOver)) {
        count += 1;
      }
      waiting.set(table.name, count);
    }
    for (const [{ name }, objects] of await outdatedObjects(context, catalog.tables)) {
      outdated.set(name, new Set(objects.map(({ key }) => key)));
    }
  }
  using engine = await openEngine({ directory: join(scratch, "plan"), signal });
  const { silver, gold } = lake;
  const input = { silver, gold, catalog, engine, outdated, waiting, passOver };
  const { retired, ...found } = await plannedChanges(input);
  const tables = found.tables.map((table): PlannedTable => {
    const own = waiting.get(table.name) ?? 0;
    const objects = table.unmerged.objects + table.replayed.objects + own;
    const isChanged = table.freshness !== "current" || objects + table.rebuilt.partitions > 0;
    return { ...table, waiting: own, isChanged };
  });
  const models = found.models.map(
    (model): PlannedModel => ({
      ...model,
      isChanged:
        model.freshness !== "current" || model.rebuilt.partitions > 0 || model.because.length > 0,
    }),
  );
  const all = [...tables, ...models];
  return {
    lake: location,
    exists,
    isChanged: all.some(({ isChanged }) => isChanged),
    isBreaking: all.some(({ isBreaking }) => isBreaking),
    tables,
    models,
    hasMistakes: mistakes.length > 0,
    // What gold has of a table with a mistake is still defined.
    retired: mistakes.length === 0 ? retired : [],
  };
}
