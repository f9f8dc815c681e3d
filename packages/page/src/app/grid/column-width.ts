/** How wide the columns of a grid are. */
import type { ResultColumnData, Value } from "../../data.ts";
import { valueText } from "../value-text.ts";

const characterWidth = 7.6;
const padding = 26;
const least = 88;
const most = 340;

/** A width in pixels that fits the name and the first rows. */
export function columnWidth(
  { name }: ResultColumnData,
  index: number,
  rows: readonly (readonly Value[])[],
): number {
  const longest = rows
    .slice(0, 50)
    .reduce(
      (length, row) => Math.max(length, valueText(row[index] ?? null).length),
      name.length + 2,
    );
  return Math.round(Math.min(most, Math.max(least, longest * characterWidth + padding)));
}
