/** Draws the points of a chart. */
import {
  areaY,
  barX,
  dot,
  lineY,
  type PlotOptions,
  pointer,
  pointerX,
  rectY,
  ruleX,
  ruleY,
  tip,
} from "@observablehq/plot";
import type { JSX } from "preact";
import type { ChartData, ChartPoint } from "../../data.ts";
import { formatDay, formatShort } from "../format.ts";
import { PlotFigure } from "./plot-figure.tsx";

const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });
const axis = { label: null, tickFormat: formatShort, grid: true } as const;

/** The drawing. */
export function ChartPlot({
  data,
  title,
}: {
  readonly data: ChartData;
  readonly title: string;
}): JSX.Element {
  return <PlotFigure title={title} inputs={[data]} options={() => optionsOf(data)} />;
}

function optionsOf(data: ChartData): PlotOptions {
  switch (data.mark) {
    case "line":
      return line(data);
    case "bar":
      return bars(data);
    case "histogram":
      return histogram(data);
  }
}

function line({ points }: ChartData): PlotOptions {
  const drawn = points.map((point) => ({ ...point, time: new Date(point.x) }));
  const at = { x: "time", y: "y" };
  return {
    height: 260,
    marginLeft: 56,
    x: { type: "utc", label: null },
    y: axis,
    marks: [
      areaY(drawn, { ...at, fill: "var(--accent)", fillOpacity: 0.12 }),
      lineY(drawn, { ...at, stroke: "var(--accent)", strokeWidth: 2 }),
      drawn.length === 1 ? dot(drawn, { ...at, fill: "var(--accent)" }) : null,
      tip(drawn, pointerX({ ...at, title: titleOf })),
      ruleY([0]),
    ],
  };
}

function bars({ points }: ChartData): PlotOptions {
  const drawn = points.map((point) => ({ ...point, name: shortName(String(point.x)) }));
  const at = { x: "y", y: "x" };
  return {
    height: 40 + 22 * drawn.length,
    marginLeft: 150,
    marginTop: 8,
    x: axis,
    y: {
      label: null,
      domain: drawn.map(({ x }) => x),
      tickFormat: (value: string) => shortName(String(value)),
      tickSize: 0,
    },
    marks: [
      barX(drawn, { ...at, fill: "var(--accent)", insetTop: 2, insetBottom: 2 }),
      tip(drawn, pointer({ ...at, title: titleOf })),
      ruleX([0]),
    ],
  };
}

function histogram({ points, step }: ChartData): PlotOptions {
  const size = Number(step ?? 1);
  const drawn = points.map((point) => ({
    ...point,
    from: Number(point.x),
    to: Number(point.x) + size,
  }));
  return {
    height: 260,
    marginLeft: 56,
    x: { label: null, tickFormat: formatShort },
    y: axis,
    marks: [
      rectY(drawn, { x1: "from", x2: "to", y: "y", fill: "var(--accent)", inset: 0.5 }),
      tip(
        drawn,
        pointerX({
          x: ({ from }: { from: number }) => from + size / 2,
          y: "y",
          title: (point: ChartPoint) =>
            `${exact.format(Number(point.x))} to ${exact.format(Number(point.x) + size)}\n${exact.format(point.y)}`,
        }),
      ),
      ruleY([0]),
    ],
  };
}

function titleOf({ x, y }: ChartPoint): string {
  const time = /^(\d{4}-\d\d-\d\d)(?:T00:00:00Z)?$/.exec(String(x))?.[1];
  return `${time === undefined ? x : formatDay(time)}\n${exact.format(y)}`;
}

/** A name that fits beside its bar. */
function shortName(name: string): string {
  const characters = [...name];
  return characters.length <= 20 ? name : `${characters.slice(0, 19).join("")}…`;
}
