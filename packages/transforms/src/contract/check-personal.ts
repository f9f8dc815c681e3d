/** Checks that a contract keeps personal data out of silver: no other column, key or rule may need what `pii()` removes. */
import { ContractError } from "../errors.ts";
import { typeName } from "../types/column-type.ts";
import { definitionOf } from "../types/types.ts";
import { columnsOf } from "../validate/condition.ts";
import { pathsOfColumn, type Table, type TableColumn } from "./checked-table.ts";
import { operandsOf } from "./computed.ts";
import { type Path, pathText } from "./path.ts";
import { isPersonalColumn } from "./personal.ts";

type PersonalColumn = TableColumn & { readonly pii: NonNullable<TableColumn["pii"]> };

/**
 * @param table With the columns that records have.
 * @throws ContractError at the first mistake.
 */
export function checkPersonal(table: Table): void {
  for (const column of table.columns.filter(isPersonalColumn)) {
    if (hasMethod(column)) {
      checkMethod(table, column);
      checkRoles(table, column);
    }
    checkOthers(table, column);
  }
  if (table.columns.every(({ pii }) => pii === "drop")) {
    throw new ContractError(
      `table ${table.name}`,
      'all of its columns have pii("drop"), so silver would have none',
      "Keep at least one column.",
    );
  }
}

function hasMethod(column: TableColumn): column is PersonalColumn {
  return column.pii !== undefined;
}

function checkMethod(table: Table, { name, type, pii, computed }: PersonalColumn): void {
  const fail = failureOf(table, name);
  if (computed !== undefined) {
    fail(
      `it is computed, and has pii(${JSON.stringify(pii)})`,
      "Mark the columns that it is computed from.",
    );
  }
  if (pii !== "hash") {
    return;
  }
  if (type.kind === "boolean") {
    fail(
      'a boolean has pii("hash"), but two hashes are as easy to tell apart as two values',
      'Write pii("mask") or pii("drop").',
    );
  }
  if (!definitionOf(type).isExact) {
    fail(
      `a column of type ${typeName(type)} can't have pii("hash"), because equal values may be written in several ways`,
      'Write pii("mask") or pii("drop"), or read it as string().',
    );
  }
}

/** What the table itself needs of the column. */
function checkRoles(table: Table, { name, pii }: PersonalColumn): void {
  const fail = failureOf(table, name);
  const call = `pii(${JSON.stringify(pii)})`;
  if (table.primaryKey.includes(name) && pii !== "hash") {
    fail(
      `a key column has ${call}, so its rows could not be told apart`,
      'Write pii("hash"): equal keys have equal hashes.',
    );
  }
  if (table.partitionBy?.column === name) {
    fail(
      `the partition column has ${call}, but only a date has a day, month or year`,
      "Partition by another column, or remove pii().",
    );
  }
  if (table.orderBy.includes(name)) {
    fail(
      `the orderBy names it, but it has ${call}, which leaves nothing to compare`,
      "Order by another column, or remove pii().",
    );
  }
  if (table.deleteWhen !== undefined && columnsOf(table.deleteWhen).includes(name)) {
    fail(
      `the deleteWhen reads it, but it has ${call}, and deleteWhen reads silver`,
      "Compute a boolean column from it, and use that in deleteWhen.",
    );
  }
}

/** A column without `pii()` must not hold the value, too. Of a child, no other column may read anything. */
function checkOthers(table: Table, personal: TableColumn): void {
  const paths = pathsOfColumn(personal);
  const others = table.columns.filter(
    (each) =>
      each !== personal &&
      (!isPersonalColumn(each) || (each.child ?? personal.child) !== undefined),
  );
  for (const column of others) {
    const fail = failureOf(table, column.name);
    if (column.computed !== undefined) {
      const copies = operandsOf(column.computed).some(
        (operand) => operand?.kind === "column" && operand.name === personal.name,
      );
      if (copies) {
        fail(
          `it is computed from ${personal.name}, whose values are personal data`,
          "Use a literal or another column as its value. A condition may read it.",
        );
      }
      continue;
    }
    const shared = pathsOfColumn(column).find((path) => paths.some((each) => overlap(path, each)));
    if (shared !== undefined) {
      fail(
        `it reads ${pathText(shared)}, which holds the personal data of ${personal.name}`,
        "Give it pii(), too, or read only other parts of it.",
      );
    }
  }
}

/** Whether one of two paths leads to the other. */
function overlap(one: Path, other: Path): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((key, at) => key === other[at]);
}

function failureOf({ name }: Table, column: string) {
  return (problem: string, hint: string): never => {
    throw new ContractError(`${name}.${column}`, problem, hint);
  };
}
