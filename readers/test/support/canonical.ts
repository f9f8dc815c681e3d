/** Rows of both engines in one form, so that they can be compared to the last digit. */
import { formats } from "@lakehouse/formats/formats";
import type { Relation } from "@lakehouse/lake/relations";
import type { TrinoRows, TrinoValue } from "../../src/trino/client.ts";
import type { LakehouseRows } from "./deployed-lake.ts";

/** Trino's rows, sorted. */
export function fromTrino({ columns, rows }: TrinoRows): string[] {
  return rows
    .map((row) => {
      const values = columns.map(({ name, type }, index) => [name, value(row[index], type)]);
      return JSON.stringify(Object.fromEntries(values));
    })
    .sort();
}

/** The rows of `lakehouse query`, sorted. */
export function fromLakehouse({ columns, rows }: LakehouseRows, relation?: Relation): string[] {
  // Athena reads an empty string in CSV as null.
  const emptyIsNull = relation !== undefined && formats[relation.format].glue.strings !== undefined;
  const nullable = new Set(
    relation?.columns.filter((column) => column.nullable).map(({ name }) => name),
  );
  return rows
    .map((row) => {
      const values = columns.map(({ name, type }) => {
        const found = row[name];
        return [
          name,
          emptyIsNull && nullable.has(name) && found === "" ? null : value(found, type),
        ];
      });
      return JSON.stringify(Object.fromEntries(values));
    })
    .sort();
}

/** A value as our canonical text, with null for null. Lists are lists of them. */
export function value(found: unknown, type: string): unknown {
  if (typeof found === "object" && found !== null) {
    return Object.values(found as Record<string, TrinoValue>).map((each) => value(each, ""));
  }
  if (typeof found !== "string") {
    return typeof found === "number" ? String(found) : found;
  }
  // As `lakehouse query` writes it: with all six digits.
  return /^timestamp/i.test(type)
    ? found.replace(
        /^([\d-]+)[ T]([\d:]+)(?:\.(\d+))?(?:Z| UTC)?$/,
        (_, day, time, fraction = "") => `${day}T${time}.${fraction.padEnd(6, "0")}Z`,
      )
    : found;
}
