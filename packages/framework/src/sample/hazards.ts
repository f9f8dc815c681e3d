/** Sample lines like those of real producers: now and then one is unusual, broken, or sent again. */
import type { Random } from "./random.ts";

/** Something that happens to a small part of all lines. */
export interface Hazard<R> {
  /** Describes it for readers of the generator. */
  readonly name: string;
  /** The part of all lines that it affects, 0 to 1. */
  readonly probability: number;
  /** The line that the record becomes. */
  readonly line: (record: R, random: Random) => string;
}

/** How often an earlier line is repeated, as by a producer that got no answer. */
const retryProbability = 0.012;
const retryWindow = 25;

/**
 * Turns records into lines, with hazards and retries among them.
 *
 * @param count How many lines.
 * @param record Returns the record of a line, by its index.
 * @param plain Returns the line of a record without a hazard.
 */
export function* linesWithHazards<R>(
  count: number,
  record: (index: number) => R,
  plain: (record: R) => string,
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
    const line = hazard === undefined ? plain(made) : hazard.line(made, random);
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
