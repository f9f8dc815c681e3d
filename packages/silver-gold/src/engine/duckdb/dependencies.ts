/** Finds what a query reads, and what it must not contain, in the parse tree of DuckDB itself. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Dependencies, Refusal } from "../engine.ts";
import { duckDb } from "./duckdb-error.ts";

type Node = Readonly<Record<string, unknown>>;

const tableFunctions = new Set(["unnest", "range", "generate_series"]);
/** Table functions that read the tables named in a string. */
const dynamicFunctions = new Set(["query", "query_table"]);
/** Clocks that the parser takes for columns. */
const clocks = new Set([
  "current_date",
  "current_time",
  "current_timestamp",
  "localtime",
  "localtimestamp",
]);
/** Functions whose value changes from call to call. */
const volatile = new Set(
  `nextval currval random setseed uuid uuidv4 uuidv7 gen_random_uuid now today transaction_timestamp
  txid_current get_current_time get_current_timestamp current_date current_connection_id current_query
  current_query_id current_transaction_id sleep_ms`.split(/\s+/),
);

/** Finds the tables and models that a query reads, each once. Common table expressions don't count. */
export async function dependenciesOf(
  connection: DuckDBConnection,
  sql: string,
): Promise<Dependencies> {
  const reader = await connection.runAndReadAll("select json_serialize_sql($1::varchar)", [sql]);
  const tree = parseTree(String(reader.getRows()[0]?.[0]));
  if (tree === undefined) {
    return unknown("it contains an infinite number", "Write a finite one.");
  }
  if (tree["error"] === true) {
    return unknown(
      `its SQL is not one SELECT (${duckDb}: ${String(tree["error_message"])})`,
      "Write one SELECT statement.",
    );
  }
  const statements = tree["statements"] as readonly Node[];
  if (statements.length !== 1) {
    return unknown(`it has ${statements.length} statements`, "Write one SELECT statement.");
  }
  const walk = new Walk();
  walk.visit(statements[0], new Set());
  return {
    names: walk.isDynamic ? undefined : [...walk.names].filter((name) => name !== "").sort(),
    refusal: walk.refusal,
  };
}

/** Returns undefined for a query with a number such as 1e400, for which DuckDB does not write JSON. */
function parseTree(json: string): Node | undefined {
  try {
    return JSON.parse(json) as Node;
  } catch {
    return undefined;
  }
}

function unknown(problem: string, hint: string): Dependencies {
  return { names: undefined, refusal: { problem, hint } };
}

/** One pass over a parse tree. */
class Walk {
  readonly names = new Set<string>();
  /** Whether the query names tables in strings. */
  isDynamic = false;
  /** The first reason to refuse the query. */
  refusal: Refusal | undefined;

  /** @param expressions The common table expressions in scope, in lower case. */
  visit(value: unknown, expressions: ReadonlySet<string>): void {
    if (Array.isArray(value)) {
      for (const each of value) {
        this.visit(each, expressions);
      }
    } else if (typeof value === "object" && value !== null) {
      this.#visitNode(value as Node, expressions);
    }
  }

  #visitNode(node: Node, outer: ReadonlySet<string>): void {
    this.#inspect(node, outer);
    const { cte_map: expressions, left, ...rest } = node;
    const inner = this.#visitExpressions(expressions, outer);
    this.visit(left, inner);
    if (node["type"] === "RECURSIVE_CTE_NODE") {
      // Only from here on. In its first, left part, the name means a table.
      inner.add(lower(node["cte_name"]));
    }
    for (const part of Object.values(rest)) {
      this.visit(part, inner);
    }
  }

  /** Each common table expression sees those before it. From then on, its name refers to it. */
  #visitExpressions(map: unknown, outer: ReadonlySet<string>): Set<string> {
    const seen = new Set(outer);
    const entries =
      (map as { map?: readonly { key: string; value: unknown }[] } | undefined)?.map ?? [];
    for (const { key, value } of entries) {
      this.visit(value, seen);
      seen.add(key.toLowerCase());
    }
    return seen;
  }

  #inspect(node: Node, expressions: ReadonlySet<string>): void {
    switch (node["type"]) {
      case "BASE_TABLE":
        this.#addTable(node, expressions);
        break;
      case "SHOW_REF":
        // DuckDB writes this name in double quotes. For DESCRIBE SELECT … it is empty.
        this.names.add(lower(node["table_name"]).replaceAll('"', ""));
        this.#refuse("it describes a table", "Write one SELECT statement.");
        break;
      case "TABLE_FUNCTION":
        this.#inspectTableFunction(
          lower((node["function"] as Node | undefined)?.["function_name"]),
        );
        break;
    }
    const changing = changingValue(node);
    if (changing !== undefined) {
      this.#refuse(
        `it uses ${changing}, so the same rows would give a different result each time`,
        "Use a column instead, such as the newest date.",
      );
    }
    if (node["type"] === "PARAMETER" || node["class"] === "PARAMETER") {
      this.#refuse("it has a parameter", "Write the value.");
    }
    if (node["sample"] !== null && node["sample"] !== undefined) {
      this.#refuse("it takes a random sample", "Leave the sample out.");
    }
  }

  #addTable(node: Node, expressions: ReadonlySet<string>): void {
    const name = lower(node["table_name"]);
    if (node["schema_name"] !== "" || node["catalog_name"] !== "") {
      this.names.add(name);
      this.#refuse(
        `it reads ${String(node["schema_name"])}.${name}, but tables and models have no schema`,
        `Write ${name} alone.`,
      );
    } else if (!expressions.has(name)) {
      this.names.add(name);
    }
  }

  #inspectTableFunction(name: string): void {
    this.isDynamic ||= dynamicFunctions.has(name);
    if (!tableFunctions.has(name)) {
      this.#refuse(`it reads ${name}(…)`, "Read tables and models only, by their names.");
    }
  }

  #refuse(problem: string, hint: string): void {
    this.refusal ??= { problem, hint };
  }
}

/** The clock or volatile function of a node. */
function changingValue(node: Node): string | undefined {
  if (node["class"] === "FUNCTION") {
    const name = lower(node["function_name"]);
    return volatile.has(name) ? name : undefined;
  }
  const columns =
    node["class"] === "COLUMN_REF" ? (node["column_names"] as readonly unknown[]) : [];
  const name = lower(columns[0]);
  return columns.length === 1 && clocks.has(name) ? name : undefined;
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}
