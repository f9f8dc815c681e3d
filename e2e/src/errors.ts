/** The errors of this package. Each has a code, and says what happened to which object. */

/** The base class: a test's environment does not work. */
export abstract class EndToEndError extends Error {
  abstract readonly code: string;
}

/** The emulated AWS does not work. */
export class EmulatorError extends EndToEndError {
  override readonly name = "EmulatorError";
  readonly code = "EMULATOR_FAILED";

  constructor(reason: string) {
    super(`Emulated AWS: ${reason}`);
  }
}

/** A Terraform command failed or timed out. */
export class TerraformError extends EndToEndError {
  override readonly name = "TerraformError";
  readonly code = "TERRAFORM_FAILED";

  constructor(command: string, stack: string, reason: string) {
    super(`terraform ${command} of ${stack}: ${reason}`);
  }
}
