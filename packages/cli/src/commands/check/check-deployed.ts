/** `lakehouse check --deployed`: has Athena validate the queries of its models, too. */
import { join } from "node:path";
import { openWorkgroup } from "@lakehouse/silver-gold/athena";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { validateModels } from "@lakehouse/silver-gold/validate-models";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { type CheckResult, check } from "./check.ts";
import type { Mistake } from "./mistake.ts";

/**
 * Checks all tables and models and, if they have no mistakes, those that Athena builds on the deployed tables.
 *
 * @throws UsageError if the lake has no Athena.
 */
export async function checkDeployed(
  context: Context,
  checkTables: (context: Context) => Promise<CheckResult> = check,
): Promise<CheckResult> {
  const { catalog, lake, settings, scratch, environment } = context;
  const result = await checkTables(context);
  if (!result.ok || !catalog.models.some(({ engine }) => engine.kind === "athena")) {
    return result;
  }
  const athena = await openWorkgroup(lake.gold, settings);
  if (athena === undefined) {
    throw new UsageError(
      "This lake has no Athena that builds models",
      environment === undefined
        ? "Name the environment: lakehouse --env dev check --deployed."
        : `Deploy the models first: npm run bootstrap -- --env ${environment}, then npm run deploy -- --env ${environment}.`,
    );
  }
  using engine = await openEngine({ directory: join(scratch, "deployed") });
  const mistakes: Mistake[] = [];
  const deployed: NonNullable<CheckResult["deployed"]>[number][] = [];
  for await (const found of validateModels({ gold: lake.gold, catalog, engine, athena })) {
    const { model, missing, mistake } = found;
    deployed.push({ model, missing });
    if (mistake !== undefined) {
      mistakes.push({ message: mistake.message.trim(), hint: mistake.hint });
    }
  }
  return { ...result, ok: mistakes.length === 0, mistakes, deployed };
}
