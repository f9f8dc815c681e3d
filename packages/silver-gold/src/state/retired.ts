/** Tables and models that gold has, but that the catalog no longer defines. A run keeps them unless it is told to prune. */
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { NameTakenError, StateError } from "../errors.ts";
import type { FileLists } from "./file-list.ts";
import { openPart, openPartsOf, type RunRecord, sizeOf } from "./run-record.ts";

/** A table or model without a definition. */
export interface Retired {
  readonly kind: "table" | "model";
  readonly name: string;
  /** Its current rows, or the rows of its outputs. */
  readonly rows: number;
  /** The number of its files. */
  readonly files: number;
}

type Parts = Pick<RunRecord, "tables" | "models">;

/**
 * What a run that does not prune keeps of a record.
 *
 * @param unaffected The names of models that nothing in this run has changed for.
 */
export function keptParts(
  record: RunRecord,
  catalog: Catalog,
  unaffected: ReadonlySet<string> = new Set(),
): Parts {
  const { tables, models } = retiredParts(record, catalog);
  // This run may take in changes that a kept model does not see. If the model comes back, it must be built again.
  const unbuilt = Object.entries(models).map(
    ([name, model]) =>
      [name, unaffected.has(name) ? model : { ...model, fingerprint: "" }] as const,
  );
  return { tables, models: Object.fromEntries(unbuilt) };
}

/**
 * What a run keeps, without the versions of open tables whose state is lost, as after a restore. Nothing can make that state
 * again, and readers of other tables must not stumble over it.
 */
export async function withoutLostVersions(
  lists: FileLists,
  { tables, models }: Parts,
): Promise<Parts> {
  return {
    tables: await readable(lists, tables),
    models: await readable(lists, models),
  };
}

/** Whether parts name versions of open tables whose state is missing. */
export function namesLostVersions(
  parts: Parts,
  listing: { readonly has: (key: string) => boolean },
): boolean {
  return openPartsOf(parts)
    .values()
    .some(
      ({ open, files }) =>
        open !== undefined && ![open.key, files.key].every((k) => listing.has(k)),
    );
}

async function readable<P extends Parts["tables"][string] | Parts["models"][string]>(
  lists: FileLists,
  parts: Readonly<Record<string, P>>,
): Promise<Record<string, P>> {
  const kept: [string, P][] = [];
  for (const [name, part] of Object.entries(parts)) {
    kept.push([name, (await hasLostVersions(lists, part)) ? { ...part, open: undefined } : part]);
  }
  return Object.fromEntries(kept);
}

async function hasLostVersions(
  lists: FileLists,
  part: Parts["tables"][string] | Parts["models"][string],
): Promise<boolean> {
  const { open, files } = openPart(part) ?? {};
  if (open === undefined || files === undefined) {
    return false;
  }
  try {
    await lists.openTable(open.key);
    await lists.byKey(files.key);
    return false;
  } catch (error) {
    if (!(error instanceof StateError)) {
      throw error;
    }
    return true;
  }
}

/** The record without the models that the catalog no longer defines. Nothing can build their outputs again. */
export function withoutRetiredModels(record: RunRecord, { models }: Catalog): RunRecord {
  const retired = without(record.models, models);
  const defined = Object.entries(record.models).filter(([name]) => !Object.hasOwn(retired, name));
  return { ...record, models: Object.fromEntries(defined) };
}

/** The record without anything that the catalog no longer defines. */
export function withoutRetired(record: RunRecord, catalog: Catalog): RunRecord {
  const retired = retiredParts(record, catalog);
  const tables = Object.entries(record.tables).filter(
    ([name]) => !Object.hasOwn(retired.tables, name),
  );
  return { ...withoutRetiredModels(record, catalog), tables: Object.fromEntries(tables) };
}

/** @throws NameTakenError if a table or model would get the folder of a model or table that a run keeps. */
export function refuseTakenNames(record: RunRecord, catalog: Catalog): void {
  const names = {
    table: new Set(catalog.models.map(({ name }) => name)),
    model: new Set(catalog.tables.map(({ name }) => name)),
  };
  const taken = retiredOf(record, catalog).find(({ kind, name }) => names[kind].has(name));
  if (taken !== undefined) {
    throw new NameTakenError(taken.name, taken.kind);
  }
}

/** Lists a record's tables and models without a definition: tables first, each by name. */
export function retiredOf(record: RunRecord, catalog: Catalog): Retired[] {
  const { tables, models } = retiredParts(record, catalog);
  return [
    ...Object.entries(tables).map(
      ([name, table]): Retired => ({
        kind: "table",
        name,
        ...sizeOf(table),
      }),
    ),
    ...Object.entries(models).map(([name, { outputs }]) => countedModel(name, outputs)),
  ];
}

function retiredParts(record: RunRecord, { tables, models }: Catalog): Parts {
  return {
    tables: without(record.tables, tables),
    models: without(record.models, models),
  };
}

function countedModel(
  name: string,
  outputs: Readonly<Record<string, { readonly rows: number }>>,
): Retired {
  const files = Object.values(outputs);
  return {
    kind: "model",
    name,
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    files: files.length,
  };
}

function without<T>(
  parts: Readonly<Record<string, T>>,
  defined: readonly { readonly name: string }[],
): Record<string, T> {
  const names = new Set(defined.map(({ name }) => name));
  return Object.fromEntries(Object.entries(parts).filter(([name]) => !names.has(name)));
}
