/** A small chart of days in a table's cell. */
import type { JSX } from "preact";
import type { DayData } from "../../../data.ts";

const width = 96;
const height = 20;

/** A bar for each day. The numbers are in the chart above the table. */
export function Sparkline({
  days,
  from,
  to,
}: {
  readonly days: readonly DayData[];
  readonly from: string | undefined;
  readonly to: string | undefined;
}): JSX.Element | null {
  if (from === undefined || to === undefined) {
    return null;
  }
  const start = Date.parse(from);
  const count = Math.round((Date.parse(to) - start) / 86_400_000) + 1;
  const most = Math.max(...days.map(({ records }) => records));
  const step = width / count;
  return (
    <svg class="sparkline" width={width} height={height} aria-hidden="true">
      {days.map(({ day, records }) => {
        const tall = Math.max(1, (records / most) * height);
        const index = Math.round((Date.parse(day) - start) / 86_400_000);
        return (
          <rect
            key={day}
            x={index * step}
            y={height - tall}
            width={Math.max(1, Math.min(12, step - 1))}
            height={tall}
          />
        );
      })}
    </svg>
  );
}
