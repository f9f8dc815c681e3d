/** How a column reads values that records spell in another way than its type does. */
import type { EpochUnit } from "./epoch.ts";
import type { Literal } from "./value.ts";

/** The options of a column about spelling. The first steps come first: a string is trimmed before it is looked up. */
export interface Reading {
  /** Numbers and booleans are read as the text that was sent. */
  readonly coerce?: true;
  /** White space at both ends of a string is removed. */
  readonly trim?: true;
  /** Letters of a string become lower or upper case. */
  readonly letters?: "lower" | "upper";
  /** Values for texts as they were sent, sorted by text. Other texts are read as usual. */
  readonly map?: readonly (readonly [text: string, value: Literal | null])[];
  /** A number counts these since 1970-01-01T00:00:00Z. */
  readonly epoch?: EpochUnit;
  /** A date is taken from a timestamp, in UTC. */
  readonly fromTimestamp?: true;
  /** How dates and times are written: `dd/MM/yyyy`. The first that fits counts. */
  readonly patterns?: readonly string[];
  /** The offset of a time that is written without one: `Z`, `+05:30`. */
  readonly assumedOffset?: string;
}

/** The name of an option. */
export type ReadingOption = keyof Reading;

/** The options of every type whose values a contract can write. */
export const textOptions = ["trim", "letters", "map"] as const;

/** A string as `trim` and `letters` make it. */
export function spelled(text: string, { trim, letters }: Reading): string {
  const bare = trim === true ? text.trim() : text;
  if (letters === undefined) {
    return bare;
  }
  return letters === "lower" ? bare.toLowerCase() : bare.toUpperCase();
}
