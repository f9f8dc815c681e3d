/** The terminal behind a stream, if there is one: its width, and whether it shows colors. */
import { styleText } from "node:util";

const colors = { problem: "red", warning: "yellow" } as const;

/** Why text is highlighted: something is wrong, or someone should look at it. */
export type Emphasis = keyof typeof colors;

/** Where text for people goes. */
export interface Screen {
  /** Its width in columns; undefined if it is not a terminal, where nothing is cut. */
  readonly columns: number | undefined;
  /** Colors text on a terminal. `NO_COLOR` and `FORCE_COLOR` decide otherwise. */
  paint(emphasis: Emphasis, text: string): string;
}

/** Describes a stream. The width is read now, the support for colors at each call of `paint`. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    // A terminal of unknown size reports 0.
    columns: stream.columns || undefined,
    paint: (emphasis, text) => styleText(colors[emphasis], text, { stream }),
  };
}
