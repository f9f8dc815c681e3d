/**
 * Rewrites a query so that it runs for many partitions at once. It does so only if each partition is certain to get the
 * rows, to the byte, that the query returns for that partition alone. The parse tree and the types of the plan prove it:
 * one SELECT (also in CTEs and subqueries) over one divided relation and others that are whole, without windows and limits,
 * with aggregates that don't depend on the order of rows. Sums of doubles do, so no value may be a double.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { emptyQuery } from "@lakehouse/formats/duckdb-sql";
import { identifier } from "@lakehouse/formats/sql-text";
import { type DividedQuery, partitionNumber } from "../engine.ts";
import { readTree } from "../exact-tree.ts";
import type { OutsideValues } from "./outside-values.ts";

type Node = Record<string, unknown>;

/** The virtual column with the number of a row's file. */
export const fileNumber = "file_index";

const selectKeys = new Set([
  "type",
  "modifiers",
  "cte_map",
  "select_list",
  "from_table",
  "where_clause",
  "group_expressions",
  "group_sets",
  "aggregate_handling",
  "having",
  "sample",
  "qualify",
]);
/** What expressions may consist of. */
const classes = new Set([
  "BETWEEN",
  "CASE",
  "CAST",
  "COLUMN_REF",
  "COMPARISON",
  "CONJUNCTION",
  "CONSTANT",
  "FUNCTION",
  "OPERATOR",
]);
const operators = new Set([
  "COMPARE_IN",
  "COMPARE_NOT_IN",
  "OPERATOR_COALESCE",
  "OPERATOR_IS_NOT_NULL",
  "OPERATOR_IS_NULL",
  "OPERATOR_NOT",
]);
/** Aggregates that return the same whatever the order of rows. */
const unordered = new Set([
  "bit_and",
  "bit_or",
  "bit_xor",
  "bool_and",
  "bool_or",
  "count",
  "count_if",
  "count_star",
  "countif",
  "max",
  "min",
  "sum",
]);
/** They return the same if no two rows are equal in their second argument. */
const unorderedByKey = new Set(["arg_max", "arg_min", "argmax", "argmin", "max_by", "min_by"]);
/** Types whose equal values are the same bytes. Those of functions' arguments are among them. */
const exactTypes = new Set([
  "ANY",
  "BIGINT",
  "BOOLEAN",
  "DATE",
  "DECIMAL",
  "HUGEINT",
  "INTEGER",
  "NULL",
  "SMALLINT",
  "STRUCT",
  "TIMESTAMP",
  "TIMESTAMP WITH TIME ZONE",
  "TINYINT",
  "UBIGINT",
  "UHUGEINT",
  "UINTEGER",
  "USMALLINT",
  "UTINYINT",
  "UUID",
  "VARCHAR",
]);

/** Returns the query for many partitions: with `partitionNumber` as its last column. Undefined if there is no proof. */
export async function partitionQuery(
  connection: DuckDBConnection,
  outside: OutsideValues,
  { sql, reads }: DividedQuery,
): Promise<string | undefined> {
  const names = [sql, ...reads.flatMap(({ columns }) => columns.map(({ name }) => name))];
  if (names.some((name) => name.toLowerCase().includes(partitionNumber))) {
    return undefined;
  }
  const isAmbiguous = reads.some(
    ({ isDivided, columns }) =>
      isDivided && columns.some(({ name }) => name.toLowerCase() === fileNumber),
  );
  const tree = await parse(connection, sql);
  const [statement, ...others] = (tree?.["statements"] ?? []) as readonly Node[];
  if (isAmbiguous || tree === undefined || statement === undefined || others.length > 0) {
    return undefined;
  }
  const rewrite = new Rewrite(outside, reads);
  rewrite.query(statement["node"] as Node);
  if (!rewrite.isCertain) {
    return undefined;
  }
  const [[rewritten] = []] = await rowsOf(connection, "json_deserialize_sql", JSON.stringify(tree));
  const text = String(rewritten);
  const again = await parse(connection, text);
  const isSame = again !== undefined && withoutPlaces(again) === withoutPlaces(tree);
  return isSame && (await isExact(connection, text, reads)) ? text : undefined;
}

/** Whether no value in the plan has a type with equal values of different bytes, such as 0.0 and -0.0. */
async function isExact(
  connection: DuckDBConnection,
  sql: string,
  reads: DividedQuery["reads"],
): Promise<boolean> {
  try {
    for (const { name, columns, isDivided } of reads) {
      const number = isDivided ? `, cast(null as INTEGER) as ${partitionNumber}` : "";
      await connection.run(
        `create or replace temp view ${identifier(name)} as select *${number} from (${emptyQuery(columns)})`,
      );
    }
    const [[plan] = []] = await rowsOf(connection, "json_serialize_plan", sql);
    const types = [...String(plan).matchAll(/"id":"([^"]*)"/g)].map(([, type = ""]) => type);
    return String(plan).startsWith('{"error":false') && types.every((type) => exactTypes.has(type));
  } finally {
    for (const { name } of reads) {
      await connection.run(`drop view if exists temp.${identifier(name)}`);
    }
  }
}

async function rowsOf(connection: DuckDBConnection, name: string, argument: string) {
  const reader = await connection.runAndReadAll(`select ${name}($1::varchar)`, [argument]);
  return reader.getRows();
}

/** The parse tree. */
async function parse(connection: DuckDBConnection, sql: string): Promise<Node | undefined> {
  const [[json] = []] = await rowsOf(connection, "json_serialize_sql", sql);
  try {
    return readTree(String(json));
  } catch {
    return undefined;
  }
}

/** The tree without the places of its nodes in the SQL. */
function withoutPlaces(tree: Node): string {
  return JSON.stringify(tree, (key, value) => (key === "query_location" ? undefined : value));
}

/** What a name in the query means. */
interface Relation {
  readonly isDivided: boolean;
  readonly primaryKey: readonly string[];
}

type Scope = ReadonlyMap<string, Relation>;

/** What a FROM clause reads. */
interface From {
  /** The name of what has the number of the partition; undefined if nothing has. */
  readonly divided: string | undefined;
  /** The primary key, if it is one table. */
  readonly primaryKey: readonly string[];
}

/** Adds the number of the partition to the SELECTs of a parse tree. */
class Rewrite {
  /** Whether each partition gets the rows that it would get alone. */
  isCertain = true;
  readonly #outside: OutsideValues;
  readonly #reads: Scope;

  constructor(outside: OutsideValues, reads: DividedQuery["reads"]) {
    this.#outside = outside;
    this.#reads = new Map(reads.map((each) => [each.name, each]));
  }

  query(node: Node): void {
    this.#require(this.#select(node, this.#reads));
  }

  /** @returns Whether the result has the number of the partition. */
  #select(node: Node, outer: Scope): boolean {
    const isKnown = node["type"] === "SELECT_NODE" && Object.keys(node).every(isSelectKey);
    this.#require(isKnown && isNone(node["sample"]) && isNone(node["qualify"]));
    if (!this.isCertain) {
      return false;
    }
    const scope = this.#expressions(node["cte_map"] as Node, outer);
    const { divided, primaryKey } = this.#from(node["from_table"] as Node, scope);
    this.#modifiers(node);
    const entries = node["select_list"] as Node[];
    const stars = entries.filter((each) => each["class"] === "STAR");
    const others = entries.filter((each) => each["class"] !== "STAR");
    const groups = node["group_expressions"] as Node[];
    const aggregating = new Set(others.filter((each) => this.#check(each, primaryKey)));
    const isFiltered = this.#check(node["having"], primaryKey);
    this.#check(node["where_clause"], primaryKey);
    this.#check(groups, primaryKey);
    const isGroupedByAll = node["aggregate_handling"] === "FORCE_AGGREGATES";
    this.#require(isGroupedByAll || node["aggregate_handling"] === "STANDARD_HANDLING");
    if (divided === undefined) {
      this.#require(stars.every(isPlainStar));
      return false;
    }
    for (const star of stars) {
      this.#require(isPlainStar(star));
      const relation = String(star["relation_name"]).toLowerCase();
      if (relation === "" || relation === divided) {
        (star["exclude_list"] as string[]).push(partitionNumber);
      }
    }
    const isGrouped = groups.length > 0 || aggregating.size > 0 || isFiltered || isGroupedByAll;
    if (isGrouped) {
      this.#require(stars.length === 0);
      // A group of constants only, or of nothing, also has a row if nothing was read.
      this.#require(entries.every((each) => aggregating.has(each) || hasColumn(each)));
      if (isGroupedByAll) {
        this.#require(aggregating.size < entries.length);
      } else {
        const [set, ...more] = node["group_sets"] as number[][];
        this.#require(groups.length > 0 && set?.length === groups.length && more.length === 0);
        set?.push(groups.length);
        groups.push(numberColumn());
      }
    } else {
      this.#require(isNone(node["having"]));
    }
    entries.push(numberColumn());
    return true;
  }

  /** Each common table expression sees those before it. */
  #expressions({ map }: Node, outer: Scope): Scope {
    const scope = new Map(outer);
    for (const { key, value } of map as readonly { key: string; value: Node }[]) {
      this.#require(isNone(value["aliases"]) && isNone(value["key_targets"]));
      const { node } = value["query"] as { node: Node };
      scope.set(key.toLowerCase(), { isDivided: this.#select(node, scope), primaryKey: [] });
    }
    return scope;
  }

  /** Only the order of rows may go: what reads them does not depend on it. */
  #modifiers(node: Node): void {
    const modifiers = node["modifiers"] as Node[];
    const kept = modifiers.filter(({ type }) => type !== "ORDER_MODIFIER");
    this.#require(
      kept.every((each) => {
        const isDistinct = each["type"] === "DISTINCT_MODIFIER";
        return isDistinct && isNone(each["distinct_on_targets"]);
      }),
    );
    node["modifiers"] = kept;
  }

  #from(table: Node, scope: Scope): From {
    const isPlain = isNone(table["sample"]) && isNone(table["column_name_alias"]);
    this.#require(isPlain);
    const alias = String(table["alias"]).toLowerCase();
    switch (table["type"]) {
      case "BASE_TABLE": {
        const name = String(table["table_name"]).toLowerCase();
        const found = scope.get(name);
        const isUnqualified = table["schema_name"] === "" && table["catalog_name"] === "";
        this.#require(found !== undefined && isUnqualified && isNone(table["at_clause"]));
        const { isDivided = false, primaryKey = [] } = found ?? {};
        return { divided: isDivided ? alias || name : undefined, primaryKey };
      }
      case "SUBQUERY": {
        const { node } = table["subquery"] as { node: Node };
        return { divided: this.#select(node, scope) ? alias : undefined, primaryKey: [] };
      }
      case "JOIN":
        return this.#join(table, scope);
      default:
        this.#require(false);
        return { divided: undefined, primaryKey: [] };
    }
  }

  #join(table: Node, scope: Scope): From {
    const left = this.#from(table["left"] as Node, scope);
    const right = this.#from(table["right"] as Node, scope);
    const type = String(table["join_type"]);
    // A row of the divided side must only meet whole relations, and none may be added for the other side.
    const allowed = right.divided === undefined ? ["INNER", "LEFT", "SEMI", "ANTI"] : ["INNER"];
    this.#require(allowed.includes(type));
    this.#require(left.divided === undefined || right.divided === undefined);
    this.#require(["REGULAR", "CROSS"].includes(String(table["ref_type"])));
    this.#check(table["condition"], []);
    return { divided: left.divided ?? right.divided, primaryKey: [] };
  }

  /**
   * Checks everything in an expression.
   *
   * @param primaryKey That of the only table whose columns it may have.
   * @returns Whether it has an aggregate.
   */
  #check(value: unknown, primaryKey: readonly string[]): boolean {
    if (Array.isArray(value)) {
      return value.map((each) => this.#check(each, primaryKey)).includes(true);
    }
    if (typeof value !== "object" || value === null) {
      return false;
    }
    const node = value as Node;
    const isInside = Object.entries(node)
      // The value of a constant is no expression.
      .map(([key, each]) => key !== "value" && key !== "cast_type" && this.#check(each, primaryKey))
      .includes(true);
    if (node["class"] === undefined) {
      return isInside;
    }
    this.#require(classes.has(String(node["class"])));
    this.#require(node["class"] !== "OPERATOR" || operators.has(String(node["type"])));
    return (node["class"] === "FUNCTION" && this.#isAggregate(node, primaryKey)) || isInside;
  }

  #isAggregate(node: Node, primaryKey: readonly string[]): boolean {
    const name = String(node["function_name"]).toLowerCase();
    const { orders } = node["order_bys"] as Node;
    const isPlain = ["", "main"].includes(String(node["schema"])) && node["export_state"] === false;
    this.#require(isPlain && isNone(orders));
    const kind = this.#outside.kindOf(name);
    if (kind === "scalar") {
      return false;
    }
    const isExact = unordered.has(name) || (unorderedByKey.has(name) && hasKey(node, primaryKey));
    this.#require(kind === "aggregate" && isExact);
    return true;
  }

  #require(condition: boolean): void {
    this.isCertain &&= condition;
  }
}

function isSelectKey(key: string): boolean {
  return selectKeys.has(key);
}

/** Whether a part of a node is absent. */
function isNone(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Whether it is `*` or `t.*`, perhaps without some columns. */
function isPlainStar(star: Node): boolean {
  const { columns, expr, replace_list, rename_list, qualified_exclude_list } = star;
  const lists = [expr, replace_list, rename_list, qualified_exclude_list];
  return columns === false && lists.every(isNone);
}

function hasColumn(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  return "class" in value && value.class === "COLUMN_REF"
    ? true
    : Object.values(value).some(hasColumn);
}

function numberColumn(): Node {
  const type = "COLUMN_REF";
  return { class: type, type, alias: "", query_location: 0, column_names: [partitionNumber] };
}

/** Whether no two rows are equal in the second argument, because it has the primary key. */
function hasKey(aggregate: Node, primaryKey: readonly string[]): boolean {
  const [, by, ...more] = aggregate["children"] as readonly Node[];
  const isRow = by?.["class"] === "FUNCTION" && by["function_name"] === "row";
  const parts = isRow ? (by["children"] as readonly Node[]) : [by];
  const columns = parts.map((part) => (part?.["column_names"] as string[] | undefined)?.at(-1));
  return (
    more.length === 0 && primaryKey.length > 0 && primaryKey.every((name) => columns.includes(name))
  );
}
