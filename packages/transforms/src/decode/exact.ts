/** The exact path: one record, all its values or all its reasons. It has the last word on every record. */

import {
  type Child,
  pathsOfColumn,
  type Table,
  type TableColumn,
} from "../contract/checked-table.ts";
import type { ComputedNode } from "../contract/computed.ts";
import type { Path } from "../contract/path.ts";
import { recordTable } from "../contract/personal.ts";
import { asError } from "../errors.ts";
import type { PersonalKey } from "../personal/personal-key.ts";
import type { ColumnType } from "../types/types.ts";
import type { Value } from "../types/value.ts";
import { computedValue, readsOf } from "../validate/computed.ts";
import { columnsOf, columnTypes, evaluate } from "../validate/condition.ts";
import { type RowRule, rowRules } from "../validate/rules.ts";
import { ChildReader, type ReadChildren } from "./child-reader.ts";
import { describeJson, exactValue, valueAt } from "./exact-value.ts";
import { isJsonObject, type JsonValue, maximumDepth, parseJson } from "./json.ts";
import type { Reason, Verdict } from "./verdict.ts";

export type { Reason, Verdict } from "./verdict.ts";

/** The parts of a contract that decide what becomes of a record. */
type RecordContract = Pick<Table, "columns" | "expectations" | "unknownColumns">;

/** Reads records of one contract exactly. */
export class ExactReader {
  /** Each with the columns that its condition reads. */
  readonly #rules: readonly (RowRule & { readonly columns: readonly string[] })[];
  readonly #typeOf: (column: string) => ColumnType;
  readonly #knownKeys: ReadonlySet<string>;

  readonly #table: RecordContract;
  /** The columns that records have. */
  readonly #read: readonly { readonly column: TableColumn; readonly paths: readonly Path[] }[];
  readonly #children: readonly { readonly column: TableColumn; readonly reader: ChildReader }[];
  readonly #computed: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly node: ComputedNode;
    readonly reads: readonly string[];
  }[];

  /** @param key Hashes personal data of children. */
  constructor(table: RecordContract, key?: PersonalKey) {
    this.#table = table;
    this.#rules = rowRules(table).map((rule) => ({ ...rule, columns: columnsOf(rule.condition) }));
    this.#typeOf = columnTypes(table);
    this.#read = table.columns.flatMap((column) =>
      column.computed === undefined && column.child === undefined
        ? { column, paths: pathsOfColumn(column) }
        : [],
    );
    this.#children = table.columns.flatMap((column) =>
      column.child === undefined ? [] : { column, reader: childReader(column, column.child, key) },
    );
    this.#computed = table.columns.flatMap(({ name, type, computed: node }) =>
      node === undefined ? [] : { name, type, node, reads: readsOf(node) },
    );
    this.#knownKeys = new Set(
      table.columns
        .filter(({ computed }) => computed === undefined)
        .flatMap((column) => pathsOfColumn(column).map(([key = ""]) => String(key))),
    );
  }

  /** Reads one record. */
  read(text: string): Verdict {
    let record: JsonValue;
    try {
      record = parseJson(text);
    } catch (error) {
      const message =
        error instanceof RangeError
          ? `the record is nested deeper than ${maximumDepth} levels`
          : `the record is not JSON: ${asError(error).message}`;
      return refuse({ column: null, rule: "malformed_json", message });
    }
    return this.readValue(record);
  }

  /** Reads one record that is already parsed. @param what What it is, in messages. */
  readValue(record: JsonValue, what = "the record"): Verdict {
    if (!isJsonObject(record)) {
      const message = `${what} is ${describeJson(record)}, not an object`;
      return refuse({ column: null, rule: "not_an_object", message });
    }
    const reasons = this.#unknownKeys(record);
    const values = new Map<string, Value>();
    for (const { column, paths } of this.#read) {
      const parsed = exactValue(column, paths, record);
      if (!parsed.ok) {
        reasons.push({ column: column.name, rule: parsed.rule, message: parsed.message });
        continue;
      }
      values.set(column.name, parsed.value);
      if (typeof parsed.value === "string" && column.pattern?.test(parsed.value) === false) {
        const message = `the value does not match ${column.pattern}`;
        reasons.push({ column: column.name, rule: "pattern", message });
      }
    }
    for (const { column, reader } of this.#children) {
      const read = readChildren(reader, valueAt(record, column.path), column.name);
      if (read.ok) {
        values.set(column.name, read.value);
      } else {
        reasons.push(...read.reasons);
      }
    }
    for (const { name, type, node, reads } of this.#computed) {
      if (reads.every((each) => values.has(each))) {
        const lookup = (each: string): Value => values.get(each) ?? null;
        values.set(name, computedValue(node, type, this.#typeOf, lookup));
      }
    }
    return this.#judge(values, reasons);
  }

  #judge(values: ReadonlyMap<string, Value>, reasons: Reason[]): Verdict {
    let dropped = false;
    for (const { column, columns, rule, message, condition, consequence } of this.#rules) {
      if (!columns.every((name) => values.has(name))) {
        continue;
      }
      if (evaluate(condition, this.#typeOf, (name) => values.get(name) ?? null) !== false) {
        continue;
      }
      if (consequence === "quarantine") {
        reasons.push({ column, rule, message });
      }
      if (consequence === "drop") {
        dropped = true;
      }
    }
    const [first, ...others] = reasons;
    if (first !== undefined) {
      return { outcome: "refused", reasons: [first, ...others] };
    }
    if (dropped) {
      return { outcome: "dropped" };
    }
    const row = this.#table.columns.map(({ name }) => values.get(name) ?? null);
    return { outcome: "row", values: row };
  }

  #unknownKeys(record: { readonly [key: string]: JsonValue }): Reason[] {
    if (this.#table.unknownColumns === "ignore") {
      return [];
    }
    return Object.keys(record)
      .filter((key) => !this.#knownKeys.has(key))
      .map((key) => ({
        column: key,
        rule: "unknown_column",
        message: "the contract has no such column",
      }));
  }
}

/** Returns a reader of a child's arrays. */
export function childReader(
  column: TableColumn,
  child: Child,
  key: PersonalKey | undefined,
): ChildReader {
  return new ChildReader(column, child, new ExactReader(recordTable(child)), key);
}

/** A record without the array has no elements. */
function readChildren(
  reader: ChildReader,
  at: ReturnType<typeof valueAt>,
  column: string,
): ReadChildren | { readonly ok: true; readonly value: null } {
  if (!at.ok) {
    return { ok: false, reasons: [{ column, rule: at.rule, message: at.message }] };
  }
  return at.value === undefined || at.value === null
    ? { ok: true, value: null }
    : reader.read(at.value);
}

const refuse = (reason: Reason): Verdict => ({ outcome: "refused", reasons: [reason] });
