/** The errors of this package. Each has a code, and names the thing, the problem and the fix. */

/** What this package throws when the user can fix the cause. */
export abstract class DockerError extends Error {
  abstract readonly code: string;
}

/** A command was called with wrong arguments. */
export class UsageError extends DockerError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

/** The files of an image can't be put together. */
export class AssemblyError extends DockerError {
  override readonly name = "AssemblyError";
  readonly code = "ASSEMBLY_FAILED";

  /** @param image The function and the platform. */
  constructor(image: string, problem: string) {
    super(`The files of ${image} can't be put together: ${problem}`);
  }
}

/** readelf, which tells what native code needs, is not installed. */
export class ReadelfMissingError extends DockerError {
  override readonly name = "ReadelfMissingError";
  readonly code = "READELF_MISSING";

  constructor() {
    super("readelf is not installed (Debian: apt-get install binutils).");
  }
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
