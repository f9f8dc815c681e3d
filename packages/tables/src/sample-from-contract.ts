/** Sample records for a table without a sample.ts. Its contract accepts all of them. */

import { crc32 } from "node:zlib";
import type { Child } from "@lakehouse/transforms/contract/checked-table";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table, TableColumn } from "@lakehouse/transforms/contract/table";
import { ExactReader } from "@lakehouse/transforms/decode/exact";
import { ContractError } from "@lakehouse/transforms/errors";
import { tablesPath } from "@lakehouse/transforms/project";
import { formatValue, parseLiteral } from "@lakehouse/transforms/types/column-type";
import type { Random } from "@lakehouse/transforms/types/sample";
import type { JsonForm } from "@lakehouse/transforms/types/type-definition";
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { Literal, Scalar } from "@lakehouse/transforms/types/value";
import RandExp from "randexp";
import { seededRandom } from "./random.ts";
import type { SampleGenerator } from "./sample-generator.ts";

/** The package's declarations don't match its only export, the class itself. */
const Maker = RandExp as unknown as new (
  pattern: RegExp,
) => { max: number; randInt: (low: number, high: number) => number; gen(): string };

/** A part of a record. Primitives that JavaScript cannot write exactly are raw JSON. */
type Part = unknown;

/** How a record writes a value's canonical text. */
const written: { readonly [F in JsonForm]: (text: string, isExact: boolean) => Part } = {
  boolean: JSON.rawJSON,
  // An exact column refuses a number that a double may not hold.
  number: (text, isExact) => (isExact && text.length > 15 ? text : JSON.rawJSON(text)),
  string: (text) => text,
  any: (text) => JSON.parse(text),
};

const nullProbability = 0.1;

/** The columns that read one value of the record. */
type Sharing = readonly [TableColumn, ...TableColumn[]];

/**
 * Returns a generator of records that satisfy the types, ranges, accepted values and patterns of a contract.
 * It ignores expectations: records that break one end up in quarantine.
 */
export function sampleFromContract(contract: Table): SampleGenerator {
  const table = recordTable(contract);
  const children = table.columns.filter((column) => column.child !== undefined);
  const isKey = ({ name }: TableColumn): boolean => table.primaryKey.includes(name);
  const values = sharing(table.columns.filter(({ child }) => child === undefined));
  const keys = values.filter((columns) => columns.some(isKey));
  const others = values.filter((columns) => !columns.some(isKey));
  return function* ({ records, seed }) {
    const random = seededRandom(seed);
    for (let index = 0; index < records; index++) {
      const record = emptyRecord();
      for (const columns of keys) {
        place(record, columns[0], keyValue(table, columns, seed, index, random));
      }
      // Everything else depends only on the key. So if a key repeats, its row falls in the same partition.
      const randomOfKey = seededRandom(crc32(JSON.stringify(record)));
      for (const columns of others) {
        const absent =
          columns.every(({ nullable }) => nullable) && randomOfKey.chance(nullProbability);
        if (!absent) {
          place(record, columns[0], madeValue(table, columns, randomOfKey));
        }
      }
      for (const child of children) {
        place(record, child, sampleElements(table, child, randomOfKey));
      }
      yield table.source === undefined
        ? JSON.stringify(wrapped(record, table.unwrap))
        : csvText(record, table, index);
    }
  };
}

/** The columns that records have, by the value that they read. */
function sharing(columns: readonly TableColumn[]): readonly Sharing[] {
  const read = columns.filter(({ computed }) => computed === undefined);
  return Map.groupBy(read, ({ path }) => JSON.stringify(path))
    .values()
    .toArray()
    .flatMap(([first, ...more]): Sharing[] => (first === undefined ? [] : [[first, ...more]]));
}

/** The most elements of a child in a record. */
const mostElements = 3;

/** The array of a child. Its elements satisfy the child's rules, and no key repeats. */
function sampleElements(table: Table, column: TableColumn, random: Random): readonly Part[] {
  const child = column.child && recordTable(column.child);
  if (child === undefined) {
    return [];
  }
  const reader = new ExactReader({ columns: [column], expectations: [], unknownColumns: "ignore" });
  let elements: readonly Part[] = [];
  for (let position = random.integer(1, mostElements + 1); position > 1; position--) {
    const element = sampleElement(table, child, position, random);
    const record = emptyRecord();
    place(record, column, [...elements, element]);
    elements =
      reader.read(JSON.stringify(record)).outcome === "row" ? [...elements, element] : elements;
  }
  return elements;
}

function sampleElement(
  table: Table,
  { columns, primaryKey }: Child,
  position: number,
  random: Random,
): Part {
  const element = emptyRecord();
  for (const shared of sharing(columns)) {
    const isKey = shared.some(({ name }) => primaryKey.includes(name));
    const absent = shared.every(({ nullable }) => nullable) && random.chance(nullProbability);
    if (isKey) {
      place(element, shared[0], keyValue(table, shared, 0, position, random));
    } else if (!absent) {
      place(element, shared[0], madeValue(table, shared, random));
    }
  }
  return element;
}

/** The record as a row of CSV, the first one with the header. */
function csvText(
  record: Readonly<Record<string, Part>>,
  { columns, source }: Table,
  index: number,
): string {
  const keys = [...new Set(columns.flatMap(({ path: [key] }) => (key === undefined ? [] : [key])))];
  const line = (values: readonly Part[]): string => values.map(csvField).join(source?.delimiter);
  const row = line(keys.map((key) => record[key]));
  return index === 0 ? `${line(keys)}\n${row}` : row;
}

/** Null is an empty field. A number may be raw JSON. */
function csvField(value: Part): string {
  if (value === undefined || value === null) {
    return "";
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:+-]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

/** The record in an envelope of its own, if the table has envelopes. */
function wrapped(record: Part, unwrap: Table["unwrap"]): Part {
  if (unwrap === undefined) {
    return record;
  }
  return unwrap.reduceRight<Part>(
    (inner, key) =>
      typeof key === "number"
        ? [...Array.from({ length: key }, () => null), inner]
        : { [key]: inner },
    [record],
  );
}

/** Without a prototype, so that a key such as `__proto__` is one of its own. */
function emptyRecord(): Record<string, Part> {
  return Object.create(null);
}

/** Puts a value where the column's first path leads. */
function place(
  record: Record<string, Part>,
  { path }: Pick<TableColumn, "path">,
  value: Part,
): void {
  let inner = record as Record<string | number, Part>;
  for (const [at, key] of path.slice(0, -1).entries()) {
    const next = inner[key] ?? (typeof path[at + 1] === "number" ? [] : emptyRecord());
    inner[key] = next;
    inner = next as Record<string | number, Part>;
  }
  inner[path.at(-1) ?? ""] = value;
}

/** A key's value. It counts up if the contract has no rules for the column, so that no key repeats. */
function keyValue(
  table: Table,
  columns: Sharing,
  seed: number,
  index: number,
  random: Random,
): Part {
  const [column, ...more] = columns;
  const { type, accepted, minimum, maximum, pattern } = column;
  const rules = [accepted, minimum, maximum, pattern];
  const free = more.length === 0 && rules.every((rule) => rule === undefined);
  const key = free ? definitionOf(type).sampleKey?.(seed, index) : undefined;
  return key === undefined ? madeValue(table, columns, random) : asJson(column, key);
}

/** How often a value is drawn, if its column's options read it as one that the rules refuse. */
const draws = 100;

/** A value that all of these columns accept. */
function madeValue(table: Table, columns: Sharing, random: Random): Part {
  const [first, ...more] = columns;
  if (more.length === 0 && first.reading === undefined) {
    return drawnValue(table, first, random);
  }
  const name = "value";
  const alone = columns.map((column) => ({ ...column, path: [name] }));
  const reader = new ExactReader({ columns: alone, expectations: [], unknownColumns: "ignore" });
  for (let draw = 0; draw < draws; draw++) {
    for (const column of columns) {
      const part = drawnValue(table, column, random);
      if (reader.read(JSON.stringify({ [name]: part })).outcome === "row") {
        return part;
      }
    }
  }
  throw new ContractError(
    `${table.name}.${columns.map((column) => column.name).join(", ")}`,
    "no sample value can be made that it reads as one that its rules accept",
    `Write ${tablesPath}/${table.name}/sample.ts, like that of orders.`,
  );
}

function drawnValue(table: Table, column: TableColumn, random: Random): Part {
  const { name, type, accepted = [], minimum, maximum, pattern } = column;
  const [first, ...others] = accepted;
  if (first !== undefined) {
    return asJson(column, literalOf(column, random.pick([first, ...others])));
  }
  if (pattern !== undefined) {
    return matchingString(table, name, pattern, random);
  }
  const request = {
    random,
    column: name,
    minimum: literalOf(column, minimum),
    maximum: literalOf(column, maximum),
  };
  return asJson(column, definitionOf(type).sample(request, type));
}

function literalOf<L extends Literal | undefined>(
  column: TableColumn,
  literal: L,
): Scalar | Extract<L, undefined>;
function literalOf(column: TableColumn, literal: Literal | undefined): Scalar | undefined {
  if (literal === undefined) {
    return undefined;
  }
  const parsed = parseLiteral(column.type, literal);
  if (!parsed.ok) {
    throw new ContractError(column.name, parsed.message, "Write a literal of the column's type.");
  }
  return parsed.value;
}

function asJson({ type, reading }: TableColumn, value: Scalar): Part {
  const { jsonForm, isExact, toJsonAs } = definitionOf(type);
  if (reading !== undefined && toJsonAs !== undefined) {
    const text = toJsonAs(value, reading, type);
    return text.startsWith('"') ? JSON.parse(text) : JSON.rawJSON(text);
  }
  return written[jsonForm](formatValue(type, value), isExact);
}

function matchingString(table: Table, column: string, pattern: RegExp, random: Random): string {
  const maker = new Maker(pattern);
  maker.max = 10;
  maker.randInt = (low, high) => random.integer(low, high);
  const made = maker.gen();
  if (!pattern.test(made)) {
    throw new ContractError(
      `${table.name}.${column}`,
      `no sample string can be made for its pattern ${pattern}`,
      `Write ${tablesPath}/${table.name}/sample.ts, like that of orders.`,
    );
  }
  return made;
}
