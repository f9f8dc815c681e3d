/** The number of cases of a property test: its usual number times FC_SCALE. */
import fc from "fast-check";
import { readScale } from "./runtime.ts";

const scale = readScale();

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

/**
 * The step of a loop that tries every position in CI: 1 there, `usual` at a smaller scale.
 *
 * @param usual The step on a laptop.
 */
export function step(usual: number): number {
  return scale < 1 ? usual : 1;
}

// Properties without a number of their own get fast-check's usual 100, scaled.
fc.configureGlobal(runs(100));
