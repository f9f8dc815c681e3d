/** The statistics of a data file in a Delta log, as JSON. */
import type { Side } from "@lakehouse/transforms/types/bounds";
import { parseText } from "@lakehouse/transforms/types/column-type";
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { DataFile } from "../data-file.ts";
import type { OpenColumn } from "../table-schema.ts";

/** Numbers are written digit by digit: `JSON.stringify` would round them to doubles. */
export function statisticsOf(columns: readonly OpenColumn[], file: DataFile): string {
  const bounds = (side: Side) =>
    object(columns.map(({ name, type }) => [name, boundOf({ name, type }, file, side)]));
  const nulls = columns.map(({ name }) => {
    const known = file.columns[name];
    // A column that the file does not have is null in all of its rows.
    const count = known === undefined ? file.rows : known.nulls;
    return [name, count === undefined ? undefined : String(count)] as const;
  });
  return object([
    ["numRecords", String(file.rows)],
    ["minValues", bounds("lower")],
    ["maxValues", bounds("upper")],
    ["nullCount", object(nulls)],
  ]);
}

function boundOf(
  { name, type }: Pick<OpenColumn, "name" | "type">,
  { columns }: DataFile,
  side: Side,
): string | undefined {
  const text = side === "lower" ? columns[name]?.min : columns[name]?.max;
  const parsed = text === undefined ? undefined : parseText(type, text);
  return parsed?.ok === true ? definitionOf(type).deltaBound(parsed.value, side, type) : undefined;
}

/** A JSON object of values that are JSON. */
function object(members: readonly (readonly [string, string | undefined])[]): string {
  const written = members.flatMap(([name, json]) =>
    json === undefined ? [] : [`${JSON.stringify(name)}:${json}`],
  );
  return `{${written.join(",")}}`;
}
