/** The contract of a table: what a record must be to become a row. */
import { ContractError } from "../errors.ts";
import { didYouMean } from "../mistakes/nearest.ts";
import { isRecord, type Mistake, shown } from "../mistakes/options.ts";
import { located, placeOf, placeOfCall } from "../mistakes/place.ts";
import { refuseIf } from "../mistakes/refuse.ts";
import type { RowCountCheck } from "../model/check.ts";
import { checkChild } from "./check-child.ts";
import { definitionMistake, unwrapPath } from "./check-definition.ts";
import { checkPersonal } from "./check-personal.ts";
import { checkTable } from "./check-table.ts";
import {
  type Child,
  defaultFormat,
  type FileFormat,
  type ModelFormat,
  type Table,
  type TableColumn,
  type UnknownColumns,
} from "./checked-table.ts";
import { Each, positionColumn } from "./child.ts";
import { Column, type ColumnSpec, int32 } from "./column.ts";
import { type Computed, type ComputedNode, computedNode } from "./computed.ts";
import {
  type Condition,
  type ConditionNode,
  checkIsCondition,
  type Row,
  rowOf,
} from "./condition.ts";
import type { Expectation } from "./expectation.ts";
import { fingerprint, silverFingerprint } from "./fingerprint.ts";
import type { Partitioning } from "./partition.ts";
import { type Path, pathText } from "./path.ts";
import { isPersonalColumn, keptColumns, recordTable } from "./personal.ts";
import type { SentRecord } from "./sent.ts";
import type { Source } from "./source.ts";

// So that a contract's author needs one import only.
export type {
  FileFormat,
  ModelFormat,
  Table,
  TableColumn,
  UnknownColumns,
} from "./checked-table.ts";

/** A contract as the user writes it. */
export interface TableDefinition<
  C extends Readonly<Record<string, Column>>,
  N extends string = string,
  H extends Children = Children,
  X extends keyof C = keyof C,
> {
  /** Lower-case letters, digits and `_`, because it names a folder, a SQL table and AWS resources. */
  readonly name: N;
  readonly description?: string;
  readonly columns: C;
  /**
   * The columns that identify a row. Of several records with the same key, the latest wins. Without it, the table is
   * append-only: each accepted record is a row, and one that is delivered twice is two.
   */
  readonly primaryKey?: readonly (keyof C & string)[];
  /**
   * Divides current rows by the day, month or year of a column. A key must always fall in the same partition. Without
   * it, as in a table of customers or devices, current rows have one partition.
   */
  readonly partitionBy?: Partitioning<keyof C & string>;
  /**
   * The columns that decide which of several records with the same key is the latest: `"updated_at"`, or
   * `["updated_at", "version"]`. The greatest value wins, and null is the smallest. If they are equal, and without
   * `orderBy`, the latest arrival wins.
   */
  readonly orderBy?: (keyof C & string) | readonly (keyof C & string)[];
  /**
   * A record that fulfils it removes its key: `deleteWhen: (row) => row.op.eq("d")`. A later record brings the key back. An
   * earlier one that arrives after it does not. Silver keeps all of them.
   */
  readonly deleteWhen?: (row: Row<C>) => Condition;
  /** Promises that all records of a key fall in one partition, so that runs look for a key only there. */
  readonly keysNeverMove?: boolean;
  /**
   * Computes columns from others: `computed: (row) => ({ is_large: row.amount.gt(1000) })`. Such a column is in `columns`, too,
   * with its type. It is not read from the record. Write it after `columns`.
   */
  readonly computed?: (row: Row<C>) => { readonly [N in X]?: Computed };
  /**
   * Tables of the elements of arrays: `children: { order_lines: each("line_items", { … }) }`. Their current rows are those of
   * this table's current rows.
   */
  readonly children?: H;
  readonly unknownColumns?: UnknownColumns;
  /**
   * Takes records out of an array: `unwrap: "Records"` for `{"Records": [...]}`, `unwrap: "detail.items"` for one further inside,
   * `unwrap: []` if the whole value is an array. Without it, each value is a record.
   */
  readonly unwrap?: string | Path;
  /** How files are written, if not as JSON: `source: csv({ delimiter: ";" })`. */
  readonly source?: Source;
  /** Write it after `columns`: its row has their names and types. */
  readonly expectations?: (row: Row<C>) => readonly Expectation[];
  /** Checks of the table's current rows. If one fails, nothing is published. */
  readonly checks?: readonly RowCountCheck[];
  readonly format?: { readonly silver?: FileFormat; readonly gold?: ModelFormat };
}

type Children = Readonly<Record<string, Each>>;

/** A child's name and columns for the type checker: its own, and those that it may have from its parent. */
export interface TypedChild<C extends Readonly<Record<string, Column>>, N, E extends Each> {
  readonly name: N;
  readonly typedColumns: Omit<C, keyof E["columns"]> &
    E["columns"] & { readonly [positionColumn]: Column<"int32"> };
}

/** A finished contract that keeps its name and its columns' names and kinds for the type checker. */
export interface TypedTable<
  C extends Readonly<Record<string, Column>>,
  N extends string = string,
  H extends Children = Children,
  X = never,
> extends Table {
  readonly name: N;
  readonly typedColumns: C;
  /** Never there: what producers send, for the type checker. */
  readonly sent?: SentRecord<C, H, X>;
  readonly children: { readonly [K in keyof H & string]: TypedChild<C, K, H[K]> };
}

/**
 * @example
 * ```ts
 * export const orders = defineTable({
 *   name: "orders",
 *   columns: {
 *     order_id: int64().notNull(),
 *     amount: decimal(18, 2).notNull(),
 *     order_date: date().notNull(),
 *   },
 *   primaryKey: ["order_id"],
 *   partitionBy: month("order_date"),
 *   expectations: (row) => [expectation("amount is positive", row.amount.gt(0))],
 * });
 * ```
 *
 * Defines a table's contract, and validates it.
 *
 * @throws ContractError that names the table, the column and the fix.
 */
export function defineTable<
  const C extends Readonly<Record<string, Column>>,
  const N extends string = string,
  const H extends Children = Readonly<Record<never, never>>,
  const X extends keyof C & string = never,
>(definition: TableDefinition<C, N, H, X>): TypedTable<C, N, H, X> {
  const where = `table ${typeof definition?.name === "string" ? definition.name : "without a name"}`;
  refuseIf(where, definitionMistake(definition));
  for (const [name, column] of Object.entries(definition.columns)) {
    refuseIf(`${definition.name}.${name}`, Column.mistakeOf(column), column);
  }
  const computed = computedOf(definition);
  const own = Object.entries(definition.columns).map(([name, column]): TableColumn => {
    const spec = definition.source === undefined ? column.spec : textSpec(column.spec);
    const node = computed.get(name);
    return node === undefined
      ? { ...spec, name, path: spec.path ?? [name] }
      : { ...spec, name, path: spec.path ?? [], computed: node };
  });
  const children: Children = definition.children ?? {};
  const columns = [...own, ...childrenOf(definition.name, definition.columns, children)];
  const contract = {
    name: definition.name,
    columns,
    unknownColumns: definition.unknownColumns ?? "ignore",
    unwrap: unwrapOf(definition.unwrap),
    source: definition.source,
    expectations: expectationsOf(definition),
    format: { silver: defaultFormat, gold: defaultFormat, ...definition.format },
  } as const;
  const silverContract = { ...contract, format: contract.format.silver };
  const { primaryKey = [], partitionBy, keysNeverMove = false } = definition;
  const orderBy = [definition.orderBy ?? []].flat();
  const deleteWhen = deletionOf(definition);
  const isPersonal = columns.some(isPersonalColumn);
  const kept = isPersonal ? keptColumns(columns) : columns;
  const table = {
    ...contract,
    columns: kept,
    recordColumns: isPersonal ? columns : undefined,
    description: definition.description ?? "",
    primaryKey,
    partitionBy,
    orderBy,
    deleteWhen,
    keysNeverMove,
    checks: definition.checks ?? [],
    silverFingerprint: silverFingerprint(silverContract),
    earlierFingerprint: fingerprint(silverContract),
    currentFingerprint: fingerprint({
      columns: kept.map(({ name, type }) => ({ name, type })),
      primaryKey,
      partitionBy,
      // Absent if unused, so that gold of earlier versions stays as it is.
      orderBy: orderBy.length > 0 ? orderBy : undefined,
      deleteWhen,
      keysNeverMove: keysNeverMove ? true : undefined,
    }),
  } satisfies Table;
  const read = recordTable<Table>(table);
  try {
    checkTable(read);
    for (const column of columns) {
      checkChild(read, column);
    }
    checkPersonal(read);
  } catch (error) {
    throw error instanceof ContractError
      ? error.at(placeWithin(definition.name, definition.columns, error))
      : error;
  }
  return located({
    ...table,
    typedColumns: definition.columns,
    children: typedChildren(definition.columns, children) as TypedTable<C, N, H>["children"],
  });
}

function typedChildren(columns: Readonly<Record<string, Column>>, children: Children): object {
  return Object.fromEntries(
    Object.entries(children).map(([name, made]) => {
      const typedColumns = { ...columns, [positionColumn]: int32(), ...made.columns };
      return [name, { name, typedColumns }];
    }),
  );
}

/** A column for each child, with its elements. */
function childrenOf(
  table: string,
  columns: Readonly<Record<string, Column>>,
  children: Children,
): TableColumn[] {
  return Object.entries(children).map(([name, made]) => {
    refuseIf(`${table}, child ${name}`, Each.mistakeOf(made));
    if (Object.hasOwn(columns, name)) {
      const problem = "it has a column of the same name, and keeps a child's elements in one";
      refuseIf(`${table}, child ${name}`, { problem, hint: "Rename one of them." });
    }
    const { description, ...options } = made.options;
    const {
      columns: own,
      recordColumns,
      primaryKey,
      unknownColumns,
      expectations,
    } = defineTable({
      ...options,
      name,
      columns: made.columns,
    });
    const child: Child = { columns: own, recordColumns, primaryKey, unknownColumns, expectations };
    return {
      name,
      type: { kind: "json" },
      nullable: true,
      description: description ?? `The elements of ${pathText(made.path)}, each a row of ${name}`,
      path: made.path,
      child,
    };
  });
}

/** The line of the column that the error names, otherwise the line of the call. */
function placeWithin(
  name: string,
  columns: Readonly<Record<string, Column>>,
  { where }: ContractError,
): string | undefined {
  const column = Object.entries(columns).find(([each]) => where === `${name}.${each}`)?.[1];
  return column === undefined ? placeOfCall() : placeOf(column);
}

/** Returns a contract's expectations. A mistake in one names the table too. */
function expectationsOf<const C extends Readonly<Record<string, Column>>>({
  name,
  columns,
  expectations,
}: Pick<TableDefinition<C>, "name" | "columns" | "expectations">): readonly Expectation[] {
  const made = within(name, columns, () =>
    expectations === undefined ? [] : expectations(rowOf(columns)),
  );
  refuseIf(`table ${name}`, listMistake(made));
  return made;
}

/** The column as rows of CSV have it: a number that counts time is text, too. */
function textSpec(spec: ColumnSpec): ColumnSpec {
  const { reading } = spec;
  return reading?.epoch === undefined ? spec : { ...spec, reading: { ...reading, coerce: true } };
}

/** Undefined, as in the fingerprints of contracts without it, if there are no envelopes. */
function unwrapOf(unwrap: string | Path | undefined): Path | undefined {
  const path = unwrap === undefined ? undefined : unwrapPath(unwrap);
  return path === undefined || "problem" in path ? undefined : path;
}

/** Returns what a contract's columns are computed from, by name. */
function computedOf<const C extends Readonly<Record<string, Column>>>({
  name,
  columns,
  computed,
}: Pick<TableDefinition<C>, "name" | "columns"> & {
  readonly computed?: (row: Row<C>) => unknown;
}): ReadonlyMap<string, ComputedNode> {
  const made: unknown = within(name, columns, () =>
    computed === undefined ? {} : computed(rowOf(columns)),
  );
  const hint = "Return an object: (row) => ({ is_large: row.amount.gt(1000) }).";
  if (!isRecord(made)) {
    refuseIf(`table ${name}`, { problem: `its computed returns ${shown(made)}`, hint });
    return new Map();
  }
  return new Map(
    Object.entries(made).map(([column, value]) => {
      const where = `${name}.${column}`;
      if (!Object.hasOwn(columns, column)) {
        const problem = "it is computed, but there is no such column";
        refuseIf(where, { problem, hint: didYouMean(column, Object.keys(columns)) });
      }
      const node = computedNode(value);
      if (node === undefined) {
        const problem = `it is computed from ${shown(value)}`;
        refuseIf(where, { problem, hint: "Write a condition, or when(…).otherwise(…)." });
        throw new Error(problem);
      }
      return [column, node];
    }),
  );
}

/** Returns a contract's condition of deletion. */
function deletionOf<const C extends Readonly<Record<string, Column>>>({
  name,
  columns,
  deleteWhen,
}: Pick<TableDefinition<C>, "name" | "columns" | "deleteWhen">): ConditionNode | undefined {
  return within(name, columns, () => {
    const condition = deleteWhen?.(rowOf(columns));
    if (deleteWhen !== undefined) {
      checkIsCondition("deleteWhen", condition);
    }
    return condition?.node;
  });
}

/** Adds the table's name to the error of a rule. */
function within<T>(name: string, columns: Readonly<Record<string, Column>>, rule: () => T): T {
  try {
    return rule();
  } catch (error) {
    throw error instanceof ContractError
      ? error.within(name, Object.hasOwn(columns, error.where))
      : error;
  }
}

function listMistake(made: unknown): Mistake | undefined {
  const hint = "Return a list: (row) => [expectation(…)].";
  if (!Array.isArray(made)) {
    const what = made === undefined ? "nothing" : shown(made);
    return { problem: `its expectations return ${what}`, hint };
  }
  const wrong = made.findIndex(
    (each) => !(isRecord(each) && "condition" in each && "consequence" in each),
  );
  return wrong === -1
    ? undefined
    : { problem: `one of its expectations is ${shown(made[wrong])}`, hint };
}

/** What producers send to a table: of a contract, a record by its columns. */
export type RecordOf<T extends Table> = T extends { readonly sent?: infer R }
  ? unknown extends R
    ? Readonly<Record<string, unknown>>
    : NonNullable<R>
  : Readonly<Record<string, unknown>>;
