/**
 * The models of children: they make rows of the elements that a table's current rows hold as JSON. So a child always has
 * exactly the elements of its parent's current rows, whatever replaced or deleted them.
 */
import { inheritedColumns } from "../contract/check-child.ts";
import type { Child, Table } from "../contract/checked-table.ts";
import { positionColumn } from "../contract/child.ts";
import { Column } from "../contract/column.ts";
import { pathText } from "../contract/path.ts";
import { locatedAs } from "../mistakes/place.ts";
import { sqlType } from "../types/column-type.ts";
import { defineModel, full, incremental, type Model } from "./model.ts";

/** Returns a model for each child of a table. */
export function childModelsOf(table: Table): readonly Model[] {
  return table.columns.flatMap(({ name, description = "", path, child }) => {
    if (child === undefined) {
      return [];
    }
    const inherited = inheritedColumns(table);
    const position = {
      type: { kind: "int32" },
      nullable: false,
      description: `The number of the element in ${pathText(path)}, from 0`,
    } as const;
    const columns = [...inherited, { ...position, name: positionColumn }, ...child.columns];
    const model = defineModel({
      name,
      description,
      materialization: table.partitionBy === undefined ? full() : incremental(table),
      columns: Object.fromEntries(columns.map((column) => [column.name, new Column(column)])),
      sql: elementsSql(table, name, child),
      format: "table",
    });
    return locatedAs({ ...model, hasOwnFormat: true, childOf: table }, table);
  });
}

/**
 * Reads one element after the other, because an array may be large. Names of contracts need no escapes in SQL. Those that begin
 * with an underscore are not a contract's.
 */
function elementsSql(table: Table, name: string, { columns }: Child): string {
  const inherited = inheritedColumns(table).map((column) => `"${column.name}"`);
  const structure = JSON.stringify(
    Object.fromEntries(columns.map((column) => [column.name, "VARCHAR"])),
  );
  const values = columns.map(
    (column) => `cast(__element."${column.name}" as ${sqlType(column.type)}) as "${column.name}"`,
  );
  const list = (parts: readonly string[]): string => parts.join(",\n  ");
  return `select
  ${list([...inherited, `"${positionColumn}"`, ...values])}
from (
  select
  ${list([
    ...inherited.map((column) => `__row.${column}`),
    `cast(__each.key as integer) as "${positionColumn}"`,
    `from_json(__each.value, '${structure}') as __element`,
  ])}
  from "${table.name}" as __row, json_each(__row."${name}") as __each
)
`;
}
