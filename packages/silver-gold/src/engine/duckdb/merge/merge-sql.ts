/** The parts of a merge's SQL that depend on the table. */
import { identifier } from "@lakehouse/formats/sql-text";
import { partitionLength } from "@lakehouse/transforms/contract/partition";
import { sqlType } from "@lakehouse/transforms/types/column-type";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import { conditionSql } from "../../condition-sql.ts";
import { decidingColumns, havePositions, positions } from "../../deciding-columns.ts";
import { arrivalColumns, type MergeInput } from "../../engine.ts";
import { haveHashes } from "./key-hashes.ts";

/** The tables of a merge. All connections see them. */
export const mergeTables = {
  /** The new rows: the latest of each key, in the order of files. */
  newRows: "__merge_new",
  /** The new rows that delete their key. They are not among `newRows` any more once files are written. */
  tombstones: "__merge_tombstones",
  /** The keys that several new rows have. */
  repeatedKeys: "__merge_repeated",
  /** The new rows that a later new row replaces, and the partitions of both. */
  lostRows: "__merge_lost",
  /** The data files, with their bounds of the first column of the key. */
  baseFiles: "__merge_base",
  /** Keys of new rows that a data file has, and whether the new row is later and in the same partition. */
  matches: "__merge_matches",
  /** The keys of new rows that take the place of a row in a large file. */
  placed: "__merge_placed",
} as const;

/** The column of `newRows` with the value of the partition. */
export const partitionName = "__partition";

/** The SQL of one table. */
export interface MergeSql {
  /** All columns of data files. */
  readonly columns: readonly string[];
  /** Selects them from new rows. */
  readonly fromNew: readonly string[];
  /** The contract's columns of strings. */
  readonly strings: readonly string[];
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** The columns that rows of one key have in common: also the partition if keys never move. */
  readonly match: readonly string[];
  /** Whether keys have hashes, so that files can have Bloom filters. */
  readonly haveHashes: boolean;
  /** The type of the first column of the key. */
  readonly keyType: string;
  /** The order of rows within a file. */
  readonly order: string;
  /** The order of the rows of a key, the latest first. */
  readonly latestFirst: string;
  /** Selects the columns of data files, and the partition, from files with rows to merge. */
  readonly selectNew: string;
  /** Selects the columns that say where a row came from. */
  readonly origins: readonly string[];
  /** The columns that decide which row of a key is the latest, and the partition. */
  readonly ranked: string;
  /** Whether DuckDB can say where a row is in its file: not if the table has columns of these names. */
  readonly hasPositions: boolean;
  /** Whether a new row deletes its key. Undefined if no row does. */
  readonly deletes: string | undefined;
  /** The new rows whose keys replace rows of data files: those that delete their key, too. */
  readonly replacing: string;
  /** The partition's value of a row of a data file. */
  readonly partition: string;
  /** The new rows that don't take the place of a row in a large file. */
  readonly unplaced: string;
  /** What orders the rows of a key, as one value. */
  rank(alias: string): string;
  /** Whether two rows have the same key. */
  sameKey(a: string, b: string): string;
}

/** The types of columns that say where a row came from, if they are shorter than their strings. By column. */
export type OriginTypes = ReadonlyMap<string, string>;

/** Returns the SQL of a table. */
export function mergeSql(table: MergeInput["table"], origins: OriginTypes): MergeSql {
  const { columns, primaryKey, partitionBy, orderBy, deleteWhen, keysNeverMove } = table;
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const key = primaryKey.map(identifier);
  const arrival = arrivalColumns.map(identifier);
  const shortened = arrivalColumns.map((name) => {
    const type = origins.get(name);
    return type === undefined
      ? identifier(name)
      : `${identifier(name)}::${type} as ${identifier(name)}`;
  });
  const texts = arrivalColumns.map((name) =>
    origins.has(name) ? `${identifier(name)}::VARCHAR as ${identifier(name)}` : identifier(name),
  );
  const names = columns.map(({ name }) => identifier(name));
  // Null is before all values.
  const ranks = [...orderBy.map(identifier), ...arrival];
  const [first = ""] = primaryKey;
  const firstType = types.get(first);
  const partition = partitionOf(partitionBy, types);
  // A key that never moves is looked for in its partition only, as if that were a part of it.
  const match = keysNeverMove && key.length > 0 ? [...key, partitionName] : key;
  const { newRows, placed, tombstones } = mergeTables;
  const sameKey = (a: string, b: string) =>
    match.map((column) => `${a}.${column} = ${b}.${column}`).join(" and ");
  return {
    columns: [...names, ...arrival],
    fromNew: [...names, ...texts],
    strings: columns
      .filter(({ type }) => storedType(type) === "VARCHAR")
      .map(({ name }) => identifier(name)),
    key,
    match,
    haveHashes: haveHashes(primaryKey.map((name) => types.get(name))),
    keyType: firstType === undefined ? "" : storedType(firstType),
    order: (key.length === 0 ? arrival : key).join(", "),
    latestFirst: ranks.map((column) => `${column} desc nulls last`).join(", "),
    selectNew: `select ${[storedColumns(columns), ...shortened].join(", ")}, ${partition} as ${partitionName}`,
    partition,
    origins: shortened,
    ranked: [
      ...new Set([...key, ...orderBy.map(identifier), ...shortened]),
      `${partition} as ${partitionName}`,
    ].join(", "),
    hasPositions: havePositions(table),
    deletes:
      deleteWhen === undefined
        ? undefined
        : `coalesce(${conditionSql({ typeName: storedType }, table, deleteWhen)}, false)`,
    replacing:
      deleteWhen === undefined
        ? newRows
        : `(select * from ${newRows} union all by name select * from ${tombstones})`,
    unplaced:
      key.length === 0
        ? newRows
        : `(from ${newRows} as __n where not exists (select 1 from ${placed} as __p where ${sameKey("__p", "__n")}))`,
    rank: (alias) => {
      const values = ranks.map((column, index) => {
        const isOrigin = origins.has(arrivalColumns[index - orderBy.length] ?? "");
        const value = isOrigin ? `${alias}.${column}::VARCHAR` : `${alias}.${column}`;
        return `${alias}.${column} is not null, ${value}`;
      });
      return `(${values.join(", ")})`;
    },
    sameKey,
  };
}

/**
 * The SQL of a merge that leaves writing to others: of new rows it takes only what decides which row of a key is the latest, and
 * where they are.
 */
export function narrowSql(sql: MergeSql, table: MergeInput["table"]): MergeSql {
  const deciding = new Set(decidingColumns(table));
  const needed = table.columns.filter(({ name }) => deciding.has(name));
  const stored = needed.length === 0 ? [] : [storedColumns(needed)];
  return {
    ...sql,
    columns: [...[...deciding].map(identifier), ...positions],
    selectNew: `select ${[...stored, ...sql.origins, ...positions].join(", ")}, ${sql.partition} as ${partitionName}`,
  };
}

/** The value of the partition of a row. */
function partitionOf(
  partitionBy: MergeInput["table"]["partitionBy"],
  types: ReadonlyMap<string, ColumnType>,
): string {
  if (partitionBy === undefined) {
    return "''";
  }
  const { column, unit } = partitionBy;
  const value = identifier(column);
  const isTimestamp = types.get(column)?.kind === "timestamp";
  const text = isTimestamp ? `make_timestamp(epoch_us(${value}))` : value;
  return `left(cast(${text} as VARCHAR), ${partitionLength[unit]})`;
}

/** The type of a column in data files. Timestamps are moments, so that every reader takes them for UTC. */
export function storedType(type: ColumnType): string {
  return type.kind === "timestamp" ? "TIMESTAMP WITH TIME ZONE" : sqlType(type);
}

/** Selects the columns of any Parquet file as data files have them. */
export function storedColumns(
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
): string {
  return columns
    .map(({ name, type }) => `${storedValue(identifier(name), type)} as ${identifier(name)}`)
    .join(", ");
}

/** A column of any Parquet file as data files have it. There is no negative zero: readers' filters miss it. */
function storedValue(column: string, type: ColumnType): string {
  switch (type.kind) {
    case "timestamp":
      // A cast would ask the calendar about each value.
      return `make_timestamptz(epoch_us(${column}))`;
    case "float64":
      return `case when ${column} = 0 then 0.0::DOUBLE else ${column} end`;
    default:
      return `cast(${column} as ${storedType(type)})`;
  }
}
