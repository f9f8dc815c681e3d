/** The Glue tables and views of a relation. */
import { athenaType, glueType, sqlName } from "@lakehouse/formats/athena-type";
import type { AthenaStrings, GlueReader } from "@lakehouse/formats/format";
import { formats } from "@lakehouse/formats/formats";
import type { Relation, RelationColumn } from "@lakehouse/lake/relations";
import type { PartitionUnit } from "@lakehouse/transforms/contract/partition";
import type { AthenaSettings } from "../environment.ts";

/** A column of a table of Glue. */
export interface GlueColumn {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

/** A table over files. */
export interface GlueTable {
  readonly kind: "table";
  readonly name: string;
  readonly description: string;
  readonly layer: "silver" | "gold";
  readonly prefix: string;
  readonly columns: readonly GlueColumn[];
  readonly partitionKeys: readonly GlueColumn[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly reader: GlueReader;
}

/** A view, for Athena alone. */
export interface GlueView {
  readonly kind: "view";
  readonly name: string;
  readonly columns: readonly GlueColumn[];
  /** The view's SQL and columns, encoded as Athena keeps them in the catalog. */
  readonly originalText: string;
}

const dateFormats: Readonly<Record<PartitionUnit, string>> = {
  day: "yyyy-MM-dd",
  month: "yyyy-MM",
  year: "yyyy",
};

/** Athena's engine counts from now in days at most. So a table lists its months or years by name, up to this one. */
export const lastListedYear = 2049;

/**
 * The tables and views by which Athena reads a relation: one table or, if the format has only strings, a table of strings
 * and a view over it with the columns' types. None for open tables: gold runs make those.
 *
 * @param database The database's name.
 */
export function glueTablesOf(
  relation: Relation,
  database: string,
  athena: AthenaSettings,
): readonly (GlueTable | GlueView)[] {
  if (relation.isOpen) {
    return [];
  }
  const { strings } = formats[relation.format].glue;
  const columns = relation.columns.map(typed);
  if (strings === undefined) {
    return [tableOver(relation, relation.name, columns, athena)];
  }
  const table = `${relation.name}${strings.suffix}`;
  return [
    tableOver(
      relation,
      table,
      columns.map((column) => ({ ...column, type: "string" })),
      athena,
    ),
    viewOver(relation, table, strings, database),
  ];
}

function tableOver(
  relation: Relation,
  name: string,
  columns: readonly GlueColumn[],
  athena: AthenaSettings,
): GlueTable {
  const { layer, prefix, format } = relation;
  const { glue } = formats[format];
  return {
    kind: "table",
    name,
    description: relation.description,
    layer,
    prefix,
    columns,
    partitionKeys: partitionColumns(relation),
    parameters: {
      EXTERNAL: "TRUE",
      ...glue.tableParameters,
      ...projection(relation, athena),
    },
    reader: glue.reader(relation.columns),
  };
}

function viewOver(
  relation: Relation,
  table: string,
  strings: AthenaStrings,
  database: string,
): GlueView {
  const partitions = partitionColumns(relation);
  const values = strings.values(relation.columns);
  const columns = relation.columns.map(({ name, type }, index) => ({
    name,
    sql: values[index] ?? sqlName(name),
    type: athenaType(type),
  }));
  const selected = [
    ...columns.map(({ name, sql }) => `${sql} as ${sqlName(name)}`),
    ...partitions.map(({ name }) => sqlName(name)),
  ];
  const definition = {
    originalSql: [
      `select ${selected.join(", ")}`,
      `from ${sqlName(database)}.${sqlName(table)}`,
      ...strings.clauses(relation.columns),
    ].join("\n"),
    catalog: "awsdatacatalog",
    schema: database,
    comment: relation.description,
    columns: [
      ...columns.map(({ name, type }) => ({ name, type })),
      ...partitions.map(({ name }) => ({ name, type: "varchar" })),
    ],
  };
  return {
    kind: "view",
    name: relation.name,
    columns: [...relation.columns.map(typed), ...partitions],
    originalText: `/* Presto View: ${Buffer.from(JSON.stringify(definition)).toString("base64")} */`,
  };
}

function partitionColumns({ partition }: Relation): GlueColumn[] {
  return partition === undefined
    ? []
    : [
        {
          name: partition.name,
          // As in the folders' names.
          type: "string",
          comment: `The ${partition.unit}, ${dateFormats[partition.unit]}`,
        },
      ];
}

/** Lets Athena calculate the folders' names, so no partition has to be registered. */
function projection(
  { partition }: Relation,
  { firstArrivalDay, firstDay, yearsAhead }: AthenaSettings,
): Record<string, string> {
  if (partition === undefined) {
    return {};
  }
  const { name, unit, ofArrival } = partition;
  // Nothing arrives early. One day allows for clocks that disagree.
  const folders = ofArrival ? days(firstArrivalDay, 1) : foldersOf(unit, firstDay, yearsAhead);
  const settings = Object.entries(folders).map(([key, value]) => [
    `projection.${name}.${key}`,
    value,
  ]);
  return { "projection.enabled": "true", ...Object.fromEntries(settings) };
}

function foldersOf(
  unit: PartitionUnit,
  firstDay: string,
  yearsAhead: number,
): Record<string, string> {
  switch (unit) {
    case "day":
      return days(firstDay, yearsAhead * 366);
    case "month":
      return listed(
        years(firstDay)
          .flatMap((year) => months.map((month) => `${year}-${month}`))
          .filter((month) => month >= firstDay.slice(0, month.length)),
      );
    case "year":
      return listed(years(firstDay));
  }
}

function days(from: string, ahead: number): Record<string, string> {
  return {
    type: "date",
    format: dateFormats.day,
    range: `${from},NOW+${ahead}DAYS`,
    interval: "1",
    "interval.unit": "DAYS",
  };
}

function listed(names: readonly string[]): Record<string, string> {
  return { type: "enum", values: names.join(",") };
}

const months = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));

function years(firstDay: string): string[] {
  const first = Number(firstDay.slice(0, 4));
  return Array.from({ length: Math.max(lastListedYear - first + 1, 0) }, (_, index) =>
    String(first + index).padStart(4, "0"),
  );
}

function typed(column: RelationColumn): GlueColumn {
  return { name: column.name, type: glueType(column.type), comment: column.description };
}
