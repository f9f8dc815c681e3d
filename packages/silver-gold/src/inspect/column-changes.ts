/** Compares the columns of a contract or model with those that are published. Pure. */
import type { TableColumn } from "@lakehouse/transforms/contract/table";
import { typeName } from "@lakehouse/transforms/types/column-type";
import type { ColumnType } from "@lakehouse/transforms/types/types";

/** The names of types by the names of columns: `decimal(18,2)`. */
export type ColumnTypes = Readonly<Record<string, string>>;

/** How a column changes. Types are written as in contracts. */
export type ColumnChange =
  | {
      readonly change: "added";
      readonly column: string;
      readonly to: string;
      /** Whether records without the column will be refused. */
      readonly isRequired: boolean;
    }
  | { readonly change: "removed"; readonly column: string; readonly from: string }
  | {
      readonly change: "retyped";
      readonly column: string;
      readonly from: string;
      readonly to: string;
      /** Whether the new type holds all values of the old one. */
      readonly isWider: boolean;
    };

/** A column of a contract, or of a model, which has no rules. */
type DefinedColumn = { readonly name: string; readonly type: ColumnType } & Partial<
  Pick<TableColumn, "nullable" | "default" | "computed">
>;

/** Finds the columns that change. @param published Undefined if they are not known. */
export function columnChanges(
  published: ColumnTypes | undefined,
  columns: readonly DefinedColumn[],
): readonly ColumnChange[] {
  if (published === undefined) {
    return [];
  }
  const changes = columns.flatMap((column): ColumnChange[] => {
    const { name, type } = column;
    const [from, to] = [published[name], typeName(type)];
    if (from === undefined) {
      return [{ change: "added", column: name, to, isRequired: isRequired(column) }];
    }
    const isWider = isWiderType(from, to);
    return from === to ? [] : [{ change: "retyped", column: name, from, to, isWider }];
  });
  const names = new Set(columns.map(({ name }) => name));
  const removed = Object.entries(published)
    .filter(([name]) => !names.has(name))
    .map(([name, from]): ColumnChange => ({ change: "removed", column: name, from }));
  return [...changes, ...removed];
}

function isRequired(column: DefinedColumn): boolean {
  const { nullable = true, computed, default: standard } = column;
  return !nullable && computed === undefined && standard === undefined;
}

/**
 * Whether readers or producers of today may fail: a column is removed, its type is not wider, or records without a new
 * column will be refused.
 */
export function isBreakingChange(change: ColumnChange): boolean {
  switch (change.change) {
    case "added":
      return change.isRequired;
    case "removed":
      return true;
    case "retyped":
      return !change.isWider;
  }
}

/** Whether a type holds all values of another, in the same form. */
function isWiderType(from: string, to: string): boolean {
  if (from === "int32" && to === "int64") {
    return true;
  }
  const [before, after] = [decimalOf(from), decimalOf(to)];
  return (
    before !== undefined &&
    after !== undefined &&
    after.scale >= before.scale &&
    after.precision - after.scale >= before.precision - before.scale
  );
}

function decimalOf(type: string) {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined
    ? undefined
    : { precision: Number(precision), scale: Number(scale) };
}
