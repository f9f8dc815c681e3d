/** A chart of a relation or a result, which the user can change. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ChartData, ResultColumnData } from "../../data.ts";
import { formatCountOf } from "../format.ts";
import { Empty, Show } from "../parts/loading.tsx";
import { useLoaded } from "../use-loaded.ts";
import { ChartControls } from "./chart-controls.tsx";
import { ChartPlot } from "./chart-plot.tsx";
import { type ChartChoice, chooseChart } from "./choose-chart.ts";

/** A chart chosen from the columns, with controls to choose another. */
export function Chart({
  columns,
  keys = [],
  load,
  inputs,
}: {
  readonly columns: readonly ResultColumnData[];
  /** Columns that identify a row. */
  readonly keys?: readonly string[];
  readonly load: (choice: ChartChoice) => Promise<ChartData>;
  /** What the points depend on besides the choice. */
  readonly inputs: readonly unknown[];
}): JSX.Element {
  const [choice, setChoice] = useState(() => chooseChart(columns, keys));
  if (choice === null) {
    return <Empty>No column of these rows can be drawn.</Empty>;
  }
  return (
    <>
      <ChartControls columns={columns} choice={choice} onChange={setChoice} />
      <Drawn choice={choice} load={load} inputs={inputs} />
    </>
  );
}

function Drawn({
  choice,
  load,
  inputs,
}: {
  readonly choice: ChartChoice;
  readonly load: (choice: ChartChoice) => Promise<ChartData>;
  readonly inputs: readonly unknown[];
}): JSX.Element {
  const loaded = useLoaded(() => load(choice), [JSON.stringify(choice), ...inputs]);
  return (
    <Show loaded={loaded} what="the chart">
      {(data) =>
        data.points.length === 0 ? (
          <Empty>There is nothing to draw.</Empty>
        ) : (
          <figure class="chart">
            <figcaption>{captionOf(choice, data)}</figcaption>
            <ChartPlot data={data} title={captionOf(choice, data)} />
          </figure>
        )
      }
    </Show>
  );
}

const words = { sum: "Sum", mean: "Mean", min: "Least", max: "Greatest" } as const;

function captionOf({ x, y, aggregate = "sum" }: ChartChoice, data: ChartData): string {
  const what = y === undefined ? "Rows" : `${words[aggregate]} of ${y}`;
  const step = data.mark === "line" && data.step !== null ? `, per ${data.step}` : "";
  const rest = data.mark === "bar" ? "further value" : "row";
  const others = data.others === 0 ? "" : `, without ${formatCountOf(data.others, rest)}`;
  return `${what} by ${x}${step}${others}`;
}
