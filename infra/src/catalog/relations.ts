/**
 * What Athena can be asked, as data, with the names that `lakehouse query` uses: silver_<table>, quarantine_<table>,
 * <table> (current rows) and every model.
 */
import type { FileColumn } from "@lakehouse/formats/column";
import { type FormatName, formats } from "@lakehouse/formats/formats";
import {
  arrivalPartition,
  currentFormat,
  quarantinePrefix,
  silverPrefix,
  symlinkPrefix,
} from "@lakehouse/lake/keys";
import { quarantineColumns } from "@lakehouse/lake/quarantine-columns";
import { type PartitionUnit, partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { SynthesisError } from "../errors.ts";

/** A column of a relation. */
export interface RelationColumn extends FileColumn {
  readonly nullable: boolean;
  readonly description: string;
}

/** How the folders of a relation divide it. */
export interface RelationPartition {
  readonly name: string;
  readonly unit: PartitionUnit;
  /** Whether by the time of arrival, and not by what records say. */
  readonly ofArrival: boolean;
}

/** What Athena can be asked by one name. */
export interface Relation {
  readonly name: string;
  readonly description: string;
  readonly layer: "silver" | "gold";
  /** The folder in the layer's bucket, with a slash at its end. */
  readonly prefix: string;
  readonly format: FormatName;
  /** Whether the folder has manifests, each with the address of a file, in place of the files. */
  readonly hasManifests: boolean;
  readonly columns: readonly RelationColumn[];
  readonly partition?: RelationPartition;
}

/** Day of arrival, by which silver and quarantine are divided. */
const byArrival: RelationPartition = { name: arrivalPartition, unit: "day", ofArrival: true };

/**
 * Everything that can be asked of a lakehouse with these tables and models.
 *
 * @throws SynthesisError when two would have one name, or two columns of one.
 */
export function relationsOf({ tables, models }: Catalog): readonly Relation[] {
  const relations = [...tables.flatMap(relationsOfTable), ...models.map(modelRelation)];
  const names = new Set<string>();
  for (const relation of relations) {
    const { name, columns, partition } = relation;
    for (const taken of glueNamesOf(relation)) {
      if (names.has(taken)) {
        throw new SynthesisError(taken, "two tables or models would have this name", "Rename one.");
      }
      names.add(taken);
    }
    if (columns.some((column) => column.name === partition?.name)) {
      throw new SynthesisError(
        `${name}.${partition?.name}`,
        "its folders already have this name, and Athena reads that as a column too",
        "Rename the column.",
      );
    }
  }
  return relations;
}

/** What a relation is called in Glue, and the table of texts under it where it is a view over CSV. */
export function glueNamesOf({ name, format }: Relation): readonly [string, ...string[]] {
  const { strings } = formats[format].glue;
  return strings === undefined ? [name] : [name, `${name}${strings.suffix}`];
}

function relationsOfTable(table: Table): Relation[] {
  const { name, description } = table;
  const columns = table.columns.map((column) => ({
    name: column.name,
    type: column.type,
    nullable: column.nullable,
    description: column.description ?? "",
  }));
  return [
    {
      name: `silver_${name}`,
      description: `Every accepted record of ${name}, in the order of arrival; keys may come twice`,
      layer: "silver",
      prefix: silverPrefix(name),
      format: table.format.silver,
      hasManifests: false,
      columns,
      partition: byArrival,
    },
    {
      name: `quarantine_${name}`,
      description: `Every refused record of ${name}, with its reasons`,
      layer: "silver",
      prefix: quarantinePrefix(name),
      format: "ndjson",
      hasManifests: false,
      columns: quarantineColumns.map((column) => ({ ...column, nullable: true })),
      partition: byArrival,
    },
    {
      name,
      description: description === "" ? `Current rows of ${name}, one for each key` : description,
      layer: "gold",
      prefix: `${symlinkPrefix}${name}/`,
      format: currentFormat,
      hasManifests: true,
      columns,
      partition: byColumn(table),
    },
  ];
}

function modelRelation({ name, description, columns, format, materialization }: Model): Relation {
  return {
    name,
    description,
    layer: "gold",
    prefix: `${name}/`,
    format,
    hasManifests: false,
    columns: columns.map((column) => ({ ...column, nullable: true })),
    ...(materialization.kind === "full" ? {} : { partition: byColumn(materialization.table) }),
  };
}

function byColumn({ partitionBy }: Table): RelationPartition {
  return { name: partitionKeyName(partitionBy), unit: partitionBy.unit, ofArrival: false };
}
