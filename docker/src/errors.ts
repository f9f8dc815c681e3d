/** The errors of this package: each has a code, and says what happened to which thing and what to do. */

/** What this package throws for a mistake or a lack that its user can mend. */
export abstract class DockerError extends Error {
  abstract readonly code: string;
}

/** An invocation was begun while the last one was still running. */
export class EnvironmentBusyError extends DockerError {
  override readonly name = "EnvironmentBusyError";
  readonly code = "ENVIRONMENT_BUSY";

  constructor(functionName: string) {
    super(
      `${functionName} is still handling an event, and an execution environment handles one at a time. Await invoke(), or make a second environment, as Lambda does.`,
    );
  }
}

/** An invocation of an environment that was stopped. */
export class EnvironmentStoppedError extends DockerError {
  override readonly name = "EnvironmentStoppedError";
  readonly code = "ENVIRONMENT_STOPPED";

  constructor(functionName: string) {
    super(`The environment of ${functionName} was stopped. Make a new one.`);
  }
}

/** The runtime interface client can't be built on this machine. */
export class RicUnavailableError extends DockerError {
  override readonly name = "RicUnavailableError";
  readonly code = "RIC_UNAVAILABLE";

  constructor(reason: string) {
    super(
      `aws-lambda-ric can't be built: ${reason}. It needs Linux with cmake, make, a C++ compiler, python3, tar and xz (Debian: apt-get install build-essential cmake python3 xz-utils).`,
    );
  }
}

/** Building the runtime interface client failed. */
export class RicBuildError extends DockerError {
  override readonly name = "RicBuildError";
  readonly code = "RIC_BUILD_FAILED";

  constructor(step: string, output: string) {
    super(`aws-lambda-ric could not be built, ${step} failed. Its last lines:\n${output}`);
  }
}

/** A command was called wrongly. */
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
    super(`docker buildx bake did not do its work: ${problem}`);
  }
}
