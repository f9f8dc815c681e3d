/** Rows that are as long as a line of CSV can be. Not a unit test, because such rows take seconds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { UnstorableValueError } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";

const directory = mkdtempSync(join(tmpdir(), "long-rows-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("a row that is too long for a line of CSV is refused", async () => {
  using engine = await openEngine({ directory });
  using session = await engine.session();
  const columns = [
    { name: "id", type: { kind: "string" } },
    { name: "note", type: { kind: "string" } },
  ] as const;
  const path = join(directory, "long.csv");
  const copy = async (note: string) => {
    await session.define("long", { kind: "query", sql: `select 'x' as id, ${note} as note` });
    return await session.copy("long", path, "csv", columns);
  };
  await expect(copy("repeat('a', 67108864)")).rejects.toMatchObject({
    rows: 1,
    sample: { id: "x" },
  });
  await expect(copy(`repeat('"', 33554432)`)).rejects.toBeInstanceOf(UnstorableValueError);
  expect(await copy("repeat('a', 67000000)")).toBe(1);
  await session.define("back", { kind: "files", columns, format: "csv", files: [path] });
  expect(await session.rows("select strlen(note) as bytes from back")).toEqual([
    { bytes: "67000000" },
  ]);
});
