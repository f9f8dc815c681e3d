/** What a click on a column's name sorts by next. */
import type { SortData } from "../../data.ts";

/** Ascending, then descending, then not at all. @param isAdded Whether the other columns stay. */
export function nextSort(
  sort: readonly SortData[],
  column: string,
  isAdded: boolean,
): readonly SortData[] {
  const now = sort.find((each) => each.column === column);
  const others = isAdded ? sort.filter((each) => each.column !== column) : [];
  if (now === undefined) {
    return [...others, { column, descending: false }];
  }
  return now.descending ? others : [...others, { column, descending: true }];
}
