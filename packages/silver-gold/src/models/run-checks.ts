/** Runs the checks of each model that this run built, whole or in part. */

import { identifier } from "@lakehouse/formats/sql-text";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import { type Engine, EngineError, type Session } from "../engine/engine.ts";
import { CheckFailedError, type CheckFailure, ModelFailedError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import type { BuiltModel } from "./build-models.ts";
import { builtView, type CheckOfRows, checkQuery, checksOfRows } from "./check-query.ts";
import type { Relations } from "./relations.ts";

const checkView = "__check";
const sampleRows = 5;

/**
 * Checks what was built. Numbers of rows are checked already. Relationships and SQL checks see whole tables and models in their state after this run.
 *
 * @param rowCounts The failed checks of numbers of rows.
 * @throws CheckFailedError with all checks that fail.
 */
export async function runChecks(
  scope: RunScope,
  models: readonly BuiltModel[],
  relations: Relations,
  rowCounts: readonly CheckFailure[],
): Promise<void> {
  const built = models.filter(
    ({ plan, resolved }) => plan.build.length > 0 && resolved.model.checks.length > 0,
  );
  const failures: CheckFailure[] = [...rowCounts];
  for (const [index, { resolved, plan, failures: found }] of built.entries()) {
    if (found !== undefined) {
      failures.push(...found);
      continue;
    }
    const { model, checkReads } = resolved;
    const rows = await relations.parts(model.name, plan.build);
    const others = await inParallel(
      checkReads,
      scope.concurrency,
      async (name) => [name, await relations.of(name)] as const,
    );
    using session = await scope.engine.session();
    await session.define(builtView, rows);
    for (const [name, relation] of others) {
      await session.define(name, relation);
    }
    for (const check of checksOfRows(model)) {
      const failure = await runCheck(scope.engine, session, check, model);
      if (failure !== undefined) {
        failures.push(failure);
      }
    }
    scope.progress("check", model.name, index + 1, built.length);
  }
  const [first, ...more] = failures;
  if (first !== undefined) {
    throw new CheckFailedError([first, ...more]);
  }
}

/** Runs a check over `__built`. @returns The failure. */
export async function runCheck(
  engine: Engine,
  session: Session,
  check: CheckOfRows,
  model: Model,
): Promise<CheckFailure | undefined> {
  const name = checkName(check);
  try {
    await session.define(checkView, { kind: "query", sql: checkQuery(engine, check, model) });
    const view = identifier(checkView);
    const [count] = await session.rows(`select count(*) as failing from ${view}`);
    const failing = Number(count?.["failing"]);
    if (failing === 0) {
      return undefined;
    }
    const sample = await session.rows(`select * from ${view} limit ${sampleRows}`);
    return { model: model.name, check: name, failing, sample };
  } catch (error) {
    throw error instanceof EngineError
      ? new ModelFailedError(model.name, `check ${name}`, error)
      : error;
  }
}
