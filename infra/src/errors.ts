/** The error of a stack that cannot be synthesized. */
import { LakehouseError } from "@lakehouse/transforms/errors";

/** A mistake in environments.ts, a contract or a policy. The message says how to fix it. */
export class SynthesisError extends LakehouseError {
  override readonly name = "SynthesisError";
  readonly code = "SYNTHESIS";
  readonly kind = "usage";

  /**
   * @param subject The object with the mistake: `environment dev`.
   * @param problem What is wrong, without a full stop.
   * @param hint How to fix it, as a sentence.
   */
  constructor(subject: string, problem: string, hint: string) {
    super(`${subject}: ${problem}. `, hint);
  }
}
