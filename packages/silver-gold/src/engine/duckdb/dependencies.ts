/** Finds what a query reads, and what it must not contain, in the parse tree of DuckDB itself. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Dependencies, Refusal } from "../engine.ts";
import { characterAt } from "../exact-tree.ts";
import { duckDb } from "./duckdb-error.ts";
import { type Call, type Expression, OutsideValues } from "./outside-values.ts";
import { placeOfParameter, startsOf, wordAt } from "./statement.ts";

type Node = Readonly<Record<string, unknown>>;

/** Those that only use their arguments. */
const tableFunctions = new Set(["unnest", "range", "generate_series", "json_each", "json_tree"]);
/** Table functions that read the tables named in a string. */
const dynamicFunctions = new Set(["query", "query_table"]);
/** Finds the tables and models that a query reads, each once. Common table expressions don't count. */
export async function dependenciesOf(
  connection: DuckDBConnection,
  outside: OutsideValues,
  sql: string,
): Promise<Dependencies> {
  const tree = await parsed(connection, sql);
  if (tree === undefined) {
    return unknown("it contains an infinite number", "Write a finite number.");
  }
  const isWrong = tree["error"] === true;
  const hint = "Write one SELECT statement.";
  if (isWrong && /^\d+$/.test(String(tree["position"]))) {
    const said = String(tree["error_message"]).replace(/\s+/g, " ");
    const problem = `its SQL is not one SELECT (${duckDb}: ${said})`;
    return unknown(problem, hint, Number(tree["position"]));
  }
  const [first, second, ...others] = startsOf(sql);
  if (first === undefined) {
    return unknown("its SQL is empty", hint);
  }
  if (second !== undefined) {
    return unknown(`it has ${others.length + 2} statements`, hint, second);
  }
  if (isWrong) {
    return unknown(`its SQL is not one SELECT, but ${wordAt(sql, first)}`, hint, first);
  }
  const statements = tree["statements"] as readonly Node[];
  const walk = new Walk();
  walk.visit(statements[0], new Set());
  const refusal = walk.refusal ?? changing(walk, await outside.find(walk.expression));
  return {
    names: walk.isDynamic ? undefined : [...walk.names].filter((name) => name !== "").sort(),
    refusal: refusal && { ...refusal, ...positionIn(sql, refusal.bytes) },
  };
}

/** Loads what DuckDB's catalog says of functions. */
export async function loadOutsideValues(connection: DuckDBConnection): Promise<OutsideValues> {
  return await OutsideValues.load(connection, async (expression) => {
    const walk = new Walk();
    walk.visit(await parsed(connection, `select ${expression}`), new Set());
    return walk.expression;
  });
}

/** The number of bytes in front of something. DuckDB gives no place of a parameter. */
type Place = number | "parameter" | undefined;

/** A refusal, and the place of what it is about. */
type PlacedRefusal = Omit<Refusal, "position"> & { readonly bytes: Place };

function positionIn(sql: string, bytes: Place): { position?: number } {
  if (bytes === "parameter") {
    return { position: placeOfParameter(sql) };
  }
  const position = bytes === undefined ? undefined : characterAt(sql, bytes);
  return position === undefined ? {} : { position };
}

/** @param name The function or keyword whose value changes from run to run. */
function changing(walk: Walk, name: string | undefined): PlacedRefusal | undefined {
  return name === undefined
    ? undefined
    : {
        bytes: walk.placeOf(name),
        problem: `it uses ${name}, so the same rows would give a different result each time`,
        hint:
          "Use a column instead. For the last 30 days, count back from the newest date of the data: " +
          "where day > (select max(day) from …) - 30.",
      };
}

/** Returns the parse tree. It is undefined for a query with a number such as 1e400, for which DuckDB writes no JSON. */
async function parsed(connection: DuckDBConnection, sql: string): Promise<Node | undefined> {
  const reader = await connection.runAndReadAll("select json_serialize_sql($1::varchar)", [sql]);
  try {
    return JSON.parse(String(reader.getRows()[0]?.[0])) as Node;
  } catch {
    return undefined;
  }
}

function unknown(problem: string, hint: string, position?: number): Dependencies {
  const refusal = { problem, hint, ...(position === undefined ? {} : { position }) };
  return { names: undefined, refusal };
}

/** One pass over a parse tree. */
class Walk {
  readonly names = new Set<string>();
  /** Whether the query names tables in strings. */
  isDynamic = false;
  /** The first reason to refuse the query. */
  refusal: PlacedRefusal | undefined;
  readonly #calls: Call[] = [];
  readonly #columnNames = new Set<string>();
  /** The bytes in front of the first use of each function and name. */
  readonly #places = new Map<string, number | undefined>();

  /** The functions and names in it, wherever they are. */
  get expression(): Expression {
    return { calls: this.#calls, names: [...this.#columnNames] };
  }

  /** The number of bytes in front of the first use of a function or name. */
  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }

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
        this.#refuse(node, "it describes a table", "Write one SELECT statement.");
        break;
      case "TABLE_FUNCTION":
        this.#inspectTableFunction(node);
        break;
    }
    this.#noteValue(node);
    if (node["type"] === "PARAMETER" || node["class"] === "PARAMETER") {
      this.#refuse("parameter", "it has a parameter", "Write the value.");
    }
    if (node["sample"] !== null && node["sample"] !== undefined) {
      this.#refuse(node, "it takes a random sample", "Leave the sample out.");
    }
  }

  #noteValue(node: Node): void {
    if (node["class"] === "FUNCTION") {
      const size = (node["children"] as readonly unknown[] | undefined)?.length ?? 0;
      const name = lower(node["function_name"]);
      this.#notePlace(name, node);
      this.#calls.push({ name, schema: lower(node["schema"]), size });
    } else if (node["class"] === "COLUMN_REF") {
      const [name, ...more] = node["column_names"] as readonly unknown[];
      if (more.length === 0) {
        this.#notePlace(lower(name), node);
        this.#columnNames.add(lower(name));
      }
    }
  }

  #notePlace(name: string, node: Node): void {
    if (!this.#places.has(name)) {
      this.#places.set(name, bytesBefore(node));
    }
  }

  #addTable(node: Node, expressions: ReadonlySet<string>): void {
    const name = lower(node["table_name"]);
    if (node["schema_name"] !== "" || node["catalog_name"] !== "") {
      this.names.add(name);
      this.#refuse(
        node,
        `it reads ${String(node["schema_name"])}.${name}, but tables and models have no schema`,
        `Write ${name} alone.`,
      );
    } else if (!expressions.has(name)) {
      this.names.add(name);
    }
  }

  #inspectTableFunction(node: Node): void {
    const name = lower((node["function"] as Node | undefined)?.["function_name"]);
    this.isDynamic ||= dynamicFunctions.has(name);
    if (!tableFunctions.has(name)) {
      this.#refuse(node, `it reads ${name}(…)`, "Read tables and models only, by their names.");
    }
  }

  #refuse(at: Node | "parameter", problem: string, hint: string): void {
    const bytes = at === "parameter" ? at : bytesBefore(at);
    this.refusal ??= { problem, hint, bytes };
  }
}

function bytesBefore(node: Node): number | undefined {
  const bytes = node["query_location"];
  return typeof bytes === "number" ? bytes : undefined;
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}
