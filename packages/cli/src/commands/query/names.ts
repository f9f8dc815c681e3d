/** Which tables, models and files of the lake a query may read. */
import type { DuckDBConnection } from "@duckdb/node-api";

type Node = Readonly<Record<string, unknown>>;

/** Functions that read what their text argument names. */
const dynamic = /\bquery(?:_table)?\s*\(/i;

/**
 * The candidates that a query names, by DuckDB's own parser; where that has no say, those that occur in the
 * query's text. It may find too many, never too few.
 */
export async function namesIn(
  connection: DuckDBConnection,
  sql: string,
  candidates: readonly string[],
): Promise<Set<string>> {
  const reader = await connection.runAndReadAll("select json_serialize_sql($1::varchar)", [sql]);
  const tree = parseTree(String(reader.getRows()[0]?.[0]));
  if (tree === undefined || tree["error"] === true || dynamic.test(sql)) {
    return new Set(candidates.filter((each) => new RegExp(`\\b${each}\\b`, "i").test(sql)));
  }
  const names = new Set<string>();
  collect(tree, names);
  return names;
}

/** @returns Undefined for a query with an infinite number: DuckDB writes that as JSON knows none. */
function parseTree(json: string): Node | undefined {
  try {
    return JSON.parse(json) as Node;
  } catch {
    return undefined;
  }
}

function collect(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const each of value) {
      collect(each, names);
    }
  } else if (typeof value === "object" && value !== null) {
    const { table_name: name } = value as Node;
    if (typeof name === "string") {
      // DESCRIBE has it in quotes.
      names.add(name.replaceAll('"', "").toLowerCase());
    }
    collect(Object.values(value), names);
  }
}
