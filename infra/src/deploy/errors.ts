/** The errors of the deploy programs: what happened, and what to do about it. */
import { type ErrorKind, exitCodes, LakehouseError } from "@lakehouse/transforms/errors";

const kinds = {
  USAGE: "usage",
  CONFIGURATION: "usage",
  WRONG_ACCOUNT: "usage",
  MISSING_TOOL: "usage",
  NO_CREDENTIALS: "usage",
  EXPIRED_CREDENTIALS: "usage",
  NOT_BOOTSTRAPPED: "usage",
  STORAGE: "usage",
  UNKNOWN_IMAGE: "usage",
  DELETION_PROTECTION: "usage",
  NO_ALARM_ADDRESS: "usage",
  CONCURRENCY: "usage",
  INVALID_MODEL: "usage",
  NOT_CONFIRMED: "usage",
  AWS: "fault",
  COMMAND_FAILED: "fault",
  ROLLED_BACK: "fault",
  INTERRUPTED: "fault",
} as const satisfies Readonly<Record<string, ErrorKind>>;

/** Every way in which the deploy programs fail. */
export type DeployErrorCode = keyof typeof kinds;

/** Exit codes that don't follow from the kind. */
const ownExitCodes: Partial<Record<DeployErrorCode, number>> = {
  NOT_CONFIRMED: 1,
  INTERRUPTED: 130,
};

/** A failure that the user can act on. */
export class DeployError extends LakehouseError {
  override readonly name = "DeployError";
  readonly kind: ErrorKind;

  readonly code: DeployErrorCode;

  /**
   * @param problem What happened: one sentence, or the message of the SDK or the command that failed.
   * @param hint What to do next, in whole sentences.
   */
  constructor(code: DeployErrorCode, problem: string, hint?: string, options?: ErrorOptions) {
    super(hint === undefined ? problem : `${problem.replace(/\.$/, "")}. `, hint, options);
    this.code = code;
    this.kind = kinds[code];
  }

  /** The exit code of the process. */
  get exitCode(): number {
    return ownExitCodes[this.code] ?? exitCodes[this.kind];
  }
}
