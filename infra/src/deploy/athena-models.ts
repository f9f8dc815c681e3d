/** Has Athena validate the queries of its models against the deployed tables. */
import { commandPrefix } from "@lakehouse/transforms/project";
import { ExecaError } from "execa";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";
import { isGitHub } from "./storage.ts";

/**
 * Runs `lakehouse check --deployed`, which sends `EXPLAIN (TYPE VALIDATE)`, with the user's credentials. GitHub's roles may not
 * read tables.
 *
 * @param models The names of the models that Athena builds.
 * @returns What to throw once everything else is done, because the lakehouse is deployed: a model that Athena refuses.
 */
export async function validateAthenaModels(
  session: Pick<Session, "environment" | "identityArn" | "options" | "shell" | "step">,
  models: readonly string[],
): Promise<DeployError | undefined> {
  const { environment, options, shell } = session;
  const { lakehouse } = options.runtime;
  if (models.length === 0) {
    return undefined;
  }
  const { name, region } = environment;
  const named = models.join(", ");
  if (options.dryRun) {
    session.step(`Have Athena validate the queries of ${named}: EXPLAIN (TYPE VALIDATE)`);
    return undefined;
  }
  const later = `${commandPrefix} --env ${name} check --deployed`;
  if (lakehouse === undefined || isGitHub(session)) {
    say(`Athena has not validated the queries of ${named}. To have it do so: ${later}`);
    return undefined;
  }
  session.step(`Have Athena validate the queries of ${named}`);
  const args = [lakehouse, "--env", name, "check", "--deployed"];
  try {
    print(
      await shell.read({ file: process.execPath, args, env: { AWS_REGION: region }, minutes: 15 }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof DeployError && error.code === "COMMAND_FAILED")) {
      throw error;
    }
    const { exitCode, stderr = "" } = error.cause instanceof ExecaError ? error.cause : {};
    const output = String(stderr).trim();
    if (exitCode === 2) {
      return new DeployError(
        "INVALID_MODEL",
        `The lakehouse is deployed, and Athena refuses a model:\n${output}\n`,
        "Its last version stays in gold. Fix the model, and deploy again.",
      );
    }
    say(`Athena has not validated the queries of ${named}. To try again: ${later}\n${output}`);
    return undefined;
  }
}
