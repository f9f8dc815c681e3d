/** What a chart draws, to choose. */
import type { JSX } from "preact";
import type { ResultColumnData } from "../../data.ts";
import { type ChartChoice, chartColumns } from "./choose-chart.ts";

const aggregates = [
  ["sum", "Sum"],
  ["mean", "Mean"],
  ["min", "Least"],
  ["max", "Greatest"],
] as const;

/** Three lists: what to count or add up, how, and by what. */
export function ChartControls({
  columns,
  choice: { x, y, aggregate = "sum" },
  onChange,
}: {
  readonly columns: readonly ResultColumnData[];
  readonly choice: ChartChoice;
  readonly onChange: (choice: ChartChoice) => void;
}): JSX.Element {
  const numbers = columns.filter(({ kind }) => kind === "number");
  return (
    <p class="chart-controls">
      <label>
        Show{" "}
        <select
          value={y ?? ""}
          onChange={({ currentTarget: { value } }) =>
            onChange(value === "" ? { x } : { x, y: value, aggregate })
          }
        >
          <option value="">number of rows</option>
          {numbers.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {y === undefined ? null : (
        <label>
          as{" "}
          <select
            value={aggregate}
            onChange={({ currentTarget: { value } }) => {
              const chosen = aggregates.find(([each]) => each === value)?.[0] ?? "sum";
              onChange({ x, y, aggregate: chosen });
            }}
          >
            {aggregates.map(([value, title]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        by{" "}
        <select
          value={x}
          onChange={({ currentTarget: { value } }) =>
            onChange(y === undefined ? { x: value } : { x: value, y, aggregate })
          }
        >
          {chartColumns(columns).map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}
