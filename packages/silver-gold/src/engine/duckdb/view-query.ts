/** Turns views into DuckDB queries. */
import { castColumns, emptyQuery } from "@lakehouse/formats/duckdb-sql";
import { byFormat, formats, tableFormats } from "@lakehouse/formats/formats";
import type { SilverView, View } from "../engine.ts";

/** The query for all rows of a view. */
export async function viewQuery(view: View): Promise<string> {
  switch (view.kind) {
    case "query":
      return view.sql;
    case "silver":
      return await silverQuery(view);
    case "files": {
      const { columns, format, files } = view;
      return files.length === 0 ? emptyQuery(columns) : formats[format].duckDb.scan(columns, files);
    }
  }
}

async function silverQuery({ columns, files }: SilverView): Promise<string> {
  const parts = [emptyQuery(columns)];
  for (const [format, group] of byFormat(files)) {
    parts.push(...(await tableFormats[format].duckDb.scanByName(columns, group)));
  }
  const all = parts.map((part) => `(${part})`).join(" union all by name ");
  return `select ${castColumns(columns)} from (${all})`;
}
