/** The JSON Schema of what producers may send to a table. It may not exclude a record that the contract accepts. */
import { formatValue, parseLiteral } from "../types/column-type.ts";
import { epochName } from "../types/epoch.ts";
import { definitionOf } from "../types/types.ts";
import type { Literal, Scalar } from "../types/value.ts";
import { escaped, inAnyCase } from "../types/value-schema.ts";
import { pathsOfColumn, type Table, type TableColumn } from "./checked-table.ts";
import { type Path, pathText } from "./path.ts";
import { recordTable } from "./personal.ts";

/** A schema, or `true` for any value. Numbers that a double may not hold are raw JSON. */
export type JsonSchema = true | { readonly [keyword: string]: unknown };

/** A value's place in the record, with what its schema says. */
interface Leaf {
  readonly path: Path;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** What paths say about one value: its own schemas, and those of its members and elements. */
interface Node {
  readonly own: JsonSchema[];
  isRequired: boolean;
  readonly members: Map<string, Node>;
  readonly elements: Map<number, Node>;
}

const draft = "https://json-schema.org/draft/2020-12/schema";

/** Describes a whole message: a record, or an envelope of records. A CSV table's records are rows by the header's names. */
export function jsonSchemaOf(table: Table): JsonSchema {
  const { name, unwrap } = table;
  const description = [table.description, ...rulesOf(table)].filter((each) => each !== "");
  const head = {
    $schema: draft,
    title: name,
    ...(description.length > 0 && { description: description.join(". ") }),
  };
  if (unwrap === undefined) {
    return { ...head, ...objectOf(recordSchema(table)) };
  }
  const records = { type: "array", items: { $ref: "#/$defs/record" } };
  const envelope =
    unwrap.length === 0
      ? records
      : schemaOf(rootOf([{ path: unwrap, schema: records, isRequired: true }]));
  return { ...head, ...objectOf(envelope), $defs: { record: recordSchema(table) } };
}

/** Rules that no schema can say, in words. */
function rulesOf({ expectations, source }: Table): readonly string[] {
  const rules = expectations.filter(({ consequence }) => consequence === "quarantine");
  return [
    source === undefined ? [] : "A row of CSV, by the names of its header. An empty field is null",
    rules.length === 0 ? [] : `Also required: ${rules.map(({ name }) => name).join("; ")}`,
  ].flat();
}

function recordSchema(table: Pick<Table, "columns" | "source" | "unknownColumns">): JsonSchema {
  const isText = table.source !== undefined;
  const columns = recordTable(table).columns.filter(({ computed }) => computed === undefined);
  const plain = columns.filter(({ orPaths }) => orPaths === undefined);
  const root = rootOf(
    plain.map((column) => ({
      path: column.path,
      schema: columnSchema(column, isText),
      isRequired: isRequired(column),
    })),
  );
  const several = columns.filter(({ orPaths }) => orPaths !== undefined);
  for (const column of several) {
    for (const [key = ""] of pathsOfColumn(column)) {
      childOf(root.members, String(key));
    }
  }
  const choices = several.map((column) => choiceSchema(column, isText));
  return {
    ...objectOf(schemaOf(root)),
    ...(table.unknownColumns === "quarantine" && { additionalProperties: false }),
    ...(choices.length > 0 && { allOf: choices }),
  };
}

/** Of several paths, the first that leads to a value counts. The others may hold anything. */
function choiceSchema(column: TableColumn, isText: boolean): JsonSchema {
  const paths = pathsOfColumn(column);
  const {
    title: _,
    description,
    ...value
  } = objectOf(columnSchema({ ...column, nullable: false, default: undefined }, isText));
  const found = paths.map((path) => schemaOf(rootOf([{ path, schema: value, isRequired: true }])));
  const none = { type: "null" };
  const absent = rootOf(paths.map((path) => ({ path, schema: none, isRequired: false })));
  const reads = `${column.name}: the first of ${paths.map(pathText).join(", ")}`;
  return {
    description: typeof description === "string" ? `${reads}. ${description}` : reads,
    anyOf: isRequired(column) ? found : [...found, schemaOf(absent)],
  };
}

function isRequired({ nullable, default: otherwise }: ColumnRules): boolean {
  return !nullable && otherwise === undefined;
}

function objectOf(schema: JsonSchema): { readonly [keyword: string]: unknown } {
  return schema === true ? {} : schema;
}

function newNode(): Node {
  return { own: [], isRequired: false, members: new Map(), elements: new Map() };
}

function childOf<K>(children: Map<K, Node>, key: K): Node {
  const child = children.get(key) ?? newNode();
  children.set(key, child);
  return child;
}

function rootOf(leaves: readonly Leaf[]): Node {
  const root = newNode();
  root.isRequired = true;
  for (const { path, schema, isRequired: isNeeded } of leaves) {
    let at = root;
    for (const key of path) {
      at = typeof key === "number" ? childOf(at.elements, key) : childOf(at.members, key);
      at.isRequired ||= isNeeded;
    }
    at.own.push(schema);
  }
  return root;
}

function schemaOf(node: Node): JsonSchema {
  const { own, isRequired: isNeeded, members, elements } = node;
  const parts = [...own];
  const typeOf = (type: string): unknown => (isNeeded ? type : [type, "null"]);
  if (members.size > 0) {
    const required = [...members].filter(([, each]) => each.isRequired).map(([key]) => key);
    parts.push({
      type: typeOf("object"),
      properties: Object.fromEntries([...members].map(([key, each]) => [key, schemaOf(each)])),
      ...(required.length > 0 && { required }),
    });
  }
  if (elements.size > 0) {
    const needed = [...elements].filter(([, each]) => each.isRequired).map(([index]) => index);
    const length = Math.max(...elements.keys()) + 1;
    parts.push({
      type: typeOf("array"),
      prefixItems: Array.from({ length }, (_, index) => {
        const element = elements.get(index);
        return element === undefined ? true : schemaOf(element);
      }),
      ...(needed.length > 0 && { minItems: Math.max(...needed) + 1 }),
    });
  }
  const [only = true, ...others] = parts;
  return others.length === 0 ? only : { allOf: parts };
}

type ColumnRules = Omit<TableColumn, "default"> & { readonly default?: Literal | undefined };

function columnSchema(column: ColumnRules, isText: boolean): JsonSchema {
  const { type, reading = {}, nullable, default: otherwise, child } = column;
  if (child !== undefined) {
    const items = recordSchema({ ...child, source: undefined });
    const { description } = column;
    return {
      title: column.name,
      type: ["array", "null"],
      items,
      ...(description && { description }),
    };
  }
  const isNullable = nullable || otherwise !== undefined;
  const { values, notes } = valuesSchema(column, isText, isNullable);
  const description = [column.description, ...notes].filter((each) => each !== undefined);
  const parsed = otherwise === undefined ? undefined : parseLiteral(type, otherwise);
  const isRenamed = column.path.length !== 1 || column.path[0] !== column.name;
  return {
    // A reader that makes a contract of the schema takes it as the column's name.
    ...(isRenamed && { title: column.name }),
    ...(reading.map === undefined ? values : { anyOf: [values, mappedSchema(column, isText)] }),
    ...(parsed?.ok === true && { default: jsonOf(column, parsed.value, isText) }),
    ...(description.length > 0 && { description: description.join(". ") }),
  };
}

/** The values that a column reads, apart from those of `map()`, and what no schema can say about them. */
function valuesSchema(
  column: ColumnRules,
  isText: boolean,
  isNullable: boolean,
): { values: { readonly [keyword: string]: unknown }; notes: readonly string[] } {
  const { type, reading = {} } = column;
  const definition = definitionOf(type);
  const bounds = { minimum: literal(column, "minimum"), maximum: literal(column, "maximum") };
  const {
    type: forms,
    expression,
    format,
    minimum,
    maximum,
  } = definition.jsonSchema(reading, bounds, type);
  const isAny = forms.includes("object") && isNullable;
  const kept = isText ? (["string"] as const) : forms;
  const types = isNullable ? [...kept, "null"] : kept;
  const isSpelled = reading.trim === true || reading.letters !== undefined;
  const isRange = bounds.minimum !== undefined || bounds.maximum !== undefined;
  const hasNumbers = kept.includes("number") || kept.includes("integer");
  const { pattern, note } = patternOf(column);
  const ownPattern =
    kept.includes("string") && expression !== undefined
      ? wholeExpression(expression, reading.trim === true)
      : pattern;
  const notes = [
    type.kind === "decimal" && type.scale > 0
      ? `At most ${type.precision - type.scale} digits before the point and ${type.scale} after it`
      : [],
    reading.epoch === undefined ? [] : `A number of ${epochName(reading.epoch)} since 1970-01-01`,
    isRange && !hasNumbers ? boundsText(column) : [],
    note ?? [],
  ].flat();
  const base = {
    ...(!isAny && { type: types.length === 1 ? types[0] : types }),
    ...(format !== undefined && !isSpelled && { format }),
    ...(ownPattern !== undefined && { pattern: ownPattern }),
    ...(hasNumbers && minimum !== undefined && { minimum: JSON.rawJSON(minimum) }),
    ...(hasNumbers && maximum !== undefined && { maximum: JSON.rawJSON(maximum) }),
  };
  const accepted = acceptedSchema(column, isText, isNullable, base);
  return { values: accepted ?? base, notes };
}

/** Only the accepted values, if a schema can say them. */
function acceptedSchema(
  { type, accepted, reading = {} }: ColumnRules,
  isText: boolean,
  isNullable: boolean,
  base: { readonly [keyword: string]: unknown },
): { readonly [keyword: string]: unknown } | undefined {
  const { epoch, patterns, fromTimestamp, assumedOffset } = reading;
  const hasOtherSpelling = [epoch, patterns, fromTimestamp, assumedOffset].some(
    (option) => option !== undefined,
  );
  if (accepted === undefined || type.kind === "timestamp" || hasOtherSpelling) {
    return undefined;
  }
  const definition = definitionOf(type);
  const values = accepted.flatMap((each) => {
    const parsed = parseLiteral(type, each);
    return parsed.ok ? [formatValue(type, parsed.value)] : [];
  });
  const none = isNullable ? [null] : [];
  const isNumber = definition.jsonForm === "number";
  if (isNumber || definition.jsonForm === "boolean") {
    const strings = { type: "string", pattern: base["pattern"] };
    const choices = [
      isText ? [] : { enum: [...values.map((each) => JSON.rawJSON(each)), ...none] },
      isText && isNullable ? { type: "null" } : [],
      strings,
    ].flat();
    return choices.length === 1 ? strings : { anyOf: choices };
  }
  const isAnyCase = reading.letters !== undefined || type.kind === "uuid";
  if (reading.trim !== true && !isAnyCase) {
    const sent = reading.coerce === true && !isText ? values.flatMap(unquoted) : [];
    return { enum: [...values, ...sent, ...none] };
  }
  const spell = isAnyCase ? inAnyCase : escaped;
  const pattern = wholeExpression(values.map(spell).join("|"), reading.trim === true);
  return { ...base, pattern };
}

/** What `map()` reads. Its keys are strings, or numbers and booleans as they were sent. */
function mappedSchema({ reading = {} }: ColumnRules, isText: boolean): JsonSchema {
  const { map = [], trim, letters } = reading;
  const keys = map.map(([key]) => key);
  const numbers = isText ? [] : keys.flatMap(unquoted);
  if (trim !== true && letters === undefined) {
    return { enum: [...keys, ...numbers] };
  }
  const spell = letters === undefined ? escaped : inAnyCase;
  const strings = {
    type: "string",
    pattern: wholeExpression(keys.map(spell).join("|"), trim === true),
  };
  return numbers.length === 0 ? strings : { anyOf: [strings, { enum: numbers }] };
}

/** A text that is JSON's number or boolean, as such. */
function unquoted(text: string): readonly unknown[] {
  if (text === "true" || text === "false") {
    return [text === "true"];
  }
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? [JSON.rawJSON(text)] : [];
}

/** The column's own pattern, if all validators read it and it is about the string that is sent. */
function patternOf({ pattern, reading }: ColumnRules): { pattern?: string; note?: string } {
  if (pattern === undefined) {
    return {};
  }
  const isPlain = !/[ims]/.test(pattern.flags) && isUnicode(pattern.source);
  const isSent = reading?.trim === undefined && reading?.letters === undefined;
  return isPlain && isSent ? { pattern: pattern.source } : { note: `Matches ${pattern}` };
}

function isUnicode(source: string): boolean {
  try {
    new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}

function wholeExpression(expression: string, isTrimmed: boolean): string {
  const isChoice = expression.includes("|");
  const whole = isChoice ? `(?:${expression})` : expression;
  return isTrimmed ? `^\\s*${whole}\\s*$` : `^${whole}$`;
}

function literal(column: ColumnRules, bound: "minimum" | "maximum"): Scalar | undefined {
  const written = column[bound];
  const parsed = written === undefined ? undefined : parseLiteral(column.type, written);
  return parsed?.ok === true ? parsed.value : undefined;
}

function boundsText({ minimum, maximum }: ColumnRules): string {
  const from = minimum === undefined ? [] : [`from ${minimum}`];
  const to = maximum === undefined ? [] : [`to ${maximum}`];
  const text = [...from, ...to].join(" ");
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}

/** A default as a producer would send it. */
function jsonOf({ type, reading }: ColumnRules, value: Scalar, isText: boolean): unknown {
  const definition = definitionOf(type);
  if (reading !== undefined && definition.toJsonAs !== undefined && !isText) {
    return JSON.rawJSON(definition.toJsonAs(value, reading, type));
  }
  const text = formatValue(type, value);
  const isBare = definition.jsonForm === "number" || definition.jsonForm === "boolean";
  return isBare && !isText ? JSON.rawJSON(text) : text;
}
