/** The color of a layer. */
import type { JSX } from "preact";
import type { NodeData } from "../../data.ts";

/** A layer, or gold's two kinds. */
export type LayerKind = NodeData["kind"] | "gold";

/** A dot in the color of the layer. The text beside it names the layer. */
export function LayerDot({ kind }: { readonly kind: LayerKind }): JSX.Element {
  return <span class={`dot ${kind}`} aria-hidden="true" />;
}
