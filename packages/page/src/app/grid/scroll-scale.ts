/** Maps the position of a scroll bar to the position in rows. Browsers draw no element higher than some 17 million pixels. */

/** Below the limits of all browsers. */
export const highest = 15_000_000;

/** The sizes that decide about the scale, in pixels. */
export interface Heights {
  /** Of all rows. */
  readonly rows: number;
  /** Of the visible part. */
  readonly view: number;
}

/** The height of the element that is scrolled. */
export function scrolledHeight({ rows }: Pick<Heights, "rows">): number {
  return Math.min(rows, highest);
}

/** How many pixels of rows one pixel of the scroll bar passes. 1 unless there are too many rows. */
export function scaleOf({ rows, view }: Heights): number {
  const track = scrolledHeight({ rows }) - view;
  return rows <= highest || track <= 0 ? 1 : (rows - view) / track;
}

/** The pixel of the rows that is at the top of the view. */
export function rowsOffset(scrollTop: number, heights: Heights): number {
  return scrollTop * scaleOf(heights);
}

/** The opposite of `rowsOffset`. */
export function scrollTopOf(offset: number, heights: Heights): number {
  return offset / scaleOf(heights);
}

/** Where to scroll so that a row can be seen, moving as little as possible. @param offset The row at the top now. */
export function offsetToShow(
  index: number,
  rowHeight: number,
  offset: number,
  { view }: Heights,
): number {
  const top = index * rowHeight;
  if (top < offset) {
    return top;
  }
  return Math.max(offset, top + rowHeight - view);
}
