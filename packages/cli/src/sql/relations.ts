/** What can be asked for by name in SQL: silver, current rows, quarantine and models, each a view. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { quarantinePrefix } from "@lakehouse/lake/keys";
import { listSilver } from "@lakehouse/silver-gold/current/silver-objects";
import { createView, type Relation } from "@lakehouse/silver-gold/engine/duckdb/relation";
import { identifier, list, literal } from "@lakehouse/silver-gold/engine/duckdb/sql-text";
import { type RunRecord, readRunRecord } from "@lakehouse/silver-gold/state/run-record";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { localCopies } from "../local-copies.ts";
import { silverSql } from "./silver.ts";

/** A refused record has at most 16 MiB, and JSON writes one byte of it with at most six. */
const maximumQuarantineBytes = 128 * 1024 * 1024;

const quarantineColumns = {
  kind: "VARCHAR",
  bronze_key: "VARCHAR",
  line: "BIGINT",
  byte_offset: "BIGINT",
  column: "VARCHAR",
  rule: "VARCHAR",
  message: "VARCHAR",
  raw: "VARCHAR",
  raw_base64: "VARCHAR",
  reasons: 'STRUCT("column" VARCHAR, "rule" VARCHAR, "message" VARCHAR)[]',
};

/** Every name that a query may use. */
export function relationNames({ tables, models }: Catalog): string[] {
  return [
    ...tables.flatMap(({ name }) => [name, `silver_${name}`, `quarantine_${name}`]),
    ...models.map(({ name }) => name),
  ];
}

/**
 * Makes the views that a query may use.
 *
 * @param read Those that it does use: only their files are downloaded, the others are without rows.
 */
export async function makeViews(
  context: Context,
  connection: DuckDBConnection,
  read: ReadonlySet<string>,
): Promise<void> {
  const { catalog, lake } = context;
  const record = (await readRunRecord(lake.gold))?.record;
  for (const table of catalog.tables) {
    const { name } = table;
    const current = read.has(name) ? await currentRows(context, table, record) : [];
    await createView(connection, name, {
      columns: table.columns,
      format: "parquet",
      files: current,
    });
    const silver = read.has(`silver_${name}`) ? await silverFiles(context, table) : [];
    await silverView(connection, table, silver);
    const refused = read.has(`quarantine_${name}`) ? await quarantineFiles(context, table) : [];
    await quarantineView(connection, table, refused);
  }
  for (const model of catalog.models) {
    const relation = await modelRelation(context, model, read.has(model.name) ? record : undefined);
    await createView(connection, model.name, relation);
  }
}

async function silverView(
  connection: DuckDBConnection,
  table: Table,
  files: readonly string[],
): Promise<void> {
  const rows = `select * exclude (_file) from (${await silverSql(table, files)})`;
  await connection.run(`create view ${identifier(`silver_${table.name}`)} as ${rows}`);
}

async function quarantineView(
  connection: DuckDBConnection,
  table: Table,
  files: readonly string[],
): Promise<void> {
  const columns = Object.entries(quarantineColumns);
  const declared = columns
    .map(([name, type]) => `${identifier(name)}: ${literal(type)}`)
    .join(", ");
  const nulls = columns
    .map(([name, type]) => `cast(null as ${type}) as ${identifier(name)}`)
    .join(", ");
  const rows =
    files.length === 0
      ? `select ${nulls} limit 0`
      : `select * from read_json(${list(files)}, format = 'newline_delimited', columns = {${declared}},
           maximum_object_size = ${maximumQuarantineBytes})`;
  await connection.run(`create view ${identifier(`quarantine_${table.name}`)} as ${rows}`);
}

async function modelRelation(
  context: Context,
  model: Model,
  record: RunRecord | undefined,
): Promise<Relation> {
  const built = record?.models[model.name];
  if (record === undefined || built === undefined) {
    return { columns: model.columns, format: model.format, files: [] };
  }
  if (built.fingerprint !== model.fingerprint) {
    throw new UsageError(
      `Model ${model.name} changed since the last gold run`,
      "Run lakehouse gold.",
    );
  }
  const keys = Object.values(built.outputs).map(({ key }) => record.pending[key] ?? key);
  const files = await localCopies(context, context.lake.gold, keys);
  return { columns: model.columns, format: built.format, files };
}

/** The Parquet files of a table's current rows; none before the first gold run. */
export async function currentRows(
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
