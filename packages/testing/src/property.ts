/** The number of cases of a property test: its usual number times FC_SCALE. */
import fc from "fast-check";

/** 0.02 keeps `npm test` quick, CI runs 1, and a soak test 10. */
const scale = readScale(process.env["FC_SCALE"], process.env["CI"]);

function readScale(value: string | undefined, ci: string | undefined): number {
  const scale = Number(value ?? (ci === undefined ? 0.02 : 1));
  if (!(scale > 0)) {
    throw new Error(`FC_SCALE must be a number above 0, not ${JSON.stringify(value)}.`);
  }
  return scale;
}

/** A number of cases times the scale, at least 1. */
export function cases(usual: number): number {
  return Math.max(1, Math.round(usual * scale));
}

/**
 * The parameters of a property.
 *
 * @param usual How many cases CI tries.
 */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: cases(usual) };
}

// Properties without a number of their own get fast-check's usual 100, scaled.
fc.configureGlobal(runs(100));
