/** Which rows of a grid are in view. */
import { elementScroll, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { offsetToShow, rowsOffset, scrolledHeight, scrollTopOf } from "./scroll-scale.ts";

/** A row's height in pixels, as grid.css has it. */
export const rowHeight = 30;

/** A row to draw. */
interface VisibleRow {
  readonly index: number;
  /** Pixels from the top of the scrolled element. */
  readonly top: number;
}

/** The rows to draw, and how to get to others. */
export interface VirtualRows {
  readonly rows: readonly VisibleRow[];
  /** The height of the scrolled element. */
  readonly height: number;
  /** The number of rows that fit into the view. */
  readonly perPage: number;
  readonly show: (index: number) => void;
}

/** Follows the scroll position of an element. @param headHeight The pixels that the head covers. */
export function useVirtualRows(
  place: RefObject<HTMLElement | null>,
  count: number,
  headHeight: number,
): VirtualRows {
  const [, draw] = useState(0);
  const total = useRef(count * rowHeight);
  total.current = count * rowHeight;
  const heights = () => ({
    rows: total.current,
    view: Math.max(rowHeight, (place.current?.clientHeight ?? 600) - headHeight),
  });
  const offset = () => rowsOffset(place.current?.scrollTop ?? 0, heights());
  const options = {
    count,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset: (
      _: Virtualizer<HTMLElement, HTMLElement>,
      moved: (offset: number, isScrolling: boolean) => void,
    ) => {
      const element = place.current;
      const follow = () => moved(offset(), false);
      follow();
      element?.addEventListener("scroll", follow, { passive: true });
      return () => element?.removeEventListener("scroll", follow);
    },
    onChange: () => draw((drawn) => drawn + 1),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  useEffect(() => virtualizer.measure(), [virtualizer, count]);
  const shift = (place.current?.scrollTop ?? 0) - offset();
  return {
    rows: virtualizer.getVirtualItems().map(({ index, start }) => ({ index, top: start + shift })),
    height: scrolledHeight(heights()),
    perPage: Math.max(1, Math.floor(heights().view / rowHeight) - 1),
    show: (index) => {
      const element = place.current;
      if (element !== null) {
        element.scrollTop = scrollTopOf(
          offsetToShow(index, rowHeight, offset(), heights()),
          heights(),
        );
      }
    },
  };
}
