/** One row of a grid. */
import type { JSX } from "preact";
import type { ResultColumnData, Value } from "../../data.ts";
import { valueText } from "../value-text.ts";

/** Longer values are cut in the grid; the row's dialog has all of them. */
const mostCharacters = 300;

/** A row, or its place while it is loading. */
export function GridRow({
  index,
  offset,
  columns,
  widths,
  values,
  active,
  onOpen,
}: {
  readonly index: number;
  /** Pixels from the top of the scrolled element. */
  readonly offset: number;
  readonly columns: readonly ResultColumnData[];
  readonly widths: readonly number[];
  readonly values: readonly Value[] | undefined;
  /** The active column; null if the active cell is in another row. */
  readonly active: number | null;
  readonly onOpen: (column: number) => void;
}): JSX.Element {
  return (
    <div
      class="grid-row"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${offset}px)` }}
    >
      {columns.map(({ name, kind }, column) => {
        const value = values?.[column] ?? null;
        const isNull = values !== undefined && value === null;
        const classes = [
          "grid-cell",
          kind === "number" ? "number-cell" : "",
          isNull ? "null" : "",
          active === column ? "active" : "",
        ];
        return (
          <div
            key={name}
            id={`cell-${index}-${column}`}
            role="gridcell"
            aria-colindex={column + 1}
            class={classes.filter((each) => each !== "").join(" ")}
            style={{ width: `${widths[column]}px` }}
            onClick={() => onOpen(column)}
          >
            {values === undefined ? "…" : isNull ? "null" : <bdi>{cut(valueText(value))}</bdi>}
          </div>
        );
      })}
    </div>
  );
}

function cut(text: string): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`;
}
