/** Relations as DuckDB's queries. */
import type { Relation, SilverRelation } from "../engine.ts";
import { readCsv, readSilverCsv } from "./csv.ts";
import { readQuarantine } from "./quarantine.ts";
import { castColumns, emptyQuery, list } from "./sql-text.ts";

/** Queries all rows of a relation. */
export async function relationQuery(relation: Relation): Promise<string> {
  switch (relation.kind) {
    case "query":
      return relation.sql;
    case "quarantine":
      return readQuarantine(relation.files);
    case "silver":
      return await readSilver(relation);
    case "files": {
      const { columns, format, files } = relation;
      if (files.length === 0) {
        return emptyQuery(columns);
      }
      return format === "csv"
        ? readCsv(columns, files)
        : `select ${castColumns(columns)} from read_parquet(${list(files)})`;
    }
  }
}

async function readSilver({ columns, files }: SilverRelation): Promise<string> {
  const parquet = files.filter((file) => file.endsWith(".parquet"));
  const csv = files.filter((file) => !file.endsWith(".parquet"));
  const parts = [emptyQuery(columns), ...(await readSilverCsv(columns, csv))];
  if (parquet.length > 0) {
    parts.push(`select * from read_parquet(${list(parquet)}, union_by_name = true)`);
  }
  const all = parts.map((part) => `(${part})`).join(" union all by name ");
  return `select ${castColumns(columns)} from (${all})`;
}
