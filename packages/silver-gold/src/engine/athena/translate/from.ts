/** What a SELECT reads: relations, joins, subqueries, and series of numbers and days. */
import { identifier } from "@lakehouse/formats/sql-text";
import { intervalOf } from "./arithmetic.ts";
import { castTo } from "./cast.ts";
import { ExpressionTranslator } from "./expression.ts";
import type { Surroundings } from "./expressions.ts";
import { leaveIt, Refused } from "./refused.ts";
import { nothing, type Scope } from "./scope.ts";
import { type Node, namesIn, need, nodeIn, nodesIn, requireKnown, textIn } from "./tree.ts";
import { familyOf } from "./types.ts";

/** Translates a FROM. */
export interface FromContext extends Surroundings {
  /** Makes the scope of something that is read. */
  scopeOf(from: Node): Scope;
  /** Translates a subquery that sees what is around this SELECT. */
  subquery(node: Node): Promise<string>;
  /** A name that the query does not have. */
  fresh(): string;
}

const joins: Readonly<Record<string, string>> = {
  INNER: "JOIN",
  LEFT: "LEFT JOIN",
  RIGHT: "RIGHT JOIN",
  FULL: "FULL JOIN",
};

/** The SQL after FROM; undefined if nothing is read. */
export async function fromText(context: FromContext, from: Node): Promise<string | undefined> {
  try {
    return await textOf(context, from);
  } catch (error) {
    const bytes = from["query_location"];
    if (error instanceof Refused && typeof bytes === "number") {
      error.bytes ??= bytes;
    }
    throw error;
  }
}

async function textOf(context: FromContext, from: Node): Promise<string | undefined> {
  switch (from["type"]) {
    case "EMPTY":
      return undefined;
    case "BASE_TABLE": {
      requireKnown(from, "table_name", "column_name_alias");
      const name = textIn(from, "table_name");
      return `${identifier(name)} AS ${named(from, textIn(from, "alias") || name)}`;
    }
    case "SUBQUERY": {
      requireKnown(from, "subquery", "column_name_alias");
      const query = await context.subquery(need(need(from, "subquery"), "node"));
      return `(${query}) AS ${named(from, textIn(from, "alias") || context.fresh())}`;
    }
    case "JOIN":
      return await joinText(context, from);
    case "TABLE_FUNCTION":
      return await seriesText(context, from);
    default:
      throw new Refused(`${textIn(from, "type")} has no translation to Athena`, leaveIt);
  }
}

function named(from: Node, name: string): string {
  const columns = namesIn(from, "column_name_alias").map(identifier);
  return `${identifier(name)}${columns.length > 0 ? `(${columns.join(", ")})` : ""}`;
}

async function joinText(context: FromContext, from: Node): Promise<string> {
  requireKnown(from, "left", "right", "condition", "join_type", "ref_type", "using_columns");
  const kind = textIn(from, "ref_type");
  if (kind === "ASOF") {
    throw new Refused(
      "an ASOF join has no translation to Athena",
      "Join with >=, and rank the candidates with row_number().",
    );
  }
  if (kind !== "REGULAR" && kind !== "CROSS") {
    throw new Refused(`a ${kind} join has no translation to Athena`, "Write join … on.");
  }
  const left = await fromText(context, need(from, "left"));
  const right = await rightText(context, need(from, "right"));
  const condition = nodeIn(from, "condition");
  const using = namesIn(from, "using_columns");
  if (kind === "CROSS") {
    return `${left} CROSS JOIN ${right}`;
  }
  const join = joins[textIn(from, "join_type")];
  if (join === undefined) {
    throw new Refused(
      `a ${textIn(from, "join_type")} join has no translation to Athena`,
      "Write where [not] exists (select …).",
    );
  }
  if (condition === undefined || using.length > 0) {
    throw new Refused(
      "join … using has no translation to Athena",
      "Write on x.key = y.key, and name the columns of the result.",
    );
  }
  const expressions = new ExpressionTranslator(context.scopeOf(from), context);
  return `${left} ${join} ${right} ON ${await expressions.as(condition, "BOOLEAN")}`;
}

/** A join on the right side is one relation. */
async function rightText(context: FromContext, right: Node): Promise<string | undefined> {
  const text = await fromText(context, right);
  return right["type"] === "JOIN" ? `(${text})` : text;
}

/** `generate_series(first, last, step)`: the rows of a list. */
async function seriesText(context: FromContext, from: Node): Promise<string> {
  requireKnown(from, "function", "column_name_alias", "with_ordinality");
  const call = need(from, "function");
  const name = textIn(call, "function_name");
  const expressions = new ExpressionTranslator(context.scopeOf(nothing), context);
  const [first, last, step, ...more] = nodesIn(call, "children");
  if (from["with_ordinality"] !== "WITHOUT_ORDINALITY" || name !== "generate_series") {
    throw new Refused(
      `${name}(…) as a table has no translation to Athena`,
      "Write generate_series.",
    );
  }
  if (first === undefined || last === undefined || step === undefined || more.length > 0) {
    throw new Refused("generate_series without a first, last and step", "Write all three.");
  }
  const [start, end] = [await expressions.of(first), await expressions.of(last)];
  const interval = intervalOf(step);
  const columns = namesIn(from, "column_name_alias");
  const alias = `${identifier(textIn(from, "alias") || name)}(${identifier(columns[0] ?? name)})`;
  const isDates = [start, end].every(({ type }) => ["date", "timestamp"].includes(familyOf(type)));
  if (isDates && interval !== undefined) {
    const [low, high] = [start, end].map(({ sql, type }) => castTo(sql, type, "TIMESTAMP"));
    // Athena has no series of no elements.
    return `UNNEST(IF(${low} > ${high}, ARRAY[], sequence(${low}, ${high}, ${interval}))) AS ${alias}`;
  }
  throw new Refused(
    `generate_series of ${start.type} may differ in Athena`,
    "Write dates and an interval of days.",
  );
}
