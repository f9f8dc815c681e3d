/** Adds up what all tables have in a layer. */
import type { FlowData, LayerData } from "../../../data.ts";

/** A layer of all tables. */
export interface LayerSum {
  readonly layer: LayerData["layer"];
  readonly objects: number;
  readonly bytes: number;
  /** Null if there is no object. */
  readonly newest: string | null;
}

/** The sum of a layer over all tables or models. */
export function sumLayer({ layers }: FlowData, layer: LayerData["layer"]): LayerSum {
  const parts = layers.filter((each) => each.layer === layer);
  return {
    layer,
    objects: parts.reduce((total, { objects }) => total + objects, 0),
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
    newest: parts.reduce<string | null>(
      (latest, { newest }) =>
        latest === null || (newest !== null && newest > latest) ? newest : latest,
      null,
    ),
  };
}
