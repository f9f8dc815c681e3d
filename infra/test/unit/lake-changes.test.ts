/** `deploy` shows what `lakehouse plan` says of the deployed lake, and goes on if it can't. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterEach, expect, test, vi } from "vitest";
import { showLakeChanges } from "../../src/deploy/lake-changes.ts";
import type { Session } from "../../src/deploy/session.ts";
import { Shell } from "../../src/deploy/shell.ts";
import { environments } from "../../testing/environments.ts";

const folder = temporaryDirectory();
const shell = new Shell(folder, {}, false, false);
const [environment] = environments;
const { name = "", region = "" } = environment ?? {};

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is printed if the command is this script. */
async function shown(script: string, changes: Partial<Session> = {}, dryRun = false) {
  const lakehouse = join(folder, "lakehouse.mjs");
  writeFileSync(lakehouse, script);
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  }
  const runtime = {
    lakehouse,
    isCi: false,
    folder,
    synthesized: undefined,
    pluginCache: undefined,
  };
  const options = { dist: folder, runtime, dryRun, verbose: false };
  const step = (title: string) => printed.push(`${title}\n`);
  const session = { environment, identityArn: "", options, shell, step, ...changes };
  await showLakeChanges(session as Parameters<typeof showLakeChanges>[0]);
  vi.restoreAllMocks();
  return printed.join("");
}

const title = "Compare contracts and models with the deployed lake\n";

test("it shows the plan of the environment's lake, in its region", async () => {
  const script = "console.log(process.argv.slice(2).join(' '), process.env.AWS_REGION)";
  expect(await shown(script)).toBe(`${title}--env ${name} plan ${region}\n`);
});

test("a lake that is not there yet is new, and one that can't be read stops nothing", async () => {
  const fails = (message: string) =>
    `console.error(${JSON.stringify(message)}); process.exitCode = 2;`;
  expect(await shown(fails("error: it is not deployed in eu-west-1"))).toBe(
    `${title}${name} has no lake yet: all tables and models are new.\n`,
  );
  expect(await shown(fails("error: AccessDenied"))).toBe(
    `${title}The deployed lake was not compared, and the deployment goes on.\nerror: AccessDenied\n`,
  );
});

test("GitHub's roles and dry runs do not compare", async () => {
  const identityArn = `arn:aws:sts::1:assumed-role/github-lakehouse-${name}-plan/x`;
  expect(await shown("console.log(1)", { identityArn })).toBe("");
  expect(await shown("console.log(1)", {}, true)).toBe("");
});
