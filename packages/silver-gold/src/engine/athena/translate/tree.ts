/** Nodes of DuckDB's parse tree. Every property must be one that the translator reads, or empty. */
import { digitsOf, isRaw } from "../../exact-tree.ts";
import { leaveIt, Refused } from "./refused.ts";

/** A node. */
export type Node = Readonly<Record<string, unknown>>;

/** The node in a property, if there is one. */
export function nodeIn(node: Node, key: string): Node | undefined {
  const value = node[key];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Node)
    : undefined;
}

/** The node in a property that always has one. */
export function need(node: Node, key: string): Node {
  const found = nodeIn(node, key);
  if (found === undefined) {
    throw new Refused(`${kindOf(node)} without ${key}`, leaveIt);
  }
  return found;
}

/** The nodes in a property. */
export function nodesIn(node: Node, key: string): readonly Node[] {
  const value = node[key];
  return Array.isArray(value) ? (value as Node[]) : [];
}

/** The strings in a property. */
export function namesIn(node: Node, key: string): readonly string[] {
  return nodesIn(node, key).map(String);
}

/** The string in a property; "" if there is none. */
export function textIn(node: Node, key: string): string {
  const value = node[key];
  return typeof value === "string" ? value : "";
}

/** The kind of a node, for messages and tables. */
export function kindOf(node: Node): string {
  return textIn(node, "class") || textIn(node, "type");
}

/** Properties that say nothing about what a node means, or only repeat it. */
const silent = new Set(["class", "type", "alias", "query_location", "is_operator", "materialized"]);

/**
 * Refuses a node with a property that the translator does not read, so that no part of a query is ever left out.
 *
 * @param keys The properties that it reads.
 */
export function requireKnown(node: Node, ...keys: readonly string[]): void {
  for (const [key, value] of Object.entries(node)) {
    if (!silent.has(key) && !keys.includes(key) && !isEmpty(value)) {
      throw new Refused(`${key} of ${kindOf(node)} has no translation`, leaveIt);
    }
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** The node with each node inside replaced, from the outside in. A replaced node is not looked into. */
export function replaceNodes(node: Node, replace: (node: Node) => Node | undefined): Node {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.map(visit);
    }
    if (typeof value !== "object" || value === null || isRaw(value)) {
      return value;
    }
    const each = value as Node;
    return (
      replace(each) ??
      Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, visit(inner)]))
    );
  };
  return visit(node) as Node;
}

/** Whether a node, or one inside it, passes the test. Subqueries are not looked into. */
export function contains(node: Node, test: (node: Node) => boolean): boolean {
  if (test(node)) {
    return true;
  }
  if (node["class"] === "SUBQUERY") {
    return false;
  }
  return Object.values(node)
    .flat()
    .some((value) => typeof value === "object" && value !== null && contains(value as Node, test));
}

/** The value of a literal as a string; undefined for NULL and anything but a literal. */
export function literalOf(node: Node): string | undefined {
  const value = node["class"] === "CONSTANT" ? nodeIn(node, "value") : undefined;
  if (value === undefined || value["is_null"] === true) {
    return undefined;
  }
  const content = value["value"];
  return typeof content === "object" && !isRaw(content) ? undefined : digitsOf(content);
}

/** A text as written; undefined for any other literal or expression. */
export function writtenText(node: Node): string | undefined {
  const type = nodeIn(nodeIn(node, "value") ?? {}, "type");
  return type?.["id"] === "VARCHAR" ? literalOf(node) : undefined;
}

/** Whether it is NULL as written. */
export function isNull(node: Node): boolean {
  return node["class"] === "CONSTANT" && nodeIn(node, "value")?.["is_null"] === true;
}

/** A literal. */
export function constant(id: string, value: number | boolean): Node {
  return {
    class: "CONSTANT",
    type: "VALUE_CONSTANT",
    alias: "",
    value: { type: { id, type_info: null }, is_null: false, value },
  };
}

/** A call of a function. */
export function callOf(name: string, children: readonly Node[], from: Node): Node {
  const { query_location } = from;
  return {
    class: "FUNCTION",
    type: "FUNCTION",
    alias: "",
    query_location,
    function_name: name,
    schema: "",
    children,
    filter: null,
    order_bys: { type: "ORDER_MODIFIER", orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: "",
  };
}
