/** Queries: SELECTs, set operations and common table expressions. */
import { identifier } from "@lakehouse/formats/sql-text";
import { hasAggregate } from "./aggregate.ts";
import { ExpressionTranslator } from "./expression.ts";
import type { Expressions, Surroundings } from "./expressions.ts";
import { fromText } from "./from.ts";
import type { Warning } from "./functions/aggregates.ts";
import type { Functions } from "./functions/all.ts";
import { leaveIt, Refused } from "./refused.ts";
import { type Describer, nothing, Scope } from "./scope.ts";
import { type Item, selectList } from "./select-list.ts";
import {
  contains,
  literalOf,
  type Node,
  namesIn,
  need,
  nodeIn,
  nodesIn,
  requireKnown,
  textIn,
} from "./tree.ts";
import { athenaType } from "./types.ts";

/** The columns with a condition on windows. No column of a user has this name. */
const isQualified = "__qualified";

/** Translates one query. */
export class QueryTranslator implements Surroundings {
  readonly warnings = new Set<Warning>();
  readonly functions: Functions;
  readonly #describer: Describer;
  #names = 0;

  constructor(describer: Describer, functions: Functions) {
    this.functions = functions;
    this.#describer = describer;
  }

  warn(warning: Warning): void {
    this.warnings.add(warning);
  }

  /** A subquery, in FROM, an expression or a common table expression. */
  async query(node: Node, outer: Scope): Promise<string> {
    return await this.#query(node, outer.ctes, outer);
  }

  /** A whole query. Its columns have the types that Athena has for DuckDB's. */
  async whole(node: Node): Promise<string> {
    const sql = await this.#query(node, [], undefined);
    const columns = await this.#describer.describe(node);
    const casts = columns.map(({ name, type }) => {
      const column = identifier(name);
      return `CAST(${column} AS ${athenaType(type)}) AS ${column}`;
    });
    return `SELECT ${casts.join(", ")}\nFROM (${sql})`;
  }

  fresh(): string {
    this.#names += 1;
    return `__relation_${this.#names}`;
  }

  async #query(node: Node, ctes: readonly Node[], outer: Scope | undefined): Promise<string> {
    const all = [...ctes];
    const texts: string[] = [];
    for (const entry of nodesIn(need(node, "cte_map"), "map")) {
      const { key, value } = entry as { key: string; value: Node };
      requireKnown(value, "aliases", "query");
      const columns = namesIn(value, "aliases").map(identifier);
      const query = await this.#query(need(need(value, "query"), "node"), all, outer);
      const list = columns.length > 0 ? `(${columns.join(", ")})` : "";
      texts.push(`${identifier(key)}${list} AS (${query})`);
      all.push(entry);
    }
    const body = await this.#body(node, all, outer);
    return texts.length > 0 ? `WITH ${texts.join(",\n")}\n${body}` : body;
  }

  async #body(node: Node, ctes: readonly Node[], outer: Scope | undefined): Promise<string> {
    switch (node["type"]) {
      case "SELECT_NODE":
        return await this.#select(node, ctes, outer);
      case "SET_OPERATION_NODE":
        return await this.#set(node, ctes, outer);
      case "RECURSIVE_CTE_NODE":
        throw new Refused("a recursive query has no translation to Athena", leaveIt);
      default:
        throw new Refused(`${textIn(node, "type")} has no translation to Athena`, leaveIt);
    }
  }

  async #set(node: Node, ctes: readonly Node[], outer: Scope | undefined): Promise<string> {
    requireKnown(
      node,
      "modifiers",
      "cte_map",
      "setop_type",
      "left",
      "right",
      "children",
      "setop_all",
    );
    const operation = textIn(node, "setop_type");
    if (!["UNION", "EXCEPT", "INTERSECT"].includes(operation)) {
      throw new Refused(
        `${operation} has no translation to Athena`,
        "Write union all, with the columns of all parts in one order.",
      );
    }
    const children = nodesIn(node, "children");
    const parts = children.length > 0 ? children : [need(node, "left"), need(node, "right")];
    const columns = await this.#describe(node, ctes, outer);
    const texts: string[] = [];
    for (const part of parts) {
      texts.push(`(${await this.#sameTypes(part, columns, ctes, outer)})`);
    }
    if (nodesIn(node, "modifiers").some(({ type }) => type === "DISTINCT_MODIFIER")) {
      throw new Refused("distinct of a union has no translation to Athena", "Write union.");
    }
    const all = node["setop_all"] === true ? " ALL" : "";
    const sql = texts.join(`\n${operation}${all} `);
    const limits = await this.#limits(node, (key) => {
      const column = placeOf(
        key,
        columns.map(({ name }) => name),
      );
      if (column === undefined) {
        throw new Refused("an order by an expression of a union", "Order by its columns.");
      }
      return Promise.resolve(String(column));
    });
    return sql + limits;
  }

  /** A part of a set operation, with the columns' types of the whole. */
  async #sameTypes(
    part: Node,
    columns: readonly { readonly name: string; readonly type: string }[],
    ctes: readonly Node[],
    outer: Scope | undefined,
  ): Promise<string> {
    const own = await this.#describe(part, ctes, outer);
    const different = own.find(({ type }, index) => type !== columns[index]?.type);
    if (different !== undefined) {
      throw new Refused(
        `column ${different.name} of one part of a set operation has another type`,
        "Cast the column to one type in all parts.",
      );
    }
    return await this.#query(part, ctes, outer);
  }

  async #describe(node: Node, ctes: readonly Node[], outer: Scope | undefined) {
    const from = {
      type: "SUBQUERY",
      alias: "q",
      sample: null,
      subquery: { node, named_param_map: [] },
      column_name_alias: [],
    };
    return await new Scope(this.#describer, from, ctes, [], outer).columns();
  }

  async #select(node: Node, ctes: readonly Node[], outer: Scope | undefined): Promise<string> {
    requireKnown(
      node,
      "modifiers",
      "cte_map",
      "select_list",
      "from_table",
      "where_clause",
      "group_expressions",
      "group_sets",
      "aggregate_handling",
      "having",
      "qualify",
    );
    const from = need(node, "from_table");
    const scopeOf = (read: Node): Scope =>
      outer === undefined || read === nothing
        ? new Scope(this.#describer, read, ctes, [], outer)
        : outer.around(read, ctes);
    const context = {
      functions: this.functions,
      query: (subquery: Node, around: Scope) => this.query(subquery, around),
      warn: (warning: Warning) => this.warn(warning),
      fresh: () => this.fresh(),
      subquery: (subquery: Node) => this.#query(subquery, ctes, outer),
      scopeOf,
    };
    const source = await fromText(context, from);
    const scope = scopeOf(from);
    // A subquery in an expression may name what is around it, and DuckDB can't describe it alone.
    const list = await selectList(node, scope, async () =>
      outer === undefined ? await this.#describe(withoutOrder(node), ctes, outer) : [],
    );
    const { items, inlined } = list;
    const groups = groupsOf(node, items, inlined);
    const expressions = new ExpressionTranslator(scope.grouped(groups), this);
    const plain = new ExpressionTranslator(scope, this);
    const { columns, unnested } = await this.#columns(
      expressions,
      items,
      groups.length === 0 && nodeIn(node, "qualify") === undefined,
    );
    const isDistinct = this.#isDistinct(node);
    const qualify = nodeIn(node, "qualify");
    const where = nodeIn(node, "where_clause");
    const having = nodeIn(node, "having");
    const qualified =
      qualify === undefined
        ? []
        : [`${await expressions.as(inlined(qualify, "condition"), "BOOLEAN")} AS ${isQualified}`];
    const isInner = qualified.length > 0;
    const parts = [
      `SELECT ${isDistinct && !isInner ? "DISTINCT " : ""}${[...columns, ...qualified].join(", ")}`,
      ...(source === undefined ? [] : [`FROM ${source}${unnested}`]),
      ...(where === undefined
        ? []
        : [`WHERE ${await plain.as(inlined(where, "condition"), "BOOLEAN")}`]),
      ...(await groupText(expressions, node, groups)),
      ...(having === undefined
        ? []
        : [`HAVING ${await expressions.as(inlined(having, "condition"), "BOOLEAN")}`]),
    ];
    const inner = parts.join("\n");
    const names = items.map(({ name }) => identifier(name)).join(", ");
    const sql = isInner
      ? `SELECT ${isDistinct ? "DISTINCT " : ""}${names}\nFROM (${inner})\nWHERE ${isQualified}`
      : inner;
    return (
      sql +
      (await this.#limits(node, async (key) => {
        const place = placeOf(
          key,
          items.map(({ name }) => name),
        );
        if (place !== undefined) {
          return String(place);
        }
        if (isInner || isDistinct) {
          throw new Refused("an order by something else than a column of the result", "Select it.");
        }
        return (await expressions.of(inlined(key, "condition"))).sql;
      }))
    );
  }

  async #columns(expressions: Expressions, items: readonly Item[], isUngrouped: boolean) {
    const columns: string[] = [];
    let unnested = "";
    for (const { node, name } of items) {
      const column = identifier(name);
      const isUnnest = node["class"] === "FUNCTION" && node["function_name"] === "unnest";
      if (isUnnest) {
        const [list] = nodesIn(node, "children");
        if (unnested !== "" || list === undefined) {
          throw new Refused("unnest of two lists has no translation to Athena", "Use one unnest.");
        }
        const relation = identifier(this.fresh());
        const [sql = ""] = await expressions.all([list]);
        unnested = ` CROSS JOIN UNNEST(${sql}) AS ${relation}(${column})`;
        columns.push(`${relation}.${column} AS ${column}`);
      } else {
        columns.push(`${(await expressions.of(node)).sql} AS ${column}`);
      }
    }
    const isPlain = items.every(({ node }) => !(hasAggregate(node) || contains(node, isWindow)));
    if (unnested !== "" && !(isPlain && isUngrouped)) {
      throw new Refused(
        "unnest beside aggregates, groups or windows has no translation to Athena",
        "Use unnest in a subquery.",
      );
    }
    return { columns, unnested };
  }

  #isDistinct(node: Node): boolean {
    const modifier = nodesIn(node, "modifiers").find(({ type }) => type === "DISTINCT_MODIFIER");
    if (modifier !== undefined && nodesIn(modifier, "distinct_on_targets").length > 0) {
      throw new Refused(
        "distinct on has no translation to Athena",
        "Write qualify row_number() over (partition by … order by …) = 1.",
      );
    }
    return modifier !== undefined;
  }

  /** ORDER BY and LIMIT. An order without a limit changes nothing, because the rows are sorted when they are written. */
  async #limits(node: Node, keyOf: (key: Node) => Promise<string>): Promise<string> {
    const modifiers = nodesIn(node, "modifiers");
    const known = ["ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER"];
    const other = modifiers.find((each) => !known.includes(textIn(each, "type")));
    if (other !== undefined) {
      throw new Refused(
        "a limit in percent has no translation to Athena",
        "Write a number of rows.",
      );
    }
    const limit = modifiers.find(({ type }) => type === "LIMIT_MODIFIER");
    if (limit === undefined) {
      return "";
    }
    const orders = nodesIn(modifiers.find(({ type }) => type === "ORDER_MODIFIER") ?? {}, "orders");
    if (
      orders.length === 0 ||
      orders.some((each) => need(each, "expression")["class"] === "STAR")
    ) {
      throw new Refused(
        "a limit without an order keeps any rows in Athena",
        "Add order by, with columns that no two rows have in common.",
      );
    }
    this.warn("ties");
    const keys: string[] = [];
    for (const order of orders) {
      const direction = order["type"] === "DESCENDING" ? "DESC" : "ASC";
      const nulls = /FIRST/.test(textIn(order, "null_order")) ? "FIRST" : "LAST";
      keys.push(`${await keyOf(need(order, "expression"))} ${direction} NULLS ${nulls}`);
    }
    const [rows, skipped] = ["limit", "offset"].map((key) => rowsOf(nodeIn(limit, key)));
    const offset = skipped === undefined ? "" : `\nOFFSET ${skipped}`;
    return `\nORDER BY ${keys.join(", ")}${offset}${rows === undefined ? "" : `\nLIMIT ${rows}`}`;
  }
}

function rowsOf(node: Node | undefined): string | undefined {
  if (node === undefined) {
    return undefined;
  }
  const number = literalOf(node);
  if (number === undefined || !/^\d+$/.test(number)) {
    throw new Refused("a computed limit has no translation to Athena", "Write a number of rows.");
  }
  return number;
}

/** The place of a sort key among the columns of the result: DuckDB looks there first. */
function placeOf(key: Node, names: readonly string[]): number | undefined {
  const number = literalOf(key);
  if (number !== undefined && /^\d+$/.test(number)) {
    return Number(number);
  }
  const [name, ...more] = key["class"] === "COLUMN_REF" ? namesIn(key, "column_names") : [];
  const index = names.findIndex((each) => each.toLowerCase() === name?.toLowerCase());
  return index === -1 || more.length > 0 ? undefined : index + 1;
}

/** The query without its order and limit, which may name what a subquery does not have. */
function withoutOrder(node: Node): Node {
  const modifiers = nodesIn(node, "modifiers");
  return { ...node, modifiers: modifiers.filter(({ type }) => type === "DISTINCT_MODIFIER") };
}

/** What is grouped by: `GROUP BY 1`, a name of the list, an expression, or `ALL`. */
function groupsOf(
  node: Node,
  items: readonly Item[],
  inlined: (node: Node, place: "group") => Node,
): readonly Node[] {
  switch (node["aggregate_handling"]) {
    case "FORCE_AGGREGATES":
      return items.map((item) => item.node).filter((each) => !hasAggregate(each));
    case "STANDARD_HANDLING":
      return nodesIn(node, "group_expressions").map((group) => {
        const number = literalOf(group);
        return (
          (number === undefined ? undefined : items[Number(number) - 1]?.node) ??
          inlined(group, "group")
        );
      });
    default:
      throw new Refused("this kind of grouping has no translation to Athena", leaveIt);
  }
}

async function groupText(
  expressions: Expressions,
  node: Node,
  groups: readonly Node[],
): Promise<string[]> {
  if (groups.length === 0) {
    return [];
  }
  if (groups.some((group) => group["class"] === "CONSTANT" || contains(group, isWindow))) {
    throw new Refused(
      "a group by a literal or window has no translation to Athena",
      "Leave it out.",
    );
  }
  const texts = await expressions.all(groups);
  const sets = node["group_sets"] as readonly (readonly number[])[];
  if (node["aggregate_handling"] === "FORCE_AGGREGATES" || sets.length <= 1) {
    return [`GROUP BY ${texts.join(", ")}`];
  }
  const lists = sets.map((set) => `(${set.map((index) => texts[index]).join(", ")})`);
  return [`GROUP BY GROUPING SETS (${lists.join(", ")})`];
}

function isWindow(node: Node): boolean {
  return node["class"] === "WINDOW";
}
