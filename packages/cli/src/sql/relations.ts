/** What can be asked for by name in SQL: silver, current rows, quarantine and models, each a view. */
import { quarantinePrefix } from "@lakehouse/lake/keys";
import { listSilver } from "@lakehouse/silver-gold/current/silver-objects";
import type { Relation, Session } from "@lakehouse/silver-gold/engine/engine";
import { type RunRecord, readRunRecord } from "@lakehouse/silver-gold/state/run-record";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { localCopies } from "../local-copies.ts";

/** Every name that a query may use. */
export function relationNames({ tables, models }: Catalog): string[] {
  return [
    ...tables.flatMap(({ name }) => [name, `silver_${name}`, `quarantine_${name}`]),
    ...models.map(({ name }) => name),
  ];
}

/** Defines every view without rows: enough to tell whether a query is right. */
export async function defineEmptyViews(
  session: Session,
  { tables, models }: Catalog,
): Promise<void> {
  for (const { name, columns } of [...tables, ...models]) {
    await session.define(name, { kind: "files", columns, format: "parquet", files: [] });
  }
  for (const { name, columns } of tables) {
    await session.define(`silver_${name}`, { kind: "silver", columns, files: [] });
    await session.define(`quarantine_${name}`, { kind: "quarantine", files: [] });
  }
}

/** Defines the views with these names, with all their rows. Their files are downloaded. */
export async function defineViews(
  context: Context,
  session: Session,
  names: ReadonlySet<string>,
): Promise<void> {
  const { catalog, lake } = context;
  const record = (await readRunRecord(lake.gold))?.record;
  for (const table of catalog.tables) {
    const { name, columns } = table;
    if (names.has(name)) {
      const files = await currentRows(context, table, record);
      await session.define(name, { kind: "files", columns, format: "parquet", files });
    }
    if (names.has(`silver_${name}`)) {
      const files = await silverFiles(context, table);
      await session.define(`silver_${name}`, { kind: "silver", columns, files });
    }
    if (names.has(`quarantine_${name}`)) {
      const files = await quarantineFiles(context, table);
      await session.define(`quarantine_${name}`, { kind: "quarantine", files });
    }
  }
  for (const model of catalog.models) {
    if (names.has(model.name)) {
      await session.define(model.name, await modelRelation(context, model, record));
    }
  }
}

async function modelRelation(
  context: Context,
  model: Model,
  record: RunRecord | undefined,
): Promise<Relation> {
  const built = record?.models[model.name];
  if (record === undefined || built === undefined) {
    return { kind: "files", columns: model.columns, format: model.format, files: [] };
  }
  if (built.fingerprint !== model.fingerprint) {
    throw new UsageError(
      `Model ${model.name} changed since the last gold run`,
      "Run lakehouse gold.",
    );
  }
  const keys = Object.values(built.outputs).map(({ key }) => record.pending[key] ?? key);
  const files = await localCopies(context, context.lake.gold, keys);
  return { kind: "files", columns: model.columns, format: built.format, files };
}

/** The Parquet files of a table's current rows; none before the first gold run. */
async function currentRows(
  context: Context,
  table: Table,
  record: RunRecord | undefined,
): Promise<string[]> {
  const state = record?.tables[table.name];
  if (state === undefined) {
    return [];
  }
  if (state.fingerprint !== table.currentFingerprint) {
    throw new UsageError(
      `Table ${table.name} changed since the last gold run`,
      "Run lakehouse gold.",
    );
  }
  const keys = Object.values(state.partitions).map(({ key }) => key);
  return localCopies(context, context.lake.gold, keys);
}

async function silverFiles(context: Context, table: Table): Promise<string[]> {
  const objects = await listSilver(context.lake.silver, table);
  return localCopies(
    context,
    context.lake.silver,
    objects.map(({ key }) => key),
  );
}

async function quarantineFiles(context: Context, table: Table): Promise<string[]> {
  const { silver } = context.lake;
  const keys: string[] = [];
  for await (const { key } of silver.list(quarantinePrefix(table.name))) {
    keys.push(key);
  }
  return localCopies(context, silver, keys);
}
