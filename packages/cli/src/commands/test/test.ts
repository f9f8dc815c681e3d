/** Runs the tests of models, without a lake. */
import { join } from "node:path";
import { type ModelTestResult, runModelTests } from "@lakehouse/silver-gold/model-tests";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { exitCodes } from "@lakehouse/transforms/errors";
import type { Context } from "../../context.ts";
import { unknownName } from "../../errors.ts";

/** A test, and what it found. Values are text, as in our CSV. */
export interface TestedModel extends Omit<ModelTestResult, "error"> {
  /** Why it could not run. */
  readonly error?: string;
}

/** The results of all tests. */
export interface TestResult {
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly tests: readonly TestedModel[];
  /** 2 if a test or a model has a mistake, so that a test can't run. */
  readonly exitCode: number;
}

/**
 * Runs the tests, one after the other.
 *
 * @param names The models. Empty: all.
 */
export async function test(
  {
    catalog,
    scratch,
    signal,
    progress,
  }: Pick<Context, "catalog" | "scratch" | "signal" | "progress">,
  names: readonly string[],
): Promise<TestResult> {
  const unknown = names.find((name) => !catalog.models.some((model) => model.name === name));
  if (unknown !== undefined) {
    throw unknownName("model", unknown, catalog.models);
  }
  const task = progress.start("testing", "tests", undefined);
  const tests: TestedModel[] = [];
  let exitCode = 0;
  try {
    using engine = await openEngine({
      directory: join(scratch, "sql"),
      reproducible: true,
      signal,
    });
    const chosen = names.length === 0 ? undefined : names;
    for await (const { error, ...result } of runModelTests(engine, catalog, chosen)) {
      signal.throwIfAborted();
      const detail = error?.detail === undefined ? "" : `\n${error.detail}`;
      tests.push(error === undefined ? result : { ...result, error: `${error.message}${detail}` });
      const code = result.ok ? 0 : exitCodes[error?.kind ?? "data"];
      exitCode = Math.max(exitCode, code);
      task.advance(1);
    }
  } finally {
    task.end();
  }
  const passed = tests.filter(({ ok }) => ok).length;
  const failed = tests.length - passed;
  return { ok: failed === 0, passed, failed, tests, exitCode };
}
