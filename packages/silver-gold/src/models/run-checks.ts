/** Runs the checks of all models of which something was built. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Check, checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import { rowsOf } from "../engine/duckdb/duckdb.ts";
import { createView } from "../engine/duckdb/relation.ts";
import { identifier } from "../engine/duckdb/sql-text.ts";
import { CheckFailedError, type CheckFailure, ModelFailedError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import type { BuiltModel } from "./build-models.ts";
import { builtView, createCheckView } from "./check-query.ts";
import type { Relations } from "./relations.ts";

const sampleRows = 5;

/**
 * Checks what was built; relationships and SQL see whole tables and models, as they will be.
 *
 * @throws CheckFailedError with all checks that do not hold.
 */
export async function runChecks(
  scope: RunScope,
  models: readonly BuiltModel[],
  relations: Relations,
): Promise<void> {
  const built = models.filter(
    ({ plan, resolved }) => plan.build.length > 0 && resolved.model.checks.length > 0,
  );
  const failures: CheckFailure[] = [];
  for (const [index, { resolved, plan }] of built.entries()) {
    const { model, checkReads } = resolved;
    const rows = await relations.parts(model.name, plan.build);
    const others = await inParallel(
      checkReads,
      scope.concurrency,
      async (name) => [name, await relations.of(name)] as const,
    );
    await scope.db.use(async (connection) => {
      await createView(connection, builtView, rows);
      for (const [name, relation] of others) {
        await createView(connection, name, relation);
      }
      for (const check of model.checks) {
        const failure = await runCheck(connection, check, model);
        if (failure !== undefined) {
          failures.push(failure);
        }
      }
    });
    scope.progress("check", model.name, index + 1, built.length);
  }
  const [first, ...more] = failures;
  if (first !== undefined) {
    throw new CheckFailedError([first, ...more]);
  }
}

async function runCheck(
  connection: DuckDBConnection,
  check: Check,
  model: Model,
): Promise<CheckFailure | undefined> {
  const name = checkName(check);
  try {
    const view = identifier(await createCheckView(connection, check, model));
    const [count] = await rowsOf(connection, `select count(*) as failing from ${view}`);
    const failing = Number(count?.["failing"]);
    if (failing === 0) {
      return undefined;
    }
    const sample = await rowsOf(connection, `select * from ${view} limit ${sampleRows}`);
    return { model: model.name, check: name, failing, sample };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ModelFailedError(model.name, `check ${name}`, said);
  }
}
