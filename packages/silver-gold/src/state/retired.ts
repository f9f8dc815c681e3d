/** Tables and models that gold has, but that the catalog no longer defines. A run keeps them unless it is told to prune. */
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { NameTakenError, unlessStateError } from "../errors.ts";
import type { FileLists } from "./file-list.ts";
import {
  filesOfOutput,
  type Output,
  openPartsOf,
  type RecordParts,
  type RunRecord,
  sizeOf,
  withOpenTables,
} from "./run-record.ts";

/** A table or model without a definition. */
export interface Retired {
  readonly kind: "table" | "model";
  readonly name: string;
  /** Its current rows, or the rows of its outputs. */
  readonly rows: number;
  /** The number of its files. */
  readonly files: number;
}

/**
 * What a run that does not prune keeps of a record.
 *
 * @param unaffected The names of models that nothing in this run has changed for.
 */
export function keptParts(
  record: RunRecord,
  catalog: Catalog,
  unaffected: ReadonlySet<string> = new Set(),
): RecordParts {
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
  parts: RecordParts,
): Promise<RecordParts> {
  const lost = new Set<string>();
  for (const [name, part] of openPartsOf(parts)) {
    if (part.open !== undefined && (await isLost(lists, part.open.key, part.files.key))) {
      lost.add(name);
    }
  }
  return withOpenTables(parts, (open, name) => (lost.has(name) ? undefined : open));
}

async function isLost(lists: FileLists, open: string, files: string): Promise<boolean> {
  const found =
    (await lists.openTable(open).catch(unlessStateError)) &&
    (await lists.byKey(files).catch(unlessStateError));
  return found === undefined;
}

/** Whether parts name versions of open tables whose state is missing. */
export function namesLostVersions(
  parts: RecordParts,
  listing: { readonly has: (key: string) => boolean },
): boolean {
  return openPartsOf(parts)
    .values()
    .some(
      ({ open, files }) =>
        open !== undefined && ![open.key, files.key].every((k) => listing.has(k)),
    );
}

/** The record without the models that the catalog no longer defines. Nothing can build their outputs again. */
export function withoutRetiredModels(record: RunRecord, { models }: Catalog): RunRecord {
  return { ...record, models: withDefinition(record.models, models) };
}

/** The record without anything that the catalog no longer defines. */
export function withoutRetired(record: RunRecord, catalog: Catalog): RunRecord {
  const tables = withDefinition(record.tables, catalog.tables);
  return { ...withoutRetiredModels(record, catalog), tables };
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

function retiredParts(record: RunRecord, { tables, models }: Catalog): RecordParts {
  return {
    tables: without(record.tables, tables),
    models: without(record.models, models),
  };
}

function countedModel(name: string, outputs: Readonly<Record<string, Output>>): Retired {
  const files = Object.values(outputs).flatMap(filesOfOutput);
  return {
    kind: "model",
    name,
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    files: files.length,
  };
}

function withDefinition<T>(
  parts: Readonly<Record<string, T>>,
  defined: readonly { readonly name: string }[],
): Record<string, T> {
  const names = new Set(defined.map(({ name }) => name));
  return Object.fromEntries(Object.entries(parts).filter(([name]) => names.has(name)));
}

function without<T>(
  parts: Readonly<Record<string, T>>,
  defined: readonly { readonly name: string }[],
): Record<string, T> {
  const names = new Set(defined.map(({ name }) => name));
  return Object.fromEntries(Object.entries(parts).filter(([name]) => !names.has(name)));
}
