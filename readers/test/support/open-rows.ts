/** Rows of an open table with a column of each type: their extremes, and values whose bounds are easily wrong. */
import type { OpenColumn } from "@lakehouse/open-tables/table-schema";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import type { Row } from "./open-lake.ts";

/** More values whose bounds are easily wrong. */
const more: Readonly<Partial<Record<ColumnType["kind"], readonly string[]>>> = {
  int64: ["9007199254740993", "-9007199254740993"],
  date: ["1582-10-10", "1969-12-31"],
  timestamp: [
    "1582-10-10T00:00:00.000000Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-11-01T00:00:00.000500Z",
    "2026-11-01T00:00:00.000000Z",
  ],
  string: [
    `x${"\u{10ffff}".repeat(40)}`,
    "\uffff".repeat(40),
    `ü${"z".repeat(31)}é`,
    `😀${"é".repeat(40)}`,
  ],
};

/** The first column of an open table with every type. */
export const id: OpenColumn = { id: 1, name: "id", type: { kind: "int32" }, nullable: false };
/** The others, one for each type. */
export const typed = exampleTypes.map(
  (type, index): OpenColumn => ({ id: index + 2, name: `c${index}`, type, nullable: true }),
);
/** The values of each of them. */
export const values = typed.map(({ type }) => [
  ...definitionOf(type)
    .extremes(type)
    .map((each) => formatValue(type, each)),
  ...(more[type.kind] ?? []),
]);
const height = Math.max(...values.map(({ length }) => length)) + 1;
/** Each value in a row of its own column. The last row has only nulls. */
export const rows = Array.from(
  { length: height },
  (_, row): Row => [
    String(row),
    ...values.map((each) => (row === height - 1 ? null : (each[row % each.length] ?? null))),
  ],
);
