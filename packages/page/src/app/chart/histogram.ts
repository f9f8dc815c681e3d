/** Divides numbers into ranges of one round size. */

/** Ranges that fit beside each other. */
const wanted = 20;

/** Numbers by the beginning of their range. Ranges without any number are left out. */
export interface Histogram {
  /** The size of a range. */
  readonly step: number;
  readonly groups: ReadonlyMap<number, readonly number[]>;
}

/** @param pairs Each number, and what to add up for it. */
export function histogramOf(pairs: readonly (readonly [number, number])[]): Histogram {
  const least = pairs.reduce((min, [each]) => Math.min(min, each), Number.POSITIVE_INFINITY);
  const most = pairs.reduce((max, [each]) => Math.max(max, each), Number.NEGATIVE_INFINITY);
  const step = roundStep((most - least) / wanted);
  const groups = new Map<number, number[]>();
  for (const [each, number] of pairs) {
    // Multiplied by a whole number, so that 0.1 * 3 is written as 0.3.
    const start = Number((Math.floor(each / step) * step).toPrecision(12));
    const numbers = groups.get(start) ?? [];
    numbers.push(number);
    groups.set(start, numbers);
  }
  return { step, groups: new Map([...groups].sort(([a], [b]) => a - b)) };
}

/** The smallest of 1, 2, 5, 10, … times a power of ten that is not below. */
function roundStep(size: number): number {
  if (!(size > 0) || !Number.isFinite(size)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5, 10].find((each) => each * power >= size) ?? 10;
  return Number((factor * power).toPrecision(1));
}
