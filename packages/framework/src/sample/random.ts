/** Seeded random numbers, the same on every machine, for sample data only. */

import type { Random } from "@lakehouse/transforms/types/sample";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";

export type { Random } from "@lakehouse/transforms/types/sample";

/** Draws from a Mersenne Twister. Unlike pure-rand's other generators, similar seeds give different numbers. */
export function seededRandom(seed: number): Random {
  const generator = mersenne(seed);
  const fraction = (): number => uniformFloat64(generator);
  const integer = (minimum: number, maximum: number): number =>
    uniformInt(generator, minimum, maximum);
  return {
    fraction,
    integer,
    chance: (probability) => fraction() < probability,
    pick: (choices) => choices[integer(0, choices.length - 1)] ?? choices[0],
    hex: (digits) => Array.from({ length: digits }, () => integer(0, 15).toString(16)).join(""),
  };
}
