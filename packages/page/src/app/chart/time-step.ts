/** Divides time into steps, so that a line has a readable number of points. */

/** From short to long, with their length in milliseconds, roughly. */
const steps = [
  ["second", 1_000],
  ["minute", 60_000],
  ["hour", 3_600_000],
  ["day", 86_400_000],
  ["month", 30 * 86_400_000],
  ["year", 365 * 86_400_000],
] as const;

/** A step of time. */
export type TimeStep = (typeof steps)[number][0];

const mostPoints = 200;

/** The shortest step that gives at most 200 points. @param times In milliseconds since 1970. */
export function stepOf(times: readonly number[]): TimeStep {
  const first = times.reduce((min, each) => Math.min(min, each), Number.POSITIVE_INFINITY);
  const last = times.reduce((max, each) => Math.max(max, each), Number.NEGATIVE_INFINITY);
  const isWhole = (length: number) => times.every((time) => time % length === 0);
  const fitting = steps.find(([, length]) => (last - first) / length <= mostPoints);
  // Dates are not divided into hours.
  const [, , , day] = steps;
  const shortest = isWhole(day[1]) ? day : steps[0];
  const step = fitting ?? ["year", 0];
  return steps.indexOf(shortest) > steps.findIndex(([name]) => name === step[0])
    ? shortest[0]
    : (step[0] as TimeStep);
}

/** The beginning of the step that a time is in, as ISO 8601: a date for days and longer steps. */
export function stepStart(time: number, step: TimeStep): string {
  const iso = new Date(time).toISOString();
  switch (step) {
    case "year":
      return `${iso.slice(0, -20)}-01-01`;
    case "month":
      return `${iso.slice(0, -17)}-01`;
    case "day":
      return iso.slice(0, -14);
    case "hour":
      return `${iso.slice(0, -11)}:00:00Z`;
    case "minute":
      return `${iso.slice(0, -8)}:00Z`;
    case "second":
      return `${iso.slice(0, -5)}Z`;
  }
}
