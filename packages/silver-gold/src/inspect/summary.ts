/** Gold as its run record alone describes it: quick, because it reads nothing else. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { AthenaBuildData } from "@lakehouse/page/data";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { type Retired, retiredOf } from "../state/retired.ts";
import { emptyRecord, isSettled, readRunRecord, sizeOf } from "../state/run-record.ts";
import { athenaBuild } from "./athena-builds.ts";
import { type Freshness, type LastRun, modelState, tableState } from "./inspect.ts";

/** A table or model in gold. */
export interface RowsSummary {
  readonly freshness: Freshness;
  readonly rows: number;
  /** Of a model that Athena has built. */
  readonly athena?: AthenaBuildData;
}

/** Gold in a few numbers. */
export interface GoldSummary {
  /** Undefined before the first run. */
  readonly lastRun: LastRun | undefined;
  /** The catalog's tables and models, by name. */
  readonly relations: ReadonlyMap<string, RowsSummary>;
  /** Tables and models that gold still has, although the catalog no longer defines them. */
  readonly retired: readonly Retired[];
  /** The number of current rows of the catalog's tables. */
  readonly currentRows: number;
  /** Whether everything that was committed is published. */
  readonly isPublished: boolean;
  /** Whether silver was read that is published only with silver that has still to be read. */
  readonly unfinished: boolean;
}

/** @throws StateError if the run record is damaged. */
export async function summarize(gold: ObjectStore, catalog: Catalog): Promise<GoldSummary> {
  const found = (await readRunRecord(gold))?.record;
  const record = found ?? emptyRecord;
  const { sequence, run } = record;
  const tables = catalog.tables.map((table) => {
    const { freshness } = tableState(table, record);
    return [table.name, { freshness, rows: sizeOf(record.tables[table.name]).rows }] as const;
  });
  const models = catalog.models.map((model) => {
    const { freshness, files } = modelState(model, record);
    const athena = athenaBuild(record.models[model.name]);
    return [model.name, { freshness, rows: sumOf(files), ...(athena && { athena }) }] as const;
  });
  const { committedAt, finishedAt, newObjects } = run;
  return {
    lastRun: found && { sequence, committedAt, finishedAt, newObjects },
    relations: new Map([...tables, ...models]),
    retired: retiredOf(record, catalog),
    currentRows: sumOf(tables.map(([, table]) => table)),
    isPublished: isSettled(record),
    unfinished: record.held !== undefined,
  };
}

function sumOf(parts: readonly { readonly rows: number }[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}
