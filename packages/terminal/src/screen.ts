/** The terminal behind a stream, if there is one: its width, and whether it shows colours. */
import { styleText } from "node:util";

const colours = { problem: "red", warning: "yellow" } as const;

/** Why text is highlighted: something is wrong, or someone should look at it. */
export type Emphasis = keyof typeof colours;

/** Where text for people goes. */
export interface Screen {
  /** Its width in columns; undefined if it is not a terminal, where nothing is cut. */
  readonly columns: number | undefined;
  /** Colours text on a terminal. `NO_COLOR` and `FORCE_COLOR` decide otherwise. */
  paint(emphasis: Emphasis, text: string): string;
}

/** Describes a stream. The width is read now, the support for colours at each call of `paint`. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    // A terminal of unknown size reports 0.
    columns: stream.columns || undefined,
    paint: (emphasis, text) => styleText(colours[emphasis], text, { stream }),
  };
}
