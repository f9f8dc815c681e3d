/** Draws a plot of Observable Plot. */
import type { PlotOptions } from "@observablehq/plot";
import { plot } from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/**
 * A plot as wide as its place.
 *
 * @param options What to draw at a width in pixels.
 * @param inputs What the options depend on.
 */
export function PlotFigure({
  options,
  inputs,
  title,
  onClick,
}: {
  readonly options: (width: number) => PlotOptions;
  readonly inputs: readonly unknown[];
  /** What it shows, for those who can't see it. */
  readonly title: string;
  /** Called with the datum at the pointer. */
  readonly onClick?: (datum: unknown) => void;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const click = useRef(onClick);
  click.current = onClick;
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    const observer = new ResizeObserver(() => setWidth(Math.round(element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width === 0) {
      return;
    }
    const drawn = plot({ ...options(width), width, className: "plot" });
    // The place says what it shows. Plot's labels of its parts are for nobody.
    drawn.setAttribute("aria-hidden", "true");
    // The Content-Security-Policy allows no style element. Its rules are in chart.css.
    for (const style of drawn.querySelectorAll("style")) {
      style.remove();
    }
    drawn.addEventListener("click", () => click.current?.(drawn["value"]));
    place.current?.replaceChildren(drawn);
  }, [width, ...inputs]);
  return <div role="img" aria-label={title} ref={place} />;
}
