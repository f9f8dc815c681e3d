/** The head of a grid: names to sort by, and a filter for each column. */
import type { JSX, RefObject } from "preact";
import type { ResultColumnData, SortData } from "../../data.ts";
import { DelayedInput } from "./delayed-input.tsx";
import { nextSort } from "./next-sort.ts";

/** Two rows. A click sorts by a column alone, with Shift by it after the others. */
export function GridHead({
  columns,
  widths,
  sort,
  onSort,
  typed,
  onType,
  place,
}: {
  readonly columns: readonly ResultColumnData[];
  readonly widths: readonly number[];
  readonly sort: readonly SortData[];
  readonly onSort: (sort: readonly SortData[]) => void;
  readonly typed: Readonly<Record<string, string>>;
  readonly onType: (typed: Readonly<Record<string, string>>) => void;
  readonly place: RefObject<HTMLDivElement | null>;
}): JSX.Element {
  return (
    <div class="grid-head" role="rowgroup" ref={place}>
      <div class="grid-row" role="row" aria-rowindex={1}>
        {columns.map(({ name, type, kind }, index) => {
          const sorted = sort.find(({ column }) => column === name);
          const direction = sorted?.descending === true ? "descending" : "ascending";
          return (
            <div
              key={name}
              class="grid-cell"
              role="columnheader"
              aria-colindex={index + 1}
              aria-sort={sorted === undefined ? "none" : direction}
              style={{ width: `${widths[index]}px` }}
            >
              <button
                type="button"
                class={kind === "number" ? "number" : undefined}
                title={`${name}: ${type}`}
                onClick={(event) => onSort(nextSort(sort, name, event.shiftKey))}
              >
                <bdi>{name}</bdi>
                {sorted === undefined ? "" : sorted.descending ? " ↓" : " ↑"}
              </button>
              <DelayedInput
                label={`Filter ${name}`}
                value={typed[name] ?? ""}
                onChange={(value) => onType({ ...typed, [name]: value })}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}
