/** Shows what contracts and models change in the deployed lake, before anything is deployed. */
import { ExecaError } from "execa";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";
import { isGitHub } from "./storage.ts";

/**
 * Runs `lakehouse plan` on the deployed lake, with the user's credentials. GitHub's roles may not read records, and a dry run
 * needs no AWS: neither compares. A lake that can't be read does not stop the deployment.
 */
export async function showLakeChanges(
  session: Pick<Session, "environment" | "identityArn" | "options" | "shell" | "step">,
): Promise<void> {
  const { environment, options, shell } = session;
  const { dryRun, runtime } = options;
  if (runtime.lakehouse === undefined || dryRun || isGitHub(session)) {
    return;
  }
  const { name, region } = environment;
  session.step("Compare contracts and models with the deployed lake");
  const args = [runtime.lakehouse, "--env", name, "plan"];
  const command = { file: process.execPath, args, env: { AWS_REGION: region }, minutes: 15 };
  try {
    print(await shell.read(command));
  } catch (error) {
    if (!(error instanceof DeployError && error.code === "COMMAND_FAILED")) {
      throw error;
    }
    const output = error.cause instanceof ExecaError ? String(error.cause.stderr) : "";
    say(
      output.includes("it is not deployed in")
        ? `${name} has no lake yet: all tables and models are new.`
        : `The deployed lake was not compared, and the deployment goes on.\n${output.trim()}`,
    );
  }
}
