/** Sample lines with what real producers send: now and then something unusual, broken, or sent again. */
import type { Random } from "./random.ts";

/** Something that happens to a small part of all lines. */
export interface Hazard<R> {
  /** In words, for whoever reads the generator. */
  readonly name: string;
  /** Part of all lines, 0 to 1. */
  readonly probability: number;
  /** The line that the record becomes. */
  readonly line: (record: R, random: Random) => string;
}

/** How often a line is an earlier one once more, as producers that got no answer send it. */
const retryProbability = 0.012;
const retryWindow = 25;

/**
 * Makes lines of records, with hazards and retries among them.
 *
 * @param count How many lines.
 * @param record Makes the record of a line's index.
 * @param sound The line of a record that nothing happens to.
 */
export function* linesWithHazards<R>(
  count: number,
  record: (index: number) => R,
  sound: (record: R) => string,
  hazards: readonly Hazard<R>[],
  random: Random,
): Generator<string> {
  const recent: string[] = [];
  for (let index = 0; index < count; index++) {
    const again = random.chance(retryProbability)
      ? recent[random.integer(0, recent.length)]
      : undefined;
    if (again !== undefined) {
      yield again;
      continue;
    }
    const made = record(index);
    const hazard = choose(hazards, random);
    const line = hazard === undefined ? sound(made) : hazard.line(made, random);
    if (recent.push(line) > retryWindow) {
      recent.shift();
    }
    yield line;
  }
}

function choose<R>(hazards: readonly Hazard<R>[], random: Random): Hazard<R> | undefined {
  let rest = random.fraction();
  return hazards.find(({ probability }) => {
    rest -= probability;
    return rest < 0;
  });
}
