/** Refused records by day of arrival. */
import type { JSX } from "preact";
import type { RefusalsData } from "../../../data.ts";
import { lazy } from "../../parts/lazy.tsx";
import { hashOf } from "../../routes.ts";
import { daysOf, parametersOf, type Selection } from "./selection.ts";

const DayBars = lazy("the chart", async () => (await import("../../chart/day-bars.tsx")).DayBars);

/** A bar for each day, in parts by table. A click selects the day. */
export function DayChart({
  refusals,
  selection,
}: {
  readonly refusals: RefusalsData;
  readonly selection: Selection;
}): JSX.Element {
  return (
    <figure class="chart">
      <figcaption>Refused records by day of arrival (UTC)</figcaption>
      <DayBars
        days={daysOf(refusals, selection)}
        selected={selection.day}
        onSelect={(day) => {
          location.hash = hashOf(
            "quarantine",
            null,
            parametersOf({ ...selection, day: day === selection.day ? null : day }),
          );
        }}
      />
    </figure>
  );
}
