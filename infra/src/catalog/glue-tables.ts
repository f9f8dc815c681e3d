/** The Glue tables and views of a relation. */
import { athenaType, glueType, sqlName } from "@lakehouse/formats/athena-type";
import type { AthenaStrings, GlueReader } from "@lakehouse/formats/format";
import { formats } from "@lakehouse/formats/formats";
import { textOutput } from "@lakehouse/formats/glue-text";
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
  readonly description: string;
  readonly columns: readonly GlueColumn[];
  /** The view's SQL and columns, encoded as Athena keeps them in the catalog. */
  readonly originalText: string;
}

/** Manifests are lines, each with the address of a file in the format of the table. */
const manifests = {
  inputFormat: "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
  outputFormat: textOutput,
};

const dateFormats: Readonly<Record<PartitionUnit, { format: string; interval: string }>> = {
  day: { format: "yyyy-MM-dd", interval: "DAYS" },
  month: { format: "yyyy-MM", interval: "MONTHS" },
  year: { format: "yyyy", interval: "YEARS" },
};

/**
 * The tables and views by which Athena reads a relation: one table or, if the format has only strings, a table of strings
 * and a view over it with the columns' types.
 *
 * @param database The database's name.
 */
export function glueTablesOf(
  relation: Relation,
  database: string,
  athena: AthenaSettings,
): readonly (GlueTable | GlueView)[] {
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
  const { kind, layer, prefix, format } = relation;
  const { reader, tableParameters } = formats[format].glue;
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
      ...tableParameters,
      ...projection(relation, athena),
    },
    reader: kind === "current" ? { ...reader, ...manifests } : reader,
  };
}

function viewOver(
  relation: Relation,
  table: string,
  strings: AthenaStrings,
  database: string,
): GlueView {
  const partitions = partitionColumns(relation);
  const columns = relation.columns.map((column) => ({
    name: column.name,
    sql: strings.value(column),
    type: athenaType(column.type),
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
    columns: [
      ...columns.map(({ name, type }) => ({ name, type })),
      ...partitions.map(({ name }) => ({ name, type: "varchar" })),
    ],
  };
  return {
    kind: "view",
    name: relation.name,
    description: relation.description,
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
          comment: `The ${partition.unit}, ${dateFormats[partition.unit].format}`,
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
  const { format, interval } = dateFormats[unit];
  // Nothing arrives early. One day allows for clocks that disagree.
  const [from, to] = ofArrival
    ? [firstArrivalDay, "NOW+1DAYS"]
    : [firstDay, `NOW+${yearsAhead}YEARS`];
  return {
    "projection.enabled": "true",
    [`projection.${name}.type`]: "date",
    [`projection.${name}.format`]: format,
    [`projection.${name}.range`]: `${from.slice(0, format.length)},${to}`,
    [`projection.${name}.interval`]: "1",
    [`projection.${name}.interval.unit`]: interval,
  };
}

function typed(column: RelationColumn): GlueColumn {
  return { name: column.name, type: glueType(column.type), comment: column.description };
}
