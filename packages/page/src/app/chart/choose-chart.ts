/** Chooses a chart by the columns of rows: time gives a line, a category bars, numbers a histogram. */
import type { ChartRequest, ColumnKind, ResultColumnData } from "../../data.ts";

/** What to draw, without the relation. */
export type ChartChoice = Pick<ChartRequest, "x" | "y" | "aggregate">;

/**
 * Chooses what says most at first sight: the first column of time, otherwise the first category, otherwise the first number.
 * Over time and by category, the first number that is no key is added up; without one, rows are counted.
 *
 * @param keys Columns that identify a row: their numbers mean nothing.
 * @returns null if no column can be drawn.
 */
export function chooseChart(
  columns: readonly ResultColumnData[],
  keys: readonly string[] = [],
): ChartChoice | null {
  const first = (kind: ColumnKind, others: (name: string) => boolean) =>
    columns.find((column) => column.kind === kind && others(column.name))?.name;
  const isValue = (name: string) => !keys.includes(name) && !/(^|_)id$|^id_/i.test(name);
  const x =
    first("time", () => true) ??
    first("text", isValue) ??
    first("boolean", isValue) ??
    first("number", isValue) ??
    first("text", () => true) ??
    first("number", () => true);
  if (x === undefined) {
    return null;
  }
  const y =
    columns.find(({ name }) => name === x)?.kind === "number"
      ? undefined
      : first("number", isValue);
  return y === undefined ? { x } : { x, y, aggregate: "sum" };
}

/** The columns that can be on the horizontal axis. */
export function chartColumns(columns: readonly ResultColumnData[]): readonly ResultColumnData[] {
  return columns.filter(({ kind }) => kind !== "other");
}
