/** What keeps a stack from being synthesized. */

/** A mistake in environments.ts, in a contract or in a policy; its message says what to do. */
export class SynthesisError extends Error {
  override readonly name = "SynthesisError";
  readonly code = "SYNTHESIS";

  /**
   * @param subject What it is about: `environment dev`.
   * @param problem What is wrong, without a point at its end.
   * @param mend What to do, as a sentence.
   */
  constructor(subject: string, problem: string, mend: string) {
    super(`${subject}: ${problem}. ${mend}`);
  }
}
