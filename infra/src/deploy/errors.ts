/** The errors of the deploy programs: each has a code, says what is wrong with what, and what to do. */

/** What a user of these programs can meet. `exitCode` is 2 for usage and configuration, 3 for anything else. */
export class DeployError extends Error {
  override readonly name = "DeployError";

  /**
   * @param code For programs.
   * @param problem What happened, as a sentence without its stop.
   * @param mend What to do next, in whole sentences.
   */
  constructor(
    readonly code: DeployErrorCode,
    problem: string,
    mend: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}. ${mend}`, options);
  }

  /** How the program ends. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}

const exitCodes = {
  USAGE: 2,
  UNKNOWN_ENVIRONMENT: 2,
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
  DAMAGED_OUTPUT: 3,
  INTERRUPTED: 130,
} as const;

/** Every way in which these programs fail. */
export type DeployErrorCode = keyof typeof exitCodes;
