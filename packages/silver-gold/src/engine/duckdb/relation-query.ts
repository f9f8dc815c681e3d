/** Relations as DuckDB's queries. */
import { castColumns, emptyQuery } from "@lakehouse/formats/duckdb-sql";
import { byFormat, formats, tableFormats } from "@lakehouse/formats/formats";
import { quarantineColumns } from "@lakehouse/lake/quarantine-columns";
import type { Relation, SilverRelation } from "../engine.ts";

/** Queries all rows of a relation. */
export async function relationQuery(relation: Relation): Promise<string> {
  switch (relation.kind) {
    case "query":
      return relation.sql;
    case "quarantine":
      return relation.files.length === 0
        ? emptyQuery(quarantineColumns)
        : formats.ndjson.duckDb.scan(quarantineColumns, relation.files);
    case "silver":
      return await readSilver(relation);
    case "files": {
      const { columns, format, files } = relation;
      return files.length === 0
        ? emptyQuery(columns)
        : tableFormats[format].duckDb.scan(columns, files);
    }
  }
}

async function readSilver({ columns, files }: SilverRelation): Promise<string> {
  const parts = [emptyQuery(columns)];
  for (const [format, group] of byFormat(files)) {
    parts.push(...(await tableFormats[format].duckDb.scanByName(columns, group)));
  }
  const all = parts.map((part) => `(${part})`).join(" union all by name ");
  return `select ${castColumns(columns)} from (${all})`;
}
