/** The error of a stack that cannot be synthesized. */
import { LakehouseError } from "@lakehouse/transforms/errors";

/** A mistake in environments.ts, a contract or a policy. The message says how to fix it. */
export class SynthesisError extends LakehouseError {
  override readonly name = "SynthesisError";
  readonly code = "SYNTHESIS";
  readonly kind = "usage";

  /**
   * @param subject What it is about: `environment dev`.
   * @param problem What is wrong, without its full stop.
   * @param hint What to do, as a sentence.
   */
  constructor(subject: string, problem: string, hint: string) {
    super(`${subject}: ${problem}. `, hint);
  }
}
