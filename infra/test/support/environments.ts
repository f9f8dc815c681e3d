/** The environments that the tests synthesize: those of the project, and one for each setting that they leave out. */
import { type Environment, environments } from "../../src/environments.ts";

const [first] = environments;
if (first === undefined) {
  throw new Error("There is no environment.");
}

/** With everything that is optional. */
export const full: Environment = {
  ...first,
  name: "full",
  deletionProtection: true,
  encryption: "kms",
  accessLogs: true,
  architecture: "x86_64",
  silverGold: { ...first.silverGold, scheduleMinutes: 60, reservedConcurrency: 1 },
  alarms: { ...first.alarms, email: "data@example.com" },
  github: { repository: "example/lakehouse", githubEnvironment: "full", createProvider: true },
};

/** With nothing that is optional, and with what `full` has switched off. */
export const bare: Environment = {
  ...first,
  name: "bare",
  deletionProtection: false,
  encryption: "sse-s3",
  accessLogs: false,
  architecture: "arm64",
  silverGold: { ...first.silverGold, reservedConcurrency: "none" },
  github: { repository: "example/lakehouse", githubEnvironment: "bare", createProvider: false },
};

/** All of them. */
export const testedEnvironments: readonly Environment[] = [...environments, full, bare];
