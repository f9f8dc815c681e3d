/** Calls of functions: finds the form for their arguments, and fills it in. */
import { literal } from "@lakehouse/formats/sql-text";
import { castTo, unscaled } from "./cast.ts";
import { isSortable } from "./compare.ts";
import type { Expressions, Value } from "./expressions.ts";
import { dateFormats } from "./functions/dates.ts";
import type { Form, Parameter } from "./functions/form.ts";
import { refusedFunctions } from "./functions/refused.ts";
import { Refused } from "./refused.ts";
import { athenaPattern } from "./regex.ts";
import { literalOf, type Node, nodesIn, textIn } from "./tree.ts";
import { athenaType, decimalOf, familyOf, isExact } from "./types.ts";

/**
 * Translates a call.
 *
 * @param name Its name in DuckDB, if the node has another.
 */
export async function call(
  expressions: Expressions,
  node: Node,
  name: string = textIn(node, "function_name"),
): Promise<Value> {
  const children = nodesIn(node, "children");
  const { form, values } = await matching(
    expressions,
    name,
    expressions.surroundings.functions.values[name] ?? [],
    children,
  );
  const type = await expressions.typeOf(node);
  return { sql: typed(filled(form.sql, values), form.returns, type, values), type };
}

/** The first form that takes the arguments, and the arguments in Athena's SQL. */
export async function matching<F extends Pick<Form, "takes" | "units">>(
  expressions: Expressions,
  name: string,
  forms: readonly F[],
  children: readonly Node[],
): Promise<{ readonly form: F; readonly values: readonly Value[] }> {
  const candidates = forms.filter(({ takes }) => takes.length === children.length);
  const found = new Map<number, Value>();
  const argument = async (index: number): Promise<Value> => {
    const value = found.get(index) ?? (await expressions.of(children[index] as Node));
    found.set(index, value);
    return value;
  };
  for (const form of candidates) {
    const values: Value[] = [];
    for (const [index, parameter] of form.takes.entries()) {
      const value =
        writtenAs(parameter, children[index] as Node, form.units) ??
        (await typedAs(parameter, () => argument(index)));
      if (value === undefined) {
        break;
      }
      values.push(value);
    }
    if (values.length === children.length) {
      return { form, values };
    }
  }
  throw await refusal(expressions, name, forms, children);
}

async function refusal(
  expressions: Expressions,
  name: string,
  forms: readonly Pick<Form, "takes">[],
  children: readonly Node[],
): Promise<Refused> {
  const hint = refusedFunctions[name];
  if (forms.length === 0) {
    return new Refused(
      `${name}(…) is not known to mean the same in Athena`,
      hint ?? "Write it with other functions, or leave this model to DuckDB.",
    );
  }
  const types: string[] = [];
  for (const child of children) {
    types.push(literalOf(child) ?? (await expressions.of(child)).type);
  }
  const known = [...new Set(forms.map(({ takes }) => `${name}(${takes.join(", ")})`))];
  return new Refused(
    `${name}(${types.join(", ")}) is not known to mean the same in Athena`,
    `Known are ${known.join(", ")}.`,
  );
}

/** The argument of a parameter that must be written out; undefined if it is not such an argument. */
function writtenAs(
  parameter: Parameter,
  node: Node,
  units: readonly string[] = [],
): Value | undefined {
  const text = literalOf(node);
  if (text === undefined) {
    return undefined;
  }
  const isText = ((node["value"] as Node)["type"] as Node)["id"] === "VARCHAR";
  const asText = (sql: string): Value => ({ sql, type: "VARCHAR" });
  switch (parameter) {
    case "positive":
    case "natural":
      return !isText && (parameter === "positive" ? /^[1-9]\d{0,8}$/ : /^\d{1,9}$/).test(text)
        ? { sql: text, type: "INTEGER" }
        : undefined;
    case "string":
      return isText ? asText(literal(text)) : undefined;
    case "nonEmpty":
      return isText && text !== "" ? asText(literal(text)) : undefined;
    case "pattern":
      return isText ? asText(literal(athenaPattern(text))) : undefined;
    case "unit": {
      const unit = text.toLowerCase().replace(/s$/, "");
      return isText && units.includes(unit) ? asText(literal(unit)) : undefined;
    }
    case "format":
      return isText ? asText(literal(formatOf(text))) : undefined;
    default:
      return undefined;
  }
}

function formatOf(format: string): string {
  return format.replace(/%.?/g, (part) => {
    const known = dateFormats[part];
    if (known === undefined) {
      const parts = Object.keys(dateFormats).join(" ");
      throw new Refused(`the format ${part} may differ in Athena`, `Known are ${parts}.`);
    }
    return known;
  });
}

/** The argument of a parameter for values of a type; undefined if its type is another. */
async function typedAs(
  parameter: Parameter,
  argument: () => Promise<Value>,
): Promise<Value | undefined> {
  switch (parameter) {
    case "string":
    case "nonEmpty":
    case "positive":
    case "natural":
    case "pattern":
    case "replacement":
    case "unit":
    case "format":
      return undefined;
    case "any": {
      const value = await argument();
      return familyOf(value.type) === "null" ? undefined : value;
    }
    case "exact": {
      const value = await argument();
      return isExact(value.type) ? value : undefined;
    }
    case "sortable": {
      const value = await argument();
      return isSortable(value.type) ? value : undefined;
    }
    default: {
      const value = await argument();
      return familyOf(value.type) === parameter ? value : undefined;
    }
  }
}

/** What replaces parts of a form's SQL besides its arguments. */
export interface Parts {
  /** A call of an aggregate, with its filter or window. */
  readonly called?: (sql: string) => string;
  readonly distinct?: string;
  readonly order?: string;
}

/** A form's SQL with its arguments. They may contain what looks like a place for one. */
export function filled(sql: string, values: readonly Value[], parts: Parts = {}): string {
  return sql.replace(
    /\{([^{}]*)\}(?::(\w+))?|\$distinct |\$order|\$scale|\$(\d)(?::([A-Z]+))?/g,
    (place, inner: string | undefined, kind: string | undefined, number: string, type: string) => {
      if (inner !== undefined) {
        const called = (parts.called ?? String)(filled(inner, values, parts));
        return converted(called, kind, values);
      }
      switch (place) {
        case "$distinct ":
          return parts.distinct ?? "";
        case "$order":
          return parts.order ?? "";
        case "$scale":
          return `DOUBLE '1E${decimalOf(values[0]?.type ?? "")?.scale ?? 0}'`;
        default: {
          const value = values[Number(number) - 1];
          if (value === undefined) {
            throw new TypeError(`A form has no argument ${place}.`);
          }
          return type === undefined ? value.sql : castTo(value.sql, value.type, type);
        }
      }
    },
  );
}

/** An aggregate as a double. */
function converted(sql: string, kind: string | undefined, [value]: readonly Value[]): string {
  switch (kind) {
    case undefined:
      return sql;
    case "UNSCALED":
      return `CAST(${unscaled(sql, value?.type ?? "")} AS DOUBLE)`;
    default:
      return `CAST(${sql} AS ${kind})`;
  }
}

/** SQL with a cast to DuckDB's type, if its own type is another. */
export function typed(
  sql: string,
  returns: string,
  type: string,
  [first]: readonly Value[] = [],
): string {
  const wanted = athenaType(type);
  const actual = returns === "$1" ? athenaType(first?.type ?? type) : returns;
  const isSame = actual === wanted || ["LIST", "ELEMENT"].includes(actual);
  return isSame ? sql : `CAST(${sql} AS ${wanted})`;
}
