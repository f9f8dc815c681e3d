/** The errors of this package. Each has a code, and names the object, the problem and the fix. */

/** The base class of errors that the user can fix. */
export abstract class DockerError extends Error {
  abstract readonly code: string;
}

/** A command was called with wrong arguments. */
export class UsageError extends DockerError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

/** Docker, or its plugin buildx, is not installed. */
export class BuildxMissingError extends DockerError {
  override readonly name = "BuildxMissingError";
  readonly code = "BUILDX_MISSING";

  constructor(reason: string) {
    super(
      `Images can't be built: ${reason}. Install Docker with its plugin buildx (0.13 or later) and start its engine, then try again.`,
    );
  }
}

/** Building or pushing failed. */
export class BakeError extends DockerError {
  override readonly name = "BakeError";
  readonly code = "BAKE_FAILED";

  constructor(problem: string) {
    super(`docker buildx bake failed: ${problem}`);
  }
}
