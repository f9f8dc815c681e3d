/** What identifies a relation's rows. */
import type { Relation } from "@lakehouse/lake/relations";
import { childKeyOf } from "@lakehouse/transforms/contract/check-child";

/** The columns that no two rows of a relation have in common; empty if that is not known. */
export function primaryKeyOf(relation: Relation): readonly string[] {
  switch (relation.kind) {
    case "current":
      return relation.table.primaryKey;
    case "model": {
      const { name, childOf: parent } = relation.model;
      const child = parent?.columns.find((column) => column.name === name)?.child;
      return parent === undefined || child === undefined ? [] : childKeyOf(parent, child);
    }
    case "silver":
    case "quarantine":
      return [];
  }
}
