/** The command in a fresh copy of the repository, with npm alone. The first run sets everything up, from any folder. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RepositoryCopy } from "../support/repository-copy.ts";
import { tenTables } from "./support/ten-tables.ts";

const lakehouse = "npm run -s lakehouse --";
let copy: RepositoryCopy;

beforeAll(async () => {
  copy = await RepositoryCopy.create();
  for (const { file, text } of tenTables()) {
    await copy.write(`packages/tables/src/${file}`, text);
  }
});
afterAll(() => copy.delete());

describe("npm run -s lakehouse in a fresh copy", { timeout: 600_000 }, () => {
  it("works on both sides of a pipe, and prints nothing about set-up to stdout", async () => {
    const generate = `${lakehouse} generate ten_0 --records 200 --seed 1`;
    const { code, stdout, stderr } = await copy.shell(
      `cd packages/tables/src/ten_0 && ${generate} | ${lakehouse} ingest ten_0 - --json`,
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ records: 200 });
    expect(stderr).toContain("Installing dependencies …");
  });

  it("prints nothing about set-up from then on, and resolves paths in the user's folder", async () => {
    for (const [folder, lake] of [
      [".", ".lake"],
      ["docs", "../.lake"],
      ["infra/src", "../../.lake"],
      ["packages/tables/src/ten_0", "../../../../.lake"],
    ]) {
      const { code, stdout } = await copy.shell(
        `cd ${folder} && ${lakehouse} status --json --lake "${lake}" 2>&1`,
      );
      expect(code, stdout).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ layers: expect.anything() });
    }
  });

  it("passes arguments and exit codes through unchanged", async () => {
    const query = `cd docs && ${lakehouse} query "select 'two  words' as \\"a b\\"" --json`;
    expect(JSON.parse((await copy.shell(query)).stdout)).toMatchObject({
      rows: [{ "a b": "two  words" }],
    });
    expect((await copy.shell(`cd docs && ${lakehouse} no-such-command`)).code).toBe(2);
  });
});
