/** Functions and aggregates over windows. */
import { intervalOf } from "./arithmetic.ts";
import { filled, matching, typed } from "./call.ts";
import type { Expressions, Value } from "./expressions.ts";
import { refusedFunctions } from "./functions/refused.ts";
import type { WindowForm } from "./functions/windows.ts";
import { leaveIt, Refused } from "./refused.ts";
import { literalOf, type Node, nodeIn, nodesIn, requireKnown, textIn } from "./tree.ts";

/** Translates a call with OVER. */
export async function overWindow(expressions: Expressions, node: Node): Promise<Value> {
  requireKnown(
    node,
    "function_name",
    "schema",
    "children",
    "partitions",
    "orders",
    "start",
    "end",
    "start_expr",
    "end_expr",
    "offset_expr",
    "default_expr",
    "ignore_nulls",
    "exclude_clause",
  );
  if (!["", "NO_OTHER"].includes(textIn(node, "exclude_clause"))) {
    throw new Refused("EXCLUDE in a window has no translation to Athena", leaveIt);
  }
  const name = textIn(node, "function_name");
  const form = expressions.surroundings.functions.windows[name];
  return form === undefined
    ? await aggregated(expressions, node, name)
    : await ranked(expressions, node, name, form);
}

async function aggregated(expressions: Expressions, node: Node, name: string): Promise<Value> {
  const forms = (expressions.surroundings.functions.aggregates[name] ?? []).filter(
    (form) => form.where === undefined && form.isOrdered === undefined,
  );
  const { form, values } = await matching(expressions, name, forms, nodesIn(node, "children"));
  if (node["ignore_nulls"] === true) {
    throw new Refused(`${name}(… ignore nulls) has no translation to Athena`, leaveIt);
  }
  if (form.warning !== undefined) {
    expressions.surroundings.warn(form.warning);
  }
  const over = await overText(expressions, node, true);
  const sql = filled(form.sql, values, { called: (call) => `${call} ${over}` });
  const type = await expressions.typeOf(node);
  return { sql: typed(sql, form.returns, type, values), type };
}

async function ranked(
  expressions: Expressions,
  node: Node,
  name: string,
  form: WindowForm,
): Promise<Value> {
  if (nodesIn(node, "orders").length === 0) {
    throw new Refused(
      `${name}(…) over a window without an order depends on the order of rows, which Athena does not keep`,
      refusedFunctions["row_number"] ?? leaveIt,
    );
  }
  if (form.hasTies === true) {
    expressions.surroundings.warn("ties");
  }
  const { values } = await matching(expressions, name, [form], nodesIn(node, "children"));
  const type = await expressions.typeOf(node);
  const called = ["lag", "lead"].includes(name)
    ? await neighbour(expressions, node, name, values)
    : filled(form.sql, values);
  const nulls = node["ignore_nulls"] === true ? " IGNORE NULLS" : "";
  const over = await overText(expressions, node, form.hasFrame === true);
  return { sql: typed(`${called}${nulls} ${over}`, form.returns, type, values), type };
}

/** `lag` and `lead`. Offsets are written out, because Athena refuses negative ones. */
async function neighbour(
  expressions: Expressions,
  node: Node,
  name: string,
  [value]: readonly Value[],
): Promise<string> {
  const offset = nodeIn(node, "offset_expr");
  const steps = offset === undefined ? "1" : literalOf(offset);
  if (value === undefined || steps === undefined || !/^\d{1,9}$/.test(steps)) {
    throw new Refused(`${name}(…) with a computed offset may differ in Athena`, "Write a number.");
  }
  const otherwise = nodeIn(node, "default_expr");
  const last = otherwise === undefined ? [] : [await expressions.as(otherwise, value.type)];
  return `${name}(${[value.sql, steps, ...last].join(", ")})`;
}

async function overText(expressions: Expressions, node: Node, hasFrame: boolean): Promise<string> {
  const partitions = await expressions.all(nodesIn(node, "partitions"));
  const orders = nodesIn(node, "orders");
  const frame = frameText(expressions, node);
  if (!hasFrame && frame !== undefined) {
    throw new Refused("a frame has no effect on this function in Athena", "Leave out the frame.");
  }
  return `OVER (${[
    ...(partitions.length > 0 ? [`PARTITION BY ${partitions.join(", ")}`] : []),
    ...(orders.length > 0 ? [`ORDER BY ${await expressions.order(orders)}`] : []),
    ...(frame === undefined ? [] : [frame]),
  ].join(" ")})`;
}

/** The frame; undefined if it is the default of both engines. */
function frameText(expressions: Expressions, node: Node): string | undefined {
  const start = boundText(node, "start");
  const end = boundText(node, "end");
  const unit = start.unit ?? end.unit ?? "RANGE";
  const isDefault = start.text === "UNBOUNDED PRECEDING" && end.text === "CURRENT ROW";
  if (isDefault && unit === "RANGE") {
    return undefined;
  }
  if (
    unit === "ROWS" &&
    !(start.text.startsWith("UNBOUNDED") && end.text.startsWith("UNBOUNDED"))
  ) {
    expressions.surroundings.warn("ties");
  }
  return `${unit} BETWEEN ${start.text} AND ${end.text}`;
}

function boundText(node: Node, side: "start" | "end") {
  const text = textIn(node, side);
  const [, word = "", direction, unit] =
    /^(UNBOUNDED_PRECEDING|UNBOUNDED_FOLLOWING|CURRENT_ROW|EXPR_(PRECEDING|FOLLOWING))(?:_(ROWS|RANGE|GROUPS))?$/.exec(
      text,
    ) ?? [];
  if (word === "") {
    throw new Refused(`a window's ${text} has no translation to Athena`, leaveIt);
  }
  if (direction === undefined) {
    return { unit, text: word.replace("_", " ") };
  }
  const distance = nodeIn(node, `${side}_expr`);
  const number = distance && literalOf(distance);
  const interval = distance && intervalOf(distance);
  if (interval === undefined && (number === undefined || !/^\d+$/.test(number))) {
    throw new Refused(
      "a window's frame of a computed length may differ in Athena",
      "Write a number.",
    );
  }
  if (unit === "RANGE" && interval === undefined) {
    throw new Refused(
      "a window's range of numbers may differ in Athena",
      "Write an interval of days, or rows between.",
    );
  }
  return { unit, text: `${interval ?? number} ${direction}` };
}
