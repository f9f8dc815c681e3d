/** Has Athena validate the queries of its models against the deployed tables. */
import { silverGold } from "@lakehouse/lake/functions";
import { asError } from "@lakehouse/transforms/errors";
import { commandPrefix } from "@lakehouse/transforms/project";
import { liveAlias, resourceName } from "../deployment.ts";
import { say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";

/** What the function says of a model. */
interface ModelAnswer {
  readonly model: string;
  readonly missing: readonly string[];
  readonly mistake: string | null;
  readonly hint: string | null;
}

/**
 * Has the deployed silver-gold function send `EXPLAIN (TYPE VALIDATE)` for each model. It may read the tables, which GitHub's roles
 * may not.
 *
 * @param models The names of the models that Athena builds.
 * @returns What to throw once everything else is done, because the lakehouse is deployed: a model that Athena refuses.
 */
export async function validateAthenaModels(
  session: Pick<Session, "environment" | "options" | "step"> & {
    readonly aws: Pick<Session["aws"], "invoke">;
  },
  models: readonly string[],
): Promise<DeployError | undefined> {
  const { environment, options } = session;
  if (models.length === 0) {
    return undefined;
  }
  const named = models.join(", ");
  if (options.dryRun) {
    session.step(`Have Athena validate the queries of ${named}: EXPLAIN (TYPE VALIDATE)`);
    return undefined;
  }
  session.step(`Have Athena validate the queries of ${named}`);
  let found: readonly ModelAnswer[];
  try {
    const name = resourceName(session, silverGold);
    const answer = await session.aws.invoke(name, liveAlias, { validate: true });
    found = (answer as { readonly validated: readonly ModelAnswer[] }).validated;
  } catch (error) {
    const later = `${commandPrefix} --env ${environment.name} check --deployed`;
    say(
      `Athena has not validated the queries of ${named}. To try again: ${later}\n${asError(error).message}`,
    );
    return undefined;
  }
  for (const { model, missing } of found.filter((each) => each.missing.length > 0)) {
    say(
      `Athena has not validated the query of ${model}: gold does not have ${missing.join(", ")} yet.`,
    );
  }
  const mistakes = found.filter(({ mistake }) => mistake !== null);
  const texts = mistakes.map(({ mistake, hint }) => `error: ${mistake}\nhint: ${hint}`);
  return mistakes.length === 0
    ? undefined
    : new DeployError(
        "INVALID_MODEL",
        `The lakehouse is deployed, and Athena refuses a model:\n${texts.join("\n")}\n`,
        "Its last version stays in gold. Fix the model, and deploy again.",
      );
}
