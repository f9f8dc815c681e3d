/** Calls of aggregates, with DISTINCT, FILTER and ORDER BY. */
import { filled, matching, typed } from "./call.ts";
import type { Expressions, Value } from "./expressions.ts";
import { aggregateForms } from "./functions/aggregates.ts";
import { Refused } from "./refused.ts";
import { contains, type Node, need, nodeIn, nodesIn, requireKnown, textIn } from "./tree.ts";

/** Aggregates that may have DISTINCT. For the others it changes nothing, or the form does not have it. */
const withDistinct = /\$distinct /;

/** Translates a call of an aggregate. */
export async function aggregate(expressions: Expressions, node: Node): Promise<Value> {
  requireKnown(node, "function_name", "schema", "children", "filter", "order_bys", "distinct");
  const name = textIn(node, "function_name");
  const { form, values } = await matching(
    expressions,
    name,
    expressions.surroundings.functions.aggregates[name] ?? [],
    nodesIn(node, "children"),
  );
  const orders = nodesIn(need(node, "order_bys"), "orders");
  if (form.isOrdered === true && orders.length === 0) {
    throw new Refused(
      `${name}(…) without an order depends on the order of rows, which Athena does not keep`,
      `Write ${name}(x order by y).`,
    );
  }
  const isDistinct = node["distinct"] === true;
  if (isDistinct && !withDistinct.test(form.sql) && !["min", "max"].includes(name)) {
    throw new Refused(`${name}(distinct …) has no translation to Athena`, "Leave out distinct.");
  }
  if (form.warning !== undefined) {
    expressions.surroundings.warn(form.warning);
  }
  const filter = nodeIn(node, "filter");
  const conditions = [
    ...(filter === undefined ? [] : [await expressions.as(filter, "BOOLEAN")]),
    ...(form.where === undefined ? [] : [filled(form.where, values)]),
  ];
  const where = conditions.length === 0 ? "" : ` FILTER (WHERE ${conditions.join(" AND ")})`;
  const order = form.isOrdered === true ? ` ORDER BY ${await expressions.order(orders)}` : "";
  const sql = filled(form.sql, values, {
    called: (call) => `${call}${where}`,
    distinct: isDistinct ? "DISTINCT " : "",
    order,
  });
  const type = await expressions.typeOf(node);
  return { sql: typed(sql, form.returns, type, values), type };
}

/** Whether it has an aggregate, which is not over a window. */
export function hasAggregate(node: Node): boolean {
  return contains(
    node,
    (each) =>
      each["class"] === "FUNCTION" && aggregateForms[textIn(each, "function_name")] !== undefined,
  );
}
