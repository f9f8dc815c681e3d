/** The errors of this package: each has a code, and says what happened to which thing. */

/** What this package throws when what a test stands on does not work. */
export abstract class EndToEndError extends Error {
  abstract readonly code: string;
}

/** The emulated AWS does not work. */
export class EmulatorError extends EndToEndError {
  override readonly name = "EmulatorError";
  readonly code = "EMULATOR_FAILED";

  constructor(reason: string) {
    super(`The emulated AWS: ${reason}`);
  }
}

/** A Terraform command failed, or did not end in time. */
export class TerraformError extends EndToEndError {
  override readonly name = "TerraformError";
  readonly code = "TERRAFORM_FAILED";

  constructor(command: string, stack: string, reason: string) {
    super(`terraform ${command} of ${stack}: ${reason}`);
  }
}
