/** Everything in a lake that can be queried by name. The command, the engine and the infrastructure share this list. */
import type { FileColumnType } from "@lakehouse/formats/column";
import { formats } from "@lakehouse/formats/formats";
import { type PartitionUnit, partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import { ContractError } from "@lakehouse/transforms/errors";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import { arrivalPartition, currentFormat, quarantinePrefix, silverPrefix } from "./keys.ts";
import { quarantineColumns } from "./quarantine-columns.ts";

/** A column of a relation. */
export interface RelationColumn<T extends FileColumnType = FileColumnType> {
  readonly name: string;
  readonly type: T;
  readonly nullable: boolean;
  readonly description: string;
}

/** How the folders of a relation divide it. */
export interface RelationPartition {
  readonly name: string;
  readonly unit: PartitionUnit;
  /** Whether it is the time of arrival, not a column. */
  readonly ofArrival: boolean;
}

interface Shared<T extends FileColumnType = ColumnType> {
  /** Its name in SQL. */
  readonly name: string;
  readonly description: string;
  readonly layer: "silver" | "gold";
  /** The folder in the layer's store, with a slash at its end. */
  readonly prefix: string;
  readonly columns: readonly RelationColumn<T>[];
  /**
   * Whether it is an open table: Parquet files that the run record lists, with metadata for other engines. The folder also
   * has files of earlier versions.
   */
  readonly isOpen: boolean;
  /** Absent if its files are not in partition folders. */
  readonly partition?: RelationPartition;
}

/** `silver_<table>`: accepted records. Files of older contracts may have other columns, or another format. */
export interface SilverRelation extends Shared {
  readonly kind: "silver";
  readonly table: Table;
  readonly format: FileFormat;
}

/** `quarantine_<table>`: refused records. */
export interface QuarantineRelation extends Shared<FileColumnType> {
  readonly kind: "quarantine";
  readonly table: Table;
  readonly format: "ndjson";
}

/** `<table>`: current rows. */
export interface CurrentRelation extends Shared {
  readonly kind: "current";
  readonly table: Table;
  readonly format: typeof currentFormat;
}

/** `<model>`. */
export interface ModelRelation extends Shared {
  readonly kind: "model";
  readonly model: Model;
  readonly format: FileFormat;
}

/** Anything that can be queried by name. */
export type Relation = SilverRelation | QuarantineRelation | CurrentRelation | ModelRelation;

/** The day of arrival, which partitions silver and quarantine. */
const byArrival: RelationPartition = { name: arrivalPartition, unit: "day", ofArrival: true };

/**
 * Lists everything that can be queried by name.
 *
 * @throws ContractError if two have the same name, or a column has the name of the partition folders.
 */
export function relationsOf({ tables, models }: Catalog): readonly Relation[] {
  const relations = [
    ...tables.flatMap((table) => [silver(table), quarantine(table), current(table)]),
    ...models.map(modelRelation),
  ];
  checkNames(relations);
  return relations;
}

/** The names of what is in silver of a table. */
export function silverNamesOf({ name }: Pick<Table, "name">): readonly string[] {
  return [silverName(name), quarantineName(name)];
}

/** The names of the tables whose refused records models may read, judging by their SQL. */
export function tablesWithReadQuarantine({ tables, models }: Catalog): readonly string[] {
  const sql = models
    .flatMap((model) => [
      model.sql,
      ...model.checks.flatMap((check) => (check.kind === "sql" ? check.sql : [])),
    ])
    .join("\n");
  return tables
    .map(({ name }) => name)
    .filter((name) => new RegExp(`\\b${quarantineName(name)}\\b`, "i").test(sql));
}

function silverName(table: string): string {
  return `silver_${table}`;
}

function quarantineName(table: string): string {
  return `quarantine_${table}`;
}

function checkNames(relations: readonly Relation[]): void {
  const used = new Set<string>();
  for (const { name, format, columns, partition } of relations) {
    const { strings } = formats[format].glue;
    // In Athena, the view of this name reads a table of strings.
    const names = strings === undefined ? [name] : [name, `${name}${strings.suffix}`];
    for (const each of names) {
      if (used.has(each)) {
        throw new ContractError(each, "two tables or models would have this name", "Rename one.");
      }
      used.add(each);
    }
    if (columns.some((column) => column.name === partition?.name)) {
      throw new ContractError(
        `${name}.${partition?.name}`,
        "its partition folders have the same name, which Athena reads as a column",
        "Rename the column.",
      );
    }
  }
}

function silver(table: Table): SilverRelation {
  return {
    kind: "silver",
    name: silverName(table.name),
    table,
    description: `Every accepted record of ${table.name}, in the order of arrival; keys may come twice`,
    layer: "silver",
    prefix: silverPrefix(table.name),
    format: table.format.silver,
    columns: columnsOf(table),
    isOpen: false,
    partition: byArrival,
  };
}

function quarantine(table: Table): QuarantineRelation {
  return {
    kind: "quarantine",
    name: quarantineName(table.name),
    table,
    description: `Every refused record of ${table.name}, with its reasons`,
    layer: "silver",
    prefix: quarantinePrefix(table.name),
    format: "ndjson",
    columns: quarantineColumns.map((column) => ({ ...column, nullable: true })),
    isOpen: false,
    partition: byArrival,
  };
}

function current(table: Table): CurrentRelation {
  const { name, description, primaryKey } = table;
  const rows =
    primaryKey.length === 0
      ? `Current rows of ${name}, one for each accepted record`
      : `Current rows of ${name}, one for each key`;
  return {
    kind: "current",
    name,
    table,
    description: description === "" ? rows : description,
    layer: "gold",
    prefix: `${name}/`,
    format: currentFormat,
    columns: columnsOf(table),
    isOpen: true,
    ...byColumn(table),
  };
}

function modelRelation(model: Model): ModelRelation {
  const { name, description, columns, format, materialization } = model;
  const isOpen = format === "table";
  return {
    kind: "model",
    name,
    model,
    description,
    layer: "gold",
    prefix: `${name}/`,
    format: isOpen ? currentFormat : format,
    columns: columns.map((column) => ({ ...column, nullable: true })),
    isOpen,
    ...(materialization.kind === "incremental" && byColumn(materialization.table)),
  };
}

function columnsOf({ columns }: Table): RelationColumn<ColumnType>[] {
  return columns.map(({ name, type, nullable, description = "" }) => ({
    name,
    type,
    nullable,
    description,
  }));
}

function byColumn({ partitionBy }: Table): { readonly partition?: RelationPartition } {
  return partitionBy === undefined
    ? {}
    : {
        partition: {
          name: partitionKeyName(partitionBy),
          unit: partitionBy.unit,
          ofArrival: false,
        },
      };
}
