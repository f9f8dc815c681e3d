/** The terminal behind a stream, if there is one: its width, and whether it shows colours. */
import { styleText } from "node:util";

const colours = { problem: "red", warning: "yellow" } as const;

/** Why a piece of text stands out: something is wrong, or somebody should have a look. */
export type Emphasis = keyof typeof colours;

/** Where text for people goes. */
export interface Screen {
  /** Its width in columns; undefined when it is no terminal, where nothing is cut. */
  readonly columns: number | undefined;
  /** Colours text on a terminal. `NO_COLOR` and `FORCE_COLOR` decide otherwise. */
  paint(emphasis: Emphasis, text: string): string;
}

/** Looks at a stream: at its width now, and at its colours each time. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    // A terminal that does not know its size says 0.
    columns: stream.columns || undefined,
    paint: (emphasis, text) => styleText(colours[emphasis], text, { stream }),
  };
}
