/** Tables and models that gold has, but that the catalog no longer defines. A run keeps them unless it is told to prune. */
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { type RunRecord, sizeOf } from "./run-record.ts";

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

/** What a run that does not prune keeps of a record. */
export function keptParts(record: RunRecord, catalog: Catalog): Parts {
  const { tables, models } = retiredParts(record, catalog);
  // This run may take in changes that a kept model does not see. If the model comes back, it must be built again.
  const unbuilt = Object.entries(models).map(
    ([name, model]) => [name, { ...model, fingerprint: "" }] as const,
  );
  return { tables, models: Object.fromEntries(unbuilt) };
}

/** The record without the models that the catalog no longer defines. Nothing can build their outputs again. */
export function withoutRetiredModels(record: RunRecord, { models }: Catalog): RunRecord {
  const retired = without(record.models, models);
  const defined = Object.entries(record.models).filter(([name]) => !Object.hasOwn(retired, name));
  return { ...record, models: Object.fromEntries(defined) };
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
