/** Adds up a relation's rows for a chart, in the engine: a chart of a million rows has as many points as one of a hundred. */
import { literal } from "@lakehouse/formats/sql-text";
import type { ChartData, ChartPoint, ChartRequest } from "@lakehouse/page/data";
import type { JsonValue, Session } from "../engine/engine.ts";
import { kindOfResult } from "./column-kind.ts";
import { fromSql, named, type SelectedRelation } from "./rows-sql.ts";

const mostSteps = 120;
const ranges = 30;
const mostCategories = 20;
const day = 24 * 60 * 60;
/** The steps of time, with their length in seconds. */
const steps: readonly (readonly [string, number])[] = [
  ["second", 1],
  ["minute", 60],
  ["hour", 60 * 60],
  ["day", day],
  ["week", 7 * day],
  ["month", 30 * day],
  ["quarter", 91 * day],
  ["year", 365 * day],
  ["decade", 3_650 * day],
  ["century", 36_500 * day],
];

/** @throws UnknownColumnError, EngineError */
export async function chartData(
  session: Session,
  relation: SelectedRelation,
  request: ChartRequest,
): Promise<ChartData> {
  const x = named(relation, request.x);
  const type = relation.columns.find(({ name }) => name === request.x)?.type ?? "";
  const from = (...more: readonly string[]) => fromSql(relation, request.filters, ...more);
  const y = valueSql(relation, request);
  switch (kindOfResult(type)) {
    case "time":
      return await overTime(session, { x, y, from, isDate: type === "DATE" });
    case "number":
      return await inRanges(session, { x, y, from });
    case "text":
    case "boolean":
    case "other":
      return await byCategory(session, { x, y, from });
  }
}

interface Parts {
  readonly x: string;
  readonly y: string;
  /** `from … where …` with further conditions. */
  readonly from: (...more: readonly string[]) => string;
}

const aggregates = { sum: "sum", mean: "avg", min: "min", max: "max" } as const;

function valueSql(relation: SelectedRelation, { y, aggregate = "sum" }: ChartRequest): string {
  return y === undefined
    ? "count(*)"
    : `${aggregates[aggregate]}(cast(${named(relation, y)} as double))`;
}

async function overTime(
  session: Session,
  { x, y, from, isDate }: Parts & { readonly isDate: boolean },
): Promise<ChartData> {
  const seconds = `epoch(cast(${x} as timestamp))`;
  const [range] = await session.rows(
    `select max(${seconds}) - min(${seconds}) as length, count(*) - count(${x}) as missing ${from()}`,
  );
  const length = number(range?.["length"]);
  const possible = isDate ? steps.filter(([, size]) => size >= day) : steps;
  const [step] = possible.find(([, size]) => length / size <= mostSteps) ?? ["century"];
  const points = await pointsOf(
    session,
    `select strftime(date_trunc(${literal(step)}, cast(${x} as timestamp)), '%Y-%m-%dT%H:%M:%SZ') as x, ${y} as y
    ${from(`${x} is not null`)} group by 1 order by 1`,
  );
  return { mark: "line", step, points, others: number(range?.["missing"]) };
}

async function inRanges(session: Session, { x, y, from }: Parts): Promise<ChartData> {
  const value = `cast(${x} as double)`;
  const finite = `isfinite(${value})`;
  const [range] = await session.rows(
    `select min(${value}) filter (${finite}) as low, max(${value}) filter (${finite}) as high,
    count(*) - count(*) filter (${x} is not null and ${finite}) as missing ${from()}`,
  );
  const size = rangeSize(number(range?.["high"]) - number(range?.["low"]));
  const points = await pointsOf(
    session,
    `select floor(${value} / ${size}) * ${size} as x, ${y} as y
    ${from(finite)} group by 1 order by 1`,
  );
  const step = String(size);
  return { mark: "histogram", step, points, others: number(range?.["missing"]) };
}

/** A round number: 1, 2 or 5, times a power of ten. */
function rangeSize(length: number): number {
  if (!(length > 0)) {
    return 1;
  }
  const least = length / ranges;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((each) => each * power >= least) ?? 10;
  return Number((factor * power).toPrecision(1));
}

async function byCategory(session: Session, { x, y, from }: Parts): Promise<ChartData> {
  const text = `cast(${x} as varchar)`;
  const points = await pointsOf(
    session,
    `select ${text} as x, ${y} as y ${from(`${x} is not null`)}
    group by 1 order by 2 desc nulls last, 1 limit ${mostCategories}`,
  );
  const [all] = await session.rows(`select count(distinct ${text}) as categories ${from()}`);
  const others = Math.max(0, number(all?.["categories"]) - points.length);
  return { mark: "bar", step: null, points, others };
}

async function pointsOf(session: Session, sql: string): Promise<ChartPoint[]> {
  const rows = await session.rows(sql);
  return rows.flatMap(({ x, y }) =>
    (typeof x === "string" || typeof x === "number") && y !== null ? [{ x, y: number(y) }] : [],
  );
}

function number(value: JsonValue | undefined): number {
  const found = Number(value ?? 0);
  return Number.isFinite(found) ? found : 0;
}
