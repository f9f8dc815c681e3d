/** Functions whose translation is not one form: those of any number of arguments, and those of other words. */
import { literal } from "@lakehouse/formats/sql-text";
import { call } from "./call.ts";
import { commonType, compare } from "./compare.ts";
import type { Expressions, Value } from "./expressions.ts";
import { leaveIt, Refused } from "./refused.ts";
import { athenaPattern, athenaReplacement, mayBeEmpty } from "./regex.ts";
import { callOf, isNull, type Node, nodesIn, textIn, writtenText } from "./tree.ts";
import { familyOf } from "./types.ts";

type Special = (expressions: Expressions, node: Node) => Promise<Value>;

/** By name. */
export const special: Readonly<Record<string, Special | undefined>> = {
  row,
  concat,
  greatest: extreme,
  least: extreme,
  nullif: nullIf,
  ifnull: (expressions, node) => expressions.coalesce(node, nodesIn(node, "children")),
  date_part: datePart,
  datepart: datePart,
  regexp_replace: regexpReplace,
  "~~*": insensitive,
  "!~~*": insensitive,
  "->>": jsonText,
  json_extract_string: jsonText,
  json_extract_path_text: jsonText,
  list_sort: sortedList,
  array_sort: sortedList,
};

/** Values beside each other, as in `arg_max(x, (a, b))`. */
async function row(expressions: Expressions, node: Node): Promise<Value> {
  const values: Value[] = [];
  for (const child of nodesIn(node, "children")) {
    const value = await expressions.of(child);
    commonType(value.type, value.type);
    values.push(value);
  }
  const sql = `ROW(${values.map((value) => value.sql).join(", ")})`;
  return { sql, type: await expressions.typeOf(node) };
}

/** DuckDB leaves nulls out. */
async function concat(expressions: Expressions, node: Node): Promise<Value> {
  const parts: string[] = [];
  for (const child of nodesIn(node, "children")) {
    if (!isNull(child)) {
      const { sql, type } = await expressions.of(child);
      if (type !== "VARCHAR") {
        throw new Refused(`concat of a ${type} may differ in Athena`, "Cast it to varchar.");
      }
      parts.push(`COALESCE(${sql}, '')`);
    }
  }
  return { sql: `concat(${[...parts, "''", "''"].join(", ")})`, type: "VARCHAR" };
}

/** DuckDB leaves nulls out, and has NaN as the greatest number. */
async function extreme(expressions: Expressions, node: Node): Promise<Value> {
  const name = textIn(node, "function_name");
  const type = await expressions.typeOf(node);
  commonType(type, type);
  const parts: string[] = [];
  for (const child of nodesIn(node, "children")) {
    parts.push(await expressions.as(child, type));
  }
  if (familyOf(type) !== "double") {
    const filled = parts.map((part, index) => {
      const others = parts.filter((_, other) => other !== index);
      return others.length === 0 ? part : `COALESCE(${[part, ...others].join(", ")})`;
    });
    return { sql: `${name}(${filled.join(", ")})`, type };
  }
  const operator = name === "greatest" ? "<" : ">";
  const [first = "", ...others] = parts;
  const sql = others.reduce(
    (best, other) =>
      `CASE WHEN ${best} IS NULL THEN ${other} WHEN ${other} IS NULL THEN ${best} ` +
      `WHEN ${compare(operator, best, other, type)} THEN ${other} ELSE ${best} END`,
    first,
  );
  return { sql, type };
}

async function nullIf(expressions: Expressions, node: Node): Promise<Value> {
  const [left, right] = nodesIn(node, "children");
  if (left === undefined || right === undefined) {
    throw new Refused("nullif of one value", leaveIt);
  }
  const type = await expressions.typeOf(node);
  const equal: Node = { class: "COMPARISON", type: "COMPARE_EQUAL", alias: "", left, right };
  const condition = await expressions.of(equal);
  const value = await expressions.as(left, type);
  return { sql: `CASE WHEN ${condition.sql} THEN NULL ELSE ${value} END`, type };
}

/** Parts of dates that are functions of another name. */
const partNames: Readonly<Record<string, string>> = { dow: "dayofweek", doy: "dayofyear" };

/** `extract(year from x)`. */
async function datePart(expressions: Expressions, node: Node): Promise<Value> {
  const [part, value] = nodesIn(node, "children");
  const name = part && writtenText(part);
  if (name === undefined || value === undefined) {
    throw new Refused(
      "date_part of a computed part",
      "Write the part, as in extract(year from x).",
    );
  }
  const lower = name.toLowerCase();
  return await expressions.of(callOf(partNames[lower] ?? lower, [value], node));
}

async function regexpReplace(expressions: Expressions, node: Node): Promise<Value> {
  const [text, pattern, replacement, options] = nodesIn(node, "children");
  const [from, to, flags] = [pattern, replacement, options].map(
    (each) => each && writtenText(each),
  );
  if (text === undefined || from === undefined || to === undefined) {
    throw new Refused("regexp_replace with a computed expression", "Write it as a text.");
  }
  if (flags !== "g") {
    throw new Refused("regexp_replace replaces all matches in Athena", "Add the option 'g'.");
  }
  const value = await expressions.of(text);
  const athena = athenaPattern(from);
  if (value.type !== "VARCHAR" || mayBeEmpty(athena)) {
    throw new Refused(
      `regexp_replace of ${from}, which may match nothing, may differ in Athena`,
      "Write + for *.",
    );
  }
  const sql = `regexp_replace(${value.sql}, ${literal(athena)}, ${literal(athenaReplacement(to))})`;
  return { sql, type: "VARCHAR" };
}

async function insensitive(expressions: Expressions, node: Node): Promise<Value> {
  const lower = nodesIn(node, "children").map((child) => callOf("lower", [child], node));
  const name = textIn(node, "function_name") === "~~*" ? "~~" : "!~~";
  return await expressions.of(callOf(name, lower, node));
}

/** Paths that both engines read alike. */
const jsonPath = /^\$(?:\.\w+|\["[^"\\]+"\]|\[\d+\])*$/;

/**
 * A string, boolean or number of a JSON value as text. DuckDB writes numbers in another form than the document. Where
 * Athena's form may be another than DuckDB's, the query ends with an error.
 */
async function jsonText(expressions: Expressions, node: Node): Promise<Value> {
  const [json, at] = nodesIn(node, "children");
  const written = at && writtenText(at);
  if (json === undefined || written === undefined) {
    throw new Refused("a computed JSON path", "Write the path: payload->>'$.query'.");
  }
  const path = written.startsWith("$") ? written : `$["${written}"]`;
  const value = await expressions.of(json);
  if (value.type !== "JSON" || !jsonPath.test(path)) {
    throw new Refused(
      `the path ${written} of a ${value.type} may differ in Athena`,
      "Write a path such as $.at.x, in a column of type json.",
    );
  }
  const found = `json_extract(${value.sql}, ${literal(path)})`;
  const text = `json_format(${found})`;
  const scalar = `json_extract_scalar(${value.sql}, ${literal(path)})`;
  const failure = "CAST(CAST('JSON that Athena writes differently' AS BIGINT) AS VARCHAR)";
  const sql =
    `CASE WHEN ${text} IS NULL OR ${text} = 'null' THEN NULL ` +
    `WHEN substr(${text}, 1, 1) = '"' OR ${text} IN ('true', 'false') THEN ${scalar} ` +
    `WHEN regexp_like(${text}, '^-?[0-9]+(\\.[0-9]+)?\\z') THEN ${text} ELSE ${failure} END`;
  return { sql, type: "VARCHAR" };
}

/** DuckDB's parser writes `list(x order by x)` as `list_sort(list(x), 'ORDER_DEFAULT', 'ORDER_DEFAULT')`. */
async function sortedList(expressions: Expressions, node: Node): Promise<Value> {
  const [list, direction, nulls] = nodesIn(node, "children");
  const [child] = list === undefined ? [] : nodesIn(list, "children");
  const isList = ["list", "array_agg"].includes(textIn(list ?? {}, "function_name"));
  const [type, order] = [direction, nulls].map((each) =>
    each === undefined ? "ORDER_DEFAULT" : writtenText(each),
  );
  const isKnown = /^(?:ORDER_DEFAULT|ASC|ASCENDING|DESC|DESCENDING)$/.test(type ?? "");
  if (list === undefined || child === undefined || !isList || !isKnown || order === undefined) {
    return await call(expressions, node);
  }
  const key = {
    type: type?.startsWith("DESC") === true ? "DESCENDING" : "ASCENDING",
    null_order: order,
    expression: child,
  };
  return await expressions.of({ ...list, order_bys: { type: "ORDER_MODIFIER", orders: [key] } });
}
