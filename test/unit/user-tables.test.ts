/** The user's own tables and models (packages/tables/src) are valid, SQL returns the declared columns, and their tests pass. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failureLines } from "../../packages/cli/src/commands/test/command.ts";
import { test as runTests } from "../../packages/cli/src/commands/test/test.ts";
import { noProgress } from "../../packages/cli/src/output/progress.ts";
import { openLake } from "../../packages/lake/src/lake.ts";
import { CheckFailedError } from "../../packages/silver-gold/src/errors.ts";
import { runGold } from "../../packages/silver-gold/src/run-gold.ts";
import { catalog } from "../../packages/tables/src/catalog.ts";

test("every model builds from an empty lake", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lakehouse-user-tables-"));
  try {
    const lake = openLake(join(folder, "lake"), {});
    const run = runGold(lake, catalog, { scratch: join(folder, "scratch") });
    // A check may fail because there are no rows.
    const result = await run.catch((error: unknown) => {
      if (error instanceof CheckFailedError) {
        return undefined;
      }
      throw error;
    });
    const built = result?.models.map(({ name }) => name) ?? [];
    expect(
      result === undefined ? [] : catalog.models.filter(({ name }) => !built.includes(name)),
    ).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("every test beside a model passes", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "lakehouse-user-tests-"));
  try {
    const { signal } = new AbortController();
    const { tests } = await runTests({ catalog, scratch, signal, progress: noProgress }, []);
    const screen = { columns: undefined, paint: (_: string, text: string) => text };
    const failed = tests.filter(({ ok }) => !ok);
    expect(failed.flatMap((each) => failureLines(each, screen)).join("\n")).toBe("");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
});
