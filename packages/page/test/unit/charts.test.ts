/** Which chart is chosen for columns, and what it draws. */
import { describe, expect, test } from "vitest";
import { chartOfRows } from "../../src/app/chart/chart-of-rows.ts";
import { chooseChart } from "../../src/app/chart/choose-chart.ts";
import { histogramOf } from "../../src/app/chart/histogram.ts";
import { stepOf, stepStart } from "../../src/app/chart/time-step.ts";
import type { ColumnKind, ResultColumnData } from "../../src/data.ts";

function columnsOf(kinds: Readonly<Record<string, ColumnKind>>): ResultColumnData[] {
  return Object.entries(kinds).map(([name, kind]) => ({ name, type: "", kind }));
}

describe("the chart is chosen from the columns", () => {
  test.each<[string, Readonly<Record<string, ColumnKind>>, unknown]>([
    [
      "time first",
      { order_id: "number", amount: "number", city: "text", day: "time" },
      { x: "day", y: "amount", aggregate: "sum" },
    ],
    ["time without numbers", { order_id: "number", day: "time" }, { x: "day" }],
    [
      "then a category",
      { id: "number", city: "text", total: "number" },
      { x: "city", y: "total", aggregate: "sum" },
    ],
    ["then a number", { customer_id: "number", total: "number" }, { x: "total" }],
    ["only a key", { customer_id: "number" }, { x: "customer_id" }],
    ["nothing that can be drawn", { payload: "other" }, null],
  ])("%s", (_, kinds, expected) => {
    expect(chooseChart(columnsOf(kinds))).toEqual(expected);
  });

  test("keys are no values", () => {
    const columns = columnsOf({ code: "number", size: "number" });
    expect(chooseChart(columns, ["code"])).toEqual({ x: "size" });
  });
});

describe("points", () => {
  const columns = columnsOf({ day: "time", city: "text", amount: "number" });
  const rows = [
    ["2026-11-02", "Oslo", "1.5"],
    ["2026-11-01", "Bergen", 2],
    ["2026-11-02", "Oslo", null],
    [null, "Oslo", 4],
  ];

  test("a line is in the order of time", () => {
    expect(chartOfRows(columns, rows, { x: "day", y: "amount" })).toEqual({
      mark: "line",
      step: "day",
      points: [
        { x: "2026-11-01", y: 2 },
        { x: "2026-11-02", y: 1.5 },
      ],
      others: 2,
    });
  });

  test("bars are in the order of their size", () => {
    expect(chartOfRows(columns, rows, { x: "city" })).toEqual({
      mark: "bar",
      step: null,
      points: [
        { x: "Oslo", y: 3 },
        { x: "Bergen", y: 1 },
      ],
      others: 0,
    });
  });

  test.each([
    ["mean", 2.75],
    ["min", 1.5],
    ["max", 4],
  ] as const)("%s", (aggregate, expected) => {
    const { points } = chartOfRows(columns, rows, { x: "city", y: "amount", aggregate });
    expect(points).toContainEqual({ x: "Oslo", y: expected });
  });

  test("a histogram has ranges of one round size", () => {
    const { mark, step, points } = chartOfRows(columns, rows, { x: "amount" });
    expect({ mark, step }).toEqual({ mark: "histogram", step: "0.2" });
    expect(points.map(({ y }) => y)).toEqual([1, 1, 1]);
  });
});

test("a histogram of equal numbers has one range", () => {
  expect([
    ...histogramOf([
      [7, 1],
      [7, 1],
    ]).groups,
  ]).toEqual([[7, [1, 1]]]);
});

test.each([
  [["2026-01-01", "2026-03-01"], "day"],
  [["2020-01-01", "2026-01-01"], "month"],
  [["1900-01-01", "2026-01-01"], "year"],
  [["2026-01-01", "2026-01-01"], "day"],
  [["2026-01-01T10:00:00Z", "2026-01-01T10:02:30Z"], "second"],
  [["2026-01-01T10:00:00Z", "2026-01-03T10:30:00Z"], "hour"],
])("the step of %j is a %s", (times, expected) => {
  expect(stepOf(times.map((time) => Date.parse(time)))).toBe(expected);
});

test.each([
  ["second", "2026-11-27T06:07:08Z"],
  ["minute", "2026-11-27T06:07:00Z"],
  ["hour", "2026-11-27T06:00:00Z"],
  ["day", "2026-11-27"],
  ["month", "2026-11-01"],
  ["year", "2026-01-01"],
] as const)("the beginning of a %s", (step, expected) => {
  expect(stepStart(Date.parse("2026-11-27T06:07:08.9Z"), step)).toBe(expected);
});
