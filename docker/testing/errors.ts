/** The errors of Lambda's stand-in. Each has a code, and names the object, the problem and the fix. */
import { DockerError } from "../src/errors.ts";

/** An event was sent while another one was being handled. */
export class EnvironmentBusyError extends DockerError {
  override readonly name = "EnvironmentBusyError";
  readonly code = "ENVIRONMENT_BUSY";

  constructor(functionName: string) {
    super(
      `${functionName} is still handling an event. An execution environment handles one at a time. Await invoke(), or create a second environment, as Lambda does.`,
    );
  }
}

/** An event was sent to a stopped environment. */
export class EnvironmentStoppedError extends DockerError {
  override readonly name = "EnvironmentStoppedError";
  readonly code = "ENVIRONMENT_STOPPED";

  constructor(functionName: string) {
    super(`The environment of ${functionName} was stopped. Create a new one.`);
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
