/** The exact path: one record, all its values or all its reasons. It has the last word on every record. */

import { pathsOfColumn, type Table, type TableColumn } from "../contract/checked-table.ts";
import type { ComputedNode } from "../contract/computed.ts";
import type { Path } from "../contract/path.ts";
import type { ColumnType } from "../types/types.ts";
import type { Value } from "../types/value.ts";
import { computedValue, readsOf } from "../validate/computed.ts";
import { columnsOf, columnTypes, evaluate } from "../validate/condition.ts";
import { type RowRule, rowRules } from "../validate/rules.ts";
import { describeJson, exactValue } from "./exact-value.ts";
import { isJsonObject, type JsonValue, maximumDepth, parseJson } from "./json.ts";

/** One reason why a record is refused. */
export interface Reason {
  /** The column or key that it is about; null if it is about the whole record. */
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
}

/** What becomes of a record. */
export type Verdict =
  | { readonly outcome: "row"; readonly values: readonly Value[] }
  | { readonly outcome: "dropped" }
  | { readonly outcome: "refused"; readonly reasons: readonly [Reason, ...Reason[]] };

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
  readonly #computed: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly node: ComputedNode;
    readonly reads: readonly string[];
  }[];

  constructor(table: RecordContract) {
    this.#table = table;
    this.#rules = rowRules(table).map((rule) => ({ ...rule, columns: columnsOf(rule.condition) }));
    this.#typeOf = columnTypes(table);
    this.#read = table.columns.flatMap((column) =>
      column.computed === undefined ? { column, paths: pathsOfColumn(column) } : [],
    );
    this.#computed = table.columns.flatMap(({ name, type, computed: node }) =>
      node === undefined ? [] : { name, type, node, reads: readsOf(node) },
    );
    this.#knownKeys = new Set(
      this.#read.flatMap(({ paths }) => paths.map(([key = ""]) => String(key))),
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
          : `the record is not JSON: ${error instanceof Error ? error.message : String(error)}`;
      return refuse({ column: null, rule: "malformed_json", message });
    }
    if (!isJsonObject(record)) {
      const message = `the record is ${describeJson(record)}, not an object`;
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

const refuse = (reason: Reason): Verdict => ({ outcome: "refused", reasons: [reason] });
