/** The errors of the deploy programs: what happened, and what to do about it. */

const exitCodes = {
  USAGE: 2,
  CONFIGURATION: 2,
  WRONG_ACCOUNT: 2,
  MISSING_TOOL: 2,
  NO_CREDENTIALS: 2,
  EXPIRED_CREDENTIALS: 2,
  NOT_BOOTSTRAPPED: 2,
  UNKNOWN_IMAGE: 2,
  DELETION_PROTECTION: 2,
  NOT_CONFIRMED: 1,
  AWS: 3,
  COMMAND_FAILED: 3,
  INTERRUPTED: 130,
} as const;

/** Every way in which the deploy programs fail. */
export type DeployErrorCode = keyof typeof exitCodes;

/** A failure that the user can act on. */
export class DeployError extends Error {
  override readonly name = "DeployError";

  /**
   * @param problem What happened: one sentence, or the message of the SDK or the command that failed.
   * @param hint What to do next, in whole sentences.
   */
  constructor(
    readonly code: DeployErrorCode,
    problem: string,
    hint?: string,
    options?: ErrorOptions,
  ) {
    super(hint === undefined ? problem : `${problem.replace(/\.$/, "")}. ${hint}`, options);
  }

  /** The exit code of the process. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}
