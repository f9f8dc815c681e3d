/** The engines that read tables, and the line to paste into each. */
import { duckDbType, type FileColumn } from "@lakehouse/formats/column";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { CurrentRelation, ModelRelation, Relation } from "@lakehouse/lake/relations";

/** Where a table's folder is. */
export interface Place {
  /** The address of gold without a slash at the end: `s3://bucket`, or a folder. */
  readonly root: string;
  /** Undefined if it is a directory. */
  readonly bucket?: { readonly name: string; readonly region: string } | undefined;
  /** The database of Glue. */
  readonly database: string;
}

/** A table or model to read. */
export interface ReadableTable {
  readonly name: string;
  /** `table`: an open table. */
  readonly format: "table" | "parquet" | "csv";
  /** The files of a model in its folder, as a pattern. */
  readonly files: string;
  readonly columns: readonly FileColumn[];
  readonly place: Place;
}

/** A relation of gold. */
export type GoldRelation = CurrentRelation | ModelRelation;

export function isGold(relation: Relation): relation is GoldRelation {
  return relation.kind === "current" || relation.kind === "model";
}

/** A table or model as engines read it. */
export function readableTable(relation: GoldRelation, place: Place): ReadableTable {
  const { name, columns, partition } = relation;
  const format = relation.isOpen ? "table" : relation.format;
  const files = `${partition === undefined ? "" : "*/"}data.${format}`;
  return { name, format, files, columns, place };
}

/** The line to paste, or why there is none. */
export type EngineLine = { readonly line: string } | { readonly missing: string };

/** The names of the engines, as on the command line. */
export const engineNames = [
  "athena",
  "duckdb",
  "spark",
  "polars",
  "pandas",
  "power-bi",
  "snowflake",
  "databricks",
  "clickhouse",
] as const;
export type EngineName = (typeof engineNames)[number];

/** An engine, with its line for each kind of table. */
interface ReadingEngine {
  readonly title: string;
  readonly line: (table: ReadableTable) => EngineLine;
}

const bucketsOnly: EngineLine = { missing: "it reads buckets, and this lake is a directory" };
const untyped: EngineLine = {
  missing: 'CSV has no types; give the model format: "table" (docs/add-a-table.md)',
};
const openOnly: EngineLine = {
  missing: 'it needs an open table; give the model format: "table" (docs/add-a-table.md)',
};

/** The engines, in the order in which they are shown. */
export const engines: Readonly<Record<EngineName, ReadingEngine>> = {
  athena: {
    title: "Athena",
    line: ({ name, place: { bucket, database } }) =>
      bucket === undefined ? bucketsOnly : { line: `select * from ${database}.${name};` },
  },
  duckdb: { title: "DuckDB", line: duckDb },
  spark: {
    title: "Spark",
    line: byFormat(
      (uri) => `spark.read.format("delta").load(${quoted(uri)})`,
      (uri) => `spark.read.parquet(${quoted(uri)})`,
    ),
  },
  polars: {
    title: "Polars",
    line: byFormat(
      (uri) => `import polars as pl; pl.scan_delta(${quoted(uri)}).collect()`,
      (_, files) =>
        `import polars as pl; pl.scan_parquet(${quoted(files)}, hive_partitioning=False).collect()`,
    ),
  },
  pandas: {
    title: "pandas",
    line: byFormat(
      (uri) => `from deltalake import DeltaTable; DeltaTable(${quoted(uri)}).to_pandas()`,
      (uri) => `import pandas as pd; pd.read_parquet(${quoted(uri)}, partitioning=None)`,
    ),
  },
  "power-bi": { title: "Power BI", line: powerBi },
  snowflake: {
    title: "Snowflake",
    line: ({ name, format, place: { bucket } }) => {
      if (bucket === undefined) {
        return bucketsOnly;
      }
      return format === "table"
        ? {
            line: `create iceberg table ${name} external_volume = 'lakehouse' catalog = 'lakehouse_delta' base_location = '${name}/' auto_refresh = true;`,
          }
        : openOnly;
    },
  },
  databricks: {
    title: "Databricks",
    line: ({ name, format, place: { root, bucket } }) => {
      if (bucket === undefined) {
        return bucketsOnly;
      }
      return format === "csv"
        ? untyped
        : {
            line: `select * from ${format === "table" ? "delta" : "parquet"}.\`${root}/${name}\`;`,
          };
    },
  },
  clickhouse: { title: "ClickHouse", line: clickHouse },
};

/** The line of an engine that reads open tables and Parquet by their address. */
function byFormat(
  open: (uri: string) => string,
  parquet: (uri: string, files: string) => string,
): ReadingEngine["line"] {
  return ({ name, format, files, place: { root } }) => {
    const uri = `${root}/${name}`;
    switch (format) {
      case "table":
        return { line: open(uri) };
      case "parquet":
        return { line: parquet(uri, `${uri}/${files}`) };
      case "csv":
        return untyped;
    }
  };
}

function duckDb({
  name,
  format,
  files,
  columns,
  place: { root, bucket },
}: ReadableTable): EngineLine {
  const uri = `${root}/${name}`;
  const credentials =
    bucket === undefined ? "" : "create secret (type s3, provider credential_chain); ";
  switch (format) {
    case "table":
      return { line: `${credentials}from delta_scan(${literal(uri)});` };
    case "parquet":
      return {
        line: `${credentials}from read_parquet(${literal(`${uri}/${files}`)}, hive_partitioning = false);`,
      };
    case "csv": {
      const types = columns.map(
        (column) => `${identifier(column.name)}: ${literal(duckDbType(column.type))}`,
      );
      const dialect = `header = true, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false`;
      return {
        line: `${credentials}from read_csv(${literal(`${uri}/${files}`)}, ${dialect}, hive_partitioning = false, columns = {${types.join(", ")}});`,
      };
    }
  }
}

function powerBi({ name, format, place: { root, bucket, database } }: ReadableTable): EngineLine {
  if (bucket !== undefined) {
    return {
      line: `Odbc.Query("dsn=lakehouse", ${powerQuery(`select * from ${database}.${name}`)})`,
    };
  }
  return format === "table"
    ? { line: `DeltaLake.Table(Folder.Contents(${powerQuery(`${root}/${name}`)}))` }
    : { missing: "docs/query.md has a query that reads files" };
}

function clickHouse({ name, format, files, place: { root, bucket } }: ReadableTable): EngineLine {
  const text = (each: string) => `'${each.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const path = format === "table" ? name : `${name}/${files}`;
  const address =
    bucket === undefined
      ? text(`${root}/${path}`)
      : text(`https://${bucket.name}.s3.${bucket.region}.amazonaws.com/${path}`);
  switch (format) {
    case "table":
      return {
        line: `select * from ${bucket === undefined ? "deltaLakeLocal" : "deltaLake"}(${address});`,
      };
    case "parquet":
      return {
        line: `select * from ${bucket === undefined ? "file" : "s3"}(${address}, 'Parquet') settings use_hive_partitioning = 0;`,
      };
    case "csv":
      return untyped;
  }
}

/** A string of Python or Scala. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A string of Power Query. */
function powerQuery(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
