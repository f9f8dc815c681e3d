/** The error of a stack that can't be synthesized. */

/** A mistake in environments.ts, a contract or a policy. The message says how to fix it. */
export class SynthesisError extends Error {
  override readonly name = "SynthesisError";
  readonly code = "SYNTHESIS";

  /**
   * @param subject What it is about: `environment dev`.
   * @param problem What is wrong, without a period at the end.
   * @param hint What to do, as a sentence.
   */
  constructor(subject: string, problem: string, hint: string) {
    super(`${subject}: ${problem}. ${hint}`);
  }
}
