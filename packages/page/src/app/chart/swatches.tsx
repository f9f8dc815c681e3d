/** Which color stands for what. */
import type { JSX } from "preact";
import { seriesColor } from "./series-color.ts";

/** The legend of a chart. */
export function Swatches({ names }: { readonly names: readonly string[] }): JSX.Element {
  return (
    <ul class="plot-swatches">
      {names.map((name, index) => (
        <li key={name}>
          <span class="swatch" style={{ background: seriesColor(index) }} />
          <bdi>{name}</bdi>
        </li>
      ))}
    </ul>
  );
}
