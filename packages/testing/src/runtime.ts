/** The variables that the tests of all packages read. */

/** FC_SCALE: 0.02 keeps `npm test` quick, CI runs 1, and a soak test 10. @throws Error if it is not a number above 0. */
export function readScale({ FC_SCALE, CI }: NodeJS.ProcessEnv = process.env): number {
  const scale = Number(FC_SCALE || (CI === undefined ? 0.02 : 1));
  if (!(scale > 0 && Number.isFinite(scale))) {
    throw new Error(`FC_SCALE is ${JSON.stringify(FC_SCALE)}. Give a number above 0.`);
  }
  return scale;
}
