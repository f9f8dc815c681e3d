/** Makes the points of a chart from rows that the page has. */
import type { ChartData, ChartPoint, ResultColumnData, Value } from "../../data.ts";
import { valueText } from "../value-text.ts";
import type { ChartChoice } from "./choose-chart.ts";
import { histogramOf } from "./histogram.ts";
import { stepOf, stepStart } from "./time-step.ts";

/** Bars beyond these are too thin to read. */
const mostCategories = 30;

type Row = readonly Value[];
type Aggregate = NonNullable<ChartChoice["aggregate"]>;

/** A line over time, a histogram of numbers, or bars of categories. */
export function chartOfRows(
  columns: readonly ResultColumnData[],
  rows: readonly Row[],
  { x, y, aggregate = "sum" }: ChartChoice,
): ChartData {
  const at = (row: Row, name: string | undefined) =>
    row[columns.findIndex((column) => column.name === name)] ?? null;
  const value = (row: Row) => (y === undefined ? 1 : numberOf(at(row, y)));
  const known = rows.filter((row) => at(row, x) !== null && value(row) !== null);
  const pairs = known.map((row) => [at(row, x), value(row) ?? 0] as const);
  const others = rows.length - known.length;
  const kind = columns.find(({ name }) => name === x)?.kind;
  const how = y === undefined ? "sum" : aggregate;
  switch (kind) {
    case "time": {
      const times = pairs.map(([time, number]) => [Date.parse(valueText(time)), number] as const);
      const valid = times.filter(([time]) => !Number.isNaN(time));
      const step = stepOf(valid.map(([time]) => time));
      const groups = group(valid.map(([time, number]) => [stepStart(time, step), number]));
      const points = reduced(groups, how).toSorted((a, b) => (a.x < b.x ? -1 : 1));
      return { mark: "line", step, points, others: others + pairs.length - valid.length };
    }
    case "number": {
      const numbers = pairs.map(([each, number]) => [numberOf(each) ?? 0, number] as const);
      const { step, groups } = histogramOf(numbers);
      return { mark: "histogram", step: String(step), points: reduced(groups, how), others };
    }
    default: {
      const groups = group(pairs.map(([each, number]) => [valueText(each), number]));
      const bars = reduced(groups, how).toSorted((a, b) => b.y - a.y);
      return {
        mark: "bar",
        step: null,
        points: bars.slice(0, mostCategories),
        others: Math.max(0, bars.length - mostCategories),
      };
    }
  }
}

function numberOf(value: Value): number | null {
  const number = value === null || typeof value === "object" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}

function group<K>(pairs: readonly (readonly [K, number])[]): Map<K, number[]> {
  const groups = new Map<K, number[]>();
  for (const [key, number] of pairs) {
    const numbers = groups.get(key) ?? [];
    numbers.push(number);
    groups.set(key, numbers);
  }
  return groups;
}

function reduced(
  groups: ReadonlyMap<string | number, readonly number[]>,
  aggregate: Aggregate,
): ChartPoint[] {
  return [...groups].map(([x, numbers]) => ({ x, y: reduce(numbers, aggregate) }));
}

function reduce(numbers: readonly number[], aggregate: Aggregate): number {
  const sum = () => numbers.reduce((total, each) => total + each, 0);
  switch (aggregate) {
    case "sum":
      return sum();
    case "mean":
      return sum() / numbers.length;
    case "min":
      return numbers.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
    case "max":
      return numbers.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  }
}
