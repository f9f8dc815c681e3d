/** The column that a JSON Schema of one value describes. */
import {
  boolean,
  type Column,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
  uuid,
} from "@lakehouse/transforms/contract/column";
import { type JsonValue, numberSource } from "@lakehouse/transforms/decode/json";
import { momentUnits } from "@lakehouse/transforms/types/epoch";
import { types } from "@lakehouse/transforms/types/types";
import type { Literal } from "@lakehouse/transforms/types/value";
import { numberExpression } from "@lakehouse/transforms/types/value-schema";
import { suggests } from "../infer/names.ts";
import type { TypeProposal } from "../infer/type-proposal.ts";
import type { SchemaObject } from "./resolve.ts";

/** What is checked by no column. */
const unchecked = [
  "minLength",
  "maxLength",
  "contentEncoding",
  "contentMediaType",
  "uniqueItems",
  "minItems",
  "maxItems",
];
const int32Limits = ["-2147483648", "2147483647"];
const int64Limits = ["-9223372036854775808", "9223372036854775807"];
/** More digits than every double keeps. */
const exactDigits = 15;

/** A type with its rules, and what of the schema it leaves out. */
export interface SchemaColumn extends TypeProposal {
  readonly notRead: readonly string[];
}

/** @param name The column's name, which says what a number without limits may be. */
export function columnOfSchema(schema: SchemaObject, name: string): SchemaColumn {
  const notRead = unchecked.filter((keyword) => schema[keyword] !== undefined);
  const { type, rules, left = [] } = typed(schema, name);
  const steps = [...rules, ...defaultOf(schema, type.column)];
  return {
    column: steps.reduce((column, { apply }) => apply(column), type.column),
    code: [type.code, ...steps.map(({ code }) => code)].join(""),
    notes: type.notes,
    notRead: [...notRead, ...left],
  };
}

/** A method of a column, as a call and as code. */
interface Step {
  readonly code: string;
  apply(column: Column): Column;
}

interface Typed {
  readonly type: TypeProposal;
  readonly rules: readonly Step[];
  readonly left?: readonly string[];
}

function plain(column: Column, code: string, ...notes: readonly string[]): TypeProposal {
  return { column, code, notes };
}

function typed(schema: SchemaObject, name: string): Typed {
  const forms = [schema["type"] ?? []].flat().filter((each) => each !== "null");
  const values = valuesOf(schema);
  const isNumber = (each: JsonValue): boolean => each === "number" || each === "integer";
  const numbers = forms.filter(isNumber);
  const { pattern } = schema;
  if (values !== undefined) {
    return enumerated(values);
  }
  const isNumeric =
    numbers.length > 0 && forms.every((each) => isNumber(each) || isSpelledNumber(each, pattern));
  if (isNumeric) {
    return numeric(schema, name, numbers.includes("number"), forms.includes("string"));
  }
  if (forms.length === 1 && forms[0] === "string") {
    return text(schema);
  }
  const isFlag =
    forms.includes("boolean") &&
    forms.every(
      (each) => each === "boolean" || (each === "string" && pattern === "^(?:true|false)$"),
    );
  if (isFlag) {
    return { type: plain(boolean(), "boolean()"), rules: [] };
  }
  if (forms.length > 1 && forms.every((each) => each !== "object" && each !== "array")) {
    const note = `Holds ${forms.join(" or ")}, kept as the text that is sent`;
    return { type: plain(string().coerce(), "string().coerce()", note), rules: [] };
  }
  return { type: plain(json(), "json()"), rules: [] };
}

/** Whether numbers may also be sent as strings, as our own contracts accept them. */
function isSpelledNumber(form: JsonValue, pattern: JsonValue | undefined): boolean {
  return form === "string" && pattern === `^${numberExpression}$`;
}

/** The values of `enum` or `const`, without null. */
function valuesOf(schema: SchemaObject): readonly JsonValue[] | undefined {
  const list = schema["const"] === undefined ? schema["enum"] : [schema["const"]];
  const values = Array.isArray(list) ? list.filter((each) => each !== null) : [];
  return values.length === 0 ? undefined : values;
}

function enumerated(values: readonly JsonValue[]): Typed {
  const strings = values.filter((each) => typeof each === "string");
  const numbers = values.flatMap((each) => numberSource(each) ?? []);
  if (values.every((each) => typeof each === "boolean")) {
    const rules = new Set(values).size === 1 ? [acceptStep([values[0] === true])] : [];
    return { type: plain(boolean(), "boolean()"), rules };
  }
  if (strings.length === values.length) {
    return { type: plain(string(), "string()"), rules: [acceptStep(strings)] };
  }
  if (numbers.length === values.length && numbers.every((each) => /^-?\d{1,15}$/.test(each))) {
    return { type: plain(int64(), "int64()"), rules: [acceptStep(numbers.map(Number))] };
  }
  return { type: plain(json(), "json()", "Values of several kinds"), rules: [], left: ["enum"] };
}

function acceptStep(values: readonly Literal[]): Step {
  return {
    code: `.accepts(${values.map((each) => JSON.stringify(each)).join(", ")})`,
    apply: (column) => (column as Column<"string">).accepts(...values),
  };
}

function text(schema: SchemaObject): Typed {
  const { format, pattern } = schema;
  switch (format) {
    case "date":
      return { type: plain(date(), "date()"), rules: [] };
    case "date-time":
      return { type: plain(timestamp(), "timestamp()"), rules: [] };
    case "uuid":
      return { type: plain(uuid(), "uuid()"), rules: [] };
  }
  const left = typeof format === "string" ? [`format ${format}`] : [];
  if (typeof pattern !== "string") {
    return { type: plain(string(), "string()"), rules: [], left };
  }
  const expression = expressionOf(pattern);
  return expression === undefined
    ? { type: plain(string(), "string()"), rules: [], left: [...left, "pattern"] }
    : {
        type: plain(string(), "string()"),
        rules: [
          {
            code: `.pattern(${expression})`,
            apply: (column) => (column as Column<"string">).pattern(expression),
          },
        ],
        left,
      };
}

/** Patterns of JSON Schema are of Unicode. Most mean the same without its flag. */
function expressionOf(source: string): RegExp | undefined {
  const isUnicode = /\\[pP]\{|\\u\{/.test(source);
  try {
    return new RegExp(source, isUnicode ? "u" : "");
  } catch {
    return undefined;
  }
}

function numeric(schema: SchemaObject, name: string, isFraction: boolean, isOurs: boolean): Typed {
  const minimum = sourceOf(schema["minimum"]);
  const maximum = sourceOf(schema["maximum"]);
  const unit = momentUnits.find((each) => {
    const bounds = { minimum: undefined, maximum: undefined };
    const limits = types.timestamp.jsonSchema({ epoch: each }, bounds);
    return limits.minimum === minimum && limits.maximum === maximum;
  });
  if (unit !== undefined) {
    const rules: readonly Step[] = isOurs
      ? [{ code: ".coerce()", apply: (column) => (column as Column<"timestamp">).coerce() }]
      : [];
    return { type: plain(timestamp().epoch(unit), `timestamp().epoch("${unit}")`), rules };
  }
  const left = ["exclusiveMinimum", "exclusiveMaximum"].filter(
    (keyword) => schema[keyword] !== undefined,
  );
  const { type, limits, readsMultiple } = numberType(schema, name, isFraction);
  const range = {
    ...(minimum !== undefined && !limits.includes(minimum) && { minimum: literalOf(minimum) }),
    ...(maximum !== undefined && !limits.includes(maximum) && { maximum: literalOf(maximum) }),
  };
  const bounds = Object.entries(range).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const rules: readonly Step[] =
    bounds.length === 0
      ? []
      : [
          {
            code: `.range({ ${bounds.join(", ")} })`,
            apply: (column) => (column as Column<"int64">).range(range),
          },
        ];
  const hasMultiple = schema["multipleOf"] !== undefined && !readsMultiple;
  return { type, rules, left: hasMultiple ? [...left, "multipleOf"] : left };
}

function numberType(
  schema: SchemaObject,
  name: string,
  isFraction: boolean,
): { type: TypeProposal; limits: readonly string[]; readsMultiple: boolean } {
  const { format } = schema;
  const bounds = [schema["minimum"], schema["maximum"]].flatMap((each) => sourceOf(each) ?? []);
  const multiple = sourceOf(schema["multipleOf"]);
  const scale = scaleOf(multiple, bounds);
  const widest = bounds.find((each) => (isFraction ? /^-?9+\.9+$/ : /^-?9{20,}$/).test(each));
  if (!isFraction && (scale ?? 0) === 0) {
    const isSmall = format === "int32" || bounds.some((each) => int32Limits.includes(each));
    const readsMultiple = multiple === "1";
    if (isSmall) {
      return { type: plain(int32(), "int32()"), limits: int32Limits, readsMultiple };
    }
    const isLarge = bounds.some((each) => digitsIn(each) > 19);
    if (!isLarge) {
      return { type: plain(int64(), "int64()"), limits: int64Limits, readsMultiple };
    }
  }
  if (scale !== undefined || widest !== undefined || !isFraction) {
    const places = scale ?? 0;
    const precision = Math.min(
      38,
      widest === undefined ? Math.max(18, ...bounds.map(digitsIn)) : digitsIn(widest),
    );
    return {
      type: plain(decimal(precision, places), `decimal(${precision}, ${places})`),
      limits: widest === undefined ? [] : [widest, `-${widest}`, widest.replace("-", "")],
      readsMultiple: multiple !== undefined,
    };
  }
  if (suggests.money(name)) {
    const note = "Money is no float. Nothing says how many places it has: are there two?";
    return {
      type: plain(decimal(18, 2), "decimal(18, 2)", note),
      limits: [],
      readsMultiple: false,
    };
  }
  return { type: plain(float64(), "float64()"), limits: [], readsMultiple: false };
}

/** The places after the point, if `multipleOf` or a bound says them. */
function scaleOf(multiple: string | undefined, bounds: readonly string[]): number | undefined {
  const [, places] = /^(?:1|0\.(0*1))$/.exec(multiple ?? "") ?? [];
  if (multiple !== undefined && (places !== undefined || multiple === "1")) {
    return places?.length ?? 0;
  }
  const scales = bounds.flatMap((each) => /^-?\d+\.(\d+)$/.exec(each)?.[1]?.length ?? []);
  const isWide = bounds.some((each) => /^-?9{3,}(?:\.9+)?$/.test(each));
  return scales.length === 0 || !(isWide || scales.length === bounds.length)
    ? undefined
    : Math.max(...scales);
}

function digitsIn(source: string): number {
  return source.replace(/\D/g, "").length;
}

function sourceOf(value: JsonValue | undefined): string | undefined {
  return value === undefined ? undefined : numberSource(value);
}

/** Numbers with many digits are written as strings. */
function literalOf(source: string): Literal {
  return digitsIn(source) <= exactDigits && String(Number(source)) === source
    ? Number(source)
    : source;
}

/** The default, if the column can have it. */
function defaultOf(schema: SchemaObject, column: Column): readonly Step[] {
  const value = schema["default"];
  const source = sourceOf(value);
  const literal =
    source === undefined
      ? typeof value === "string" || typeof value === "boolean"
        ? value
        : undefined
      : literalOf(source);
  const isJson = column.spec.type.kind === "json" || column.spec.reading?.epoch !== undefined;
  return literal === undefined || isJson
    ? []
    : [
        {
          code: `.default(${JSON.stringify(literal)})`,
          apply: (each) => (each as Column<"string">).default(literal),
        },
      ];
}
