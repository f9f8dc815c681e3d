/** Turns views into DuckDB queries. */
import { castColumns, emptyQuery } from "@lakehouse/formats/duckdb-sql";
import type { LineLength } from "@lakehouse/formats/format";
import { byFormat, formats, tableFormats } from "@lakehouse/formats/formats";
import { partitionNumber, type SilverView, type View } from "../engine.ts";
import { fileNumber } from "./partition-query.ts";

/** The query for all rows of a view. @param lines How long a line of its files may be. */
export async function viewQuery(view: View, lines: LineLength): Promise<string> {
  switch (view.kind) {
    case "query":
      return view.sql;
    case "silver":
      return await silverQuery(view, lines);
    case "files": {
      const { columns, format, files, partitions } = view;
      const numbers = `[${partitions?.join(", ")}][${fileNumber}::BIGINT + 1] as ${partitionNumber}`;
      return files.length === 0
        ? emptyQuery(columns)
        : formats[format].duckDb.scan(columns, files, lines, partitions && [numbers]);
    }
  }
}

async function silverQuery({ columns, files }: SilverView, lines: LineLength): Promise<string> {
  const parts = [emptyQuery(columns)];
  for (const [format, group] of byFormat(files)) {
    parts.push(...(await tableFormats[format].duckDb.scanByName(columns, group, lines)));
  }
  const all = parts.map((part) => `(${part})`).join(" union all by name ");
  return `select ${castColumns(columns)} from (${all})`;
}
