/** What can be asked for by name in SQL: silver, current rows, quarantine and models, each a view. */
import { quarantinePrefix } from "@lakehouse/lake/keys";
import type { Session } from "@lakehouse/silver-gold/engine";
import {
  inspect,
  type ModelState,
  silverKeys,
  type TableState,
} from "@lakehouse/silver-gold/inspect";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
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
  const { tables, models } = await inspect(lake.gold, catalog);
  for (const state of tables) {
    const { name, columns } = state.table;
    if (names.has(name)) {
      const files = await goldFiles(context, `Table ${name}`, state);
      await session.define(name, { kind: "files", columns, format: "parquet", files });
    }
    if (names.has(`silver_${name}`)) {
      const keys = await silverKeys(lake.silver, state.table);
      const files = await localCopies(context, lake.silver, keys);
      await session.define(`silver_${name}`, { kind: "silver", columns, files });
    }
    if (names.has(`quarantine_${name}`)) {
      const files = await quarantineFiles(context, state.table);
      await session.define(`quarantine_${name}`, { kind: "quarantine", files });
    }
  }
  for (const state of models) {
    const { name, columns } = state.model;
    if (names.has(name)) {
      const files = await goldFiles(context, `Model ${name}`, state);
      await session.define(name, { kind: "files", columns, format: state.format, files });
    }
  }
}

/** The files of current rows or of a model; none before the first gold run. */
async function goldFiles(
  context: Context,
  what: string,
  { freshness, files }: TableState | ModelState,
): Promise<string[]> {
  if (freshness === "changed") {
    throw new UsageError(`${what} changed since the last gold run`, "Run lakehouse gold.");
  }
  const keys = files.map(({ key }) => key);
  return await localCopies(context, context.lake.gold, keys);
}

async function quarantineFiles(context: Context, table: Table): Promise<string[]> {
  const { silver } = context.lake;
  const keys: string[] = [];
  for await (const { key } of silver.list(quarantinePrefix(table.name))) {
    keys.push(key);
  }
  return localCopies(context, silver, keys);
}
