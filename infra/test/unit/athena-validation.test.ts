/** `deploy` has Athena validate the queries of its models, and ends with what it refuses. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterEach, expect, test, vi } from "vitest";
import { validateAthenaModels } from "../../src/deploy/athena-models.ts";
import type { Session } from "../../src/deploy/session.ts";
import { Shell } from "../../src/deploy/shell.ts";
import { bare } from "../../testing/environments.ts";

const folder = temporaryDirectory();
const shell = new Shell(folder, {}, false, false);

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is printed, and returned, if the command is this script. */
async function validated(
  script: string,
  { models = ["totals"], identityArn = "", dryRun = false } = {},
) {
  const lakehouse = join(folder, "lakehouse.mjs");
  writeFileSync(lakehouse, script);
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  }
  const step = (title: string) => printed.push(`${title}\n`);
  const session = {
    ...{ environment: bare, identityArn, shell, step },
    options: { dist: folder, runtime: { lakehouse }, dryRun, verbose: false },
  };
  const refusal = await validateAthenaModels(session as unknown as Session, models);
  vi.restoreAllMocks();
  return { text: printed.join(""), refusal };
}

const title = "Have Athena validate the queries of totals";
const echo = "console.log(process.argv.slice(2).join(' '), process.env.AWS_REGION)";

test("it validates the models of the environment, in its region", async () => {
  expect(await validated(echo)).toEqual({
    text: `${title}\n--env bare check --deployed eu-west-1\n`,
    refusal: undefined,
  });
  expect((await validated(echo, { models: [] })).text).toBe("");
});

test("a dry run says what it would do", async () => {
  expect((await validated(echo, { dryRun: true })).text).toBe(
    `${title}: EXPLAIN (TYPE VALIDATE)\n`,
  );
});

test("a model that Athena refuses is an error, and one that can't be validated is not", async () => {
  const fails = (code: number) => `console.error("error: no"); process.exitCode = ${code};`;
  const { refusal } = await validated(fails(2));
  expect(refusal).toMatchObject({ code: "INVALID_MODEL", exitCode: 2 });
  expect(refusal?.message).toContain("Athena refuses a model:\nerror: no");
  const { text, refusal: none } = await validated(fails(3));
  expect(none).toBeUndefined();
  expect(text).toMatch(
    /has not validated the queries of totals\. To try again: .* check --deployed\nerror: no/,
  );
});

test("GitHub's roles may not read tables, so they don't", async () => {
  const identityArn = "arn:aws:sts::1:assumed-role/github-lakehouse-bare-deploy/x";
  expect((await validated(echo, { identityArn })).text).toMatch(/has not validated .*totals/);
});
