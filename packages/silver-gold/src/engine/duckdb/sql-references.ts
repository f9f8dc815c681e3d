/** What a query reads, from DuckDB's own parse tree; and what it may not contain. */
import type { DuckDBConnection } from "@duckdb/node-api";

/** A query that can be a model's or a check's, or why not. */
export type References =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly problem: string; readonly mend: string };

type Node = Readonly<Record<string, unknown>>;

const tableFunctions = new Set(["unnest", "range", "generate_series"]);
/** Keywords that read as columns and are clocks; functions that give another value each time. */
const clocks = new Set([
  "current_date",
  "current_time",
  "current_timestamp",
  "localtime",
  "localtimestamp",
]);
const volatile = new Set(
  `nextval currval random setseed uuid uuidv4 uuidv7 gen_random_uuid now today transaction_timestamp
  txid_current get_current_time get_current_timestamp current_date current_connection_id current_query
  current_query_id current_transaction_id sleep_ms`.split(/\s+/),
);

/** The tables and models that a query reads, in lower case, each once; common table expressions are none. */
export async function referencesOf(connection: DuckDBConnection, sql: string): Promise<References> {
  const reader = await connection.runAndReadAll("select json_serialize_sql($1::varchar)", [sql]);
  const tree = parseTree(String(reader.getRows()[0]?.[0]));
  if (tree === undefined) {
    return refused("it has a number that is infinite", "Write a finite one.");
  }
  if (tree["error"] === true) {
    return refused(
      `its SQL is not one SELECT (DuckDB: ${String(tree["error_message"])})`,
      "Write one SELECT statement.",
    );
  }
  const statements = tree["statements"] as readonly Node[];
  if (statements.length !== 1) {
    return refused(`it has ${statements.length} statements`, "Write one SELECT statement.");
  }
  try {
    const names = new Set<string>();
    visit(statements[0], new Set(), names);
    return { ok: true, names: [...names].sort() };
  } catch (error) {
    if (error instanceof Refusal) {
      return error.answer;
    }
    throw error;
  }
}

/** @returns Undefined where it is no JSON: so DuckDB writes a number such as 1e400. */
function parseTree(json: string): Node | undefined {
  try {
    return JSON.parse(json) as Node;
  } catch {
    return undefined;
  }
}

class Refusal extends Error {
  constructor(readonly answer: References) {
    super("refused");
  }
}

function refused(problem: string, mend: string): References {
  return { ok: false, problem, mend };
}

function visit(value: unknown, expressions: ReadonlySet<string>, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const each of value) {
      visit(each, expressions, names);
    }
  } else if (typeof value === "object" && value !== null) {
    visitNode(value as Node, expressions, names);
  }
}

function visitNode(node: Node, outer: ReadonlySet<string>, names: Set<string>): void {
  inspect(node);
  if (node["type"] === "BASE_TABLE") {
    addTable(node, outer, names);
  }
  const { cte_map: expressions, ...rest } = node;
  const inner = visitExpressions(expressions, outer, names);
  // A recursive expression reads itself.
  if (rest["type"] === "RECURSIVE_CTE_NODE") {
    inner.add(lower(rest["cte_name"]));
  }
  for (const part of Object.values(rest)) {
    visit(part, inner, names);
  }
}

/** Each common table expression sees those before it, and from then on its name stands for it. */
function visitExpressions(
  map: unknown,
  outer: ReadonlySet<string>,
  names: Set<string>,
): Set<string> {
  const seen = new Set(outer);
  const entries =
    (map as { map?: readonly { key: string; value: unknown }[] } | undefined)?.map ?? [];
  for (const { key, value } of entries) {
    visit(value, seen, names);
    seen.add(key.toLowerCase());
  }
  return seen;
}

function addTable(node: Node, expressions: ReadonlySet<string>, names: Set<string>): void {
  const name = lower(node["table_name"]);
  if (node["schema_name"] !== "" || node["catalog_name"] !== "") {
    throw new Refusal(
      refused(
        `it reads ${String(node["schema_name"])}.${name}, but tables and models have no schema`,
        `Write ${name} alone.`,
      ),
    );
  }
  if (!expressions.has(name)) {
    names.add(name);
  }
}

function inspect(node: Node): void {
  if (node["type"] === "SHOW_REF") {
    throw new Refusal(refused("it describes a table", "Write one SELECT statement."));
  }
  if (node["type"] === "TABLE_FUNCTION") {
    const name = lower((node["function"] as Node | undefined)?.["function_name"]);
    if (!tableFunctions.has(name)) {
      throw new Refusal(
        refused(`it reads ${name}(…)`, "Read tables and models only, by their names."),
      );
    }
  }
  const columns =
    node["class"] === "COLUMN_REF" ? (node["column_names"] as readonly unknown[]) : [];
  const clock =
    columns.length === 1 && clocks.has(lower(columns[0])) ? lower(columns[0]) : undefined;
  const call = node["class"] === "FUNCTION" ? lower(node["function_name"]) : "";
  const changing = clock ?? (volatile.has(call) ? call : undefined);
  if (changing !== undefined) {
    throw new Refusal(
      refused(
        `it uses ${changing}, so that the same rows would give another result each time`,
        "Use a column instead, such as the newest date.",
      ),
    );
  }
  if (node["type"] === "PARAMETER" || node["class"] === "PARAMETER") {
    throw new Refusal(refused("it has a parameter", "Write the value."));
  }
  if (node["sample"] !== null && node["sample"] !== undefined) {
    throw new Refusal(refused("it takes a random sample", "Leave the sample out."));
  }
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}
