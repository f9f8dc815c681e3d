/** The tables and views of the Glue catalog that stand for a relation. */
import type { PartitionUnit } from "@lakehouse/transforms/contract/partition";
import type { AthenaSettings } from "../environment.ts";
import { athenaType, fromCsv, sqlName } from "./athena-type.ts";
import { glueNamesOf, glueTypeOf, type Relation, type RelationColumn } from "./relations.ts";

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
  readonly reader: Reader;
}

/** A view, for Athena alone. */
export interface GlueView {
  readonly kind: "view";
  readonly name: string;
  readonly description: string;
  readonly columns: readonly GlueColumn[];
  /** What Athena keeps in the catalog of a view: its SQL and its columns, encoded. */
  readonly originalText: string;
}

/** How Hadoop's classes read a format. */
export interface Reader {
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serializationLibrary: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const textOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
const parquetSerDe = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";

const readers: Readonly<Record<Relation["format"], Reader>> = {
  csv: {
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: textOutput,
    serializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    // By default, every backslash would be taken for an escape and be left out. Our CSV escapes nothing, and
    // "none" cannot be said: so it is a control character that texts do not have.
    parameters: { separatorChar: ",", quoteChar: '"', escapeChar: "\u0001" },
  },
  parquet: {
    inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    serializationLibrary: parquetSerDe,
    parameters: { "serialization.format": "1" },
  },
  "parquet-symlinks": {
    inputFormat: "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
    outputFormat: textOutput,
    serializationLibrary: parquetSerDe,
    parameters: { "serialization.format": "1" },
  },
  ndjson: {
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: textOutput,
    serializationLibrary: "org.openx.data.jsonserde.JsonSerDe",
    parameters: { "serialization.format": "1" },
  },
};

const dateFormats: Readonly<Record<PartitionUnit, { format: string; interval: string }>> = {
  day: { format: "yyyy-MM-dd", interval: "DAYS" },
  month: { format: "yyyy-MM", interval: "MONTHS" },
  year: { format: "yyyy", interval: "YEARS" },
};

/**
 * The tables and views by which Athena reads a relation: one table, or for CSV a table of texts and a view over
 * it that gives the columns their types.
 *
 * @param database The database's name.
 */
export function glueTablesOf(
  relation: Relation,
  database: string,
  athena: AthenaSettings,
): readonly (GlueTable | GlueView)[] {
  const [name, texts] = glueNamesOf(relation);
  if (texts === undefined) {
    return [tableOver(relation, name, relation.columns.map(typed), athena)];
  }
  return [
    tableOver(
      relation,
      texts,
      relation.columns.map((column) => ({ ...typed(column), type: "string" })),
      athena,
    ),
    viewOver(relation, texts, database),
  ];
}

function tableOver(
  relation: Relation,
  name: string,
  columns: readonly GlueColumn[],
  athena: AthenaSettings,
): GlueTable {
  const { layer, prefix, format } = relation;
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
      ...(format === "csv" ? { "skip.header.line.count": "1" } : {}),
      ...projection(relation, athena),
    },
    reader: readers[format],
  };
}

function viewOver(relation: Relation, table: string, database: string): GlueView {
  const partitions = partitionColumns(relation);
  const columns = relation.columns.map((column) => {
    if (typeof column.type === "string") {
      throw new TypeError(`${relation.name}.${column.name} has no type of contracts.`);
    }
    const { name, type, nullable } = column;
    return { name, sql: fromCsv({ name, type, nullable }), type: athenaType(type) };
  });
  const selected = [
    ...columns.map(({ name, sql }) => `${sql} as ${sqlName(name)}`),
    ...partitions.map(({ name }) => sqlName(name)),
  ];
  const definition = {
    originalSql: [
      `select ${selected.join(", ")}`,
      `from ${sqlName(database)}.${sqlName(table)}`,
      ...wholeRowsOnly(relation),
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

/**
 * A line end inside a field cuts a row in two for Athena, whose first part then lacks the last column. Rather than
 * give half a row, the query is to fail: the cast of that sentence does, and says it.
 */
function wholeRowsOnly({ columns }: Relation): string[] {
  const last = columns.at(-1);
  if (last === undefined || columns.length === 1) {
    return [];
  }
  const sentence = "a field holds a line end: see docs/query.md";
  const column = sqlName(last.name);
  // Only a case keeps the cast from being tried for whole rows; a cast of a constant could be tried before any row.
  const failing = `cast('${sentence}' || coalesce(${column}, '') as boolean)`;
  return [`where case when ${column} is null then ${failing} else true end`];
}

function partitionColumns({ partition }: Relation): GlueColumn[] {
  return partition === undefined
    ? []
    : [
        {
          name: partition.name,
          // As in the folder's name.
          type: "string",
          comment: `The ${partition.unit}, ${dateFormats[partition.unit].format}`,
        },
      ];
}

/** Athena calculates which folders there are, instead of being told of each one. */
function projection(
  { partition }: Relation,
  { firstArrivalDay, firstDay, yearsAhead }: AthenaSettings,
): Record<string, string> {
  if (partition === undefined) {
    return {};
  }
  const { name, unit, ofArrival } = partition;
  const { format, interval } = dateFormats[unit];
  // Nothing arrives ahead of its time; a day is for clocks that disagree.
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
  return { name: column.name, type: glueTypeOf(column), comment: column.description };
}
