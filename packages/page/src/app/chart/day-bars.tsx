/** Records by day, as bars in parts by table. */
import { pointerX, rectY, ruleY, tip } from "@observablehq/plot";
import type { JSX } from "preact";
import type { DayData } from "../../data.ts";
import { formatCountOf, formatDay, formatShort } from "../format.ts";
import { PlotFigure } from "./plot-figure.tsx";
import { seriesColor } from "./series-color.ts";
import { Swatches } from "./swatches.tsx";

type Day = DayData & { readonly table: string };

/** The chart. @param onSelect Called with the day that was clicked. */
export function DayBars({
  days,
  selected,
  onSelect,
}: {
  readonly days: readonly Day[];
  readonly selected: string | null;
  readonly onSelect: (day: string) => void;
}): JSX.Element {
  const tables = [...new Set(days.map(({ table }) => table))];
  const total = days.reduce((sum, { records }) => sum + records, 0);
  const shade = ({ day }: Day) => (selected === null || day === selected ? 1 : 0.35);
  const most = Math.max(1, ...days.map(({ records }) => records));
  const drawn = days.map((each) => ({ ...each, date: new Date(`${each.day}T00:00:00Z`) }));
  return (
    <>
      {tables.length > 1 ? <Swatches names={tables} /> : null}
      <PlotFigure
        title={`${formatCountOf(total, "refused record")} by day`}
        inputs={[JSON.stringify(days), selected]}
        onClick={(datum) => {
          const day = (datum as Day | null | undefined)?.day;
          if (day !== undefined) {
            onSelect(day);
          }
        }}
        options={() => ({
          height: 180,
          marginLeft: 48,
          x: { type: "utc", label: null, domain: domainOf(drawn.map(({ date }) => date)) },
          y: { label: null, tickFormat: formatShort, ticks: Math.min(4, most), grid: true },
          color: { domain: tables, range: tables.map((_, index) => seriesColor(index)) },
          marks: [
            rectY(drawn, {
              x: "date",
              y: "records",
              fill: "table",
              fillOpacity: shade,
              interval: "day",
              insetLeft: 1,
              insetRight: 1,
            }),
            tip(
              drawn,
              pointerX({
                x: "date",
                y: "records",
                title: ({ day, table, records }: Day) =>
                  `${formatDay(day)}\n${table}: ${formatCountOf(records, "record")}`,
              }),
            ),
            ruleY([0]),
          ],
        })}
      />
    </>
  );
}

const dayLength = 86_400_000;
const fewestDays = 14;

/** All days, and at least two weeks, so that a bar is never as wide as the page. */
function domainOf(dates: readonly Date[]): [Date, Date] {
  const times = dates.map((date) => date.getTime());
  const end = Math.max(...times) + dayLength;
  return [new Date(Math.min(...times, end - fewestDays * dayLength)), new Date(end)];
}
