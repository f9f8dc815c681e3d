/** A lake of one's own: what `npm create` makes, from the tarballs that would be published. Needs the npm registry. */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environments } from "../../infra/src/environments.ts";
import { synthesize } from "../../infra/src/synthesize.ts";
import { functionNames } from "../../packages/lake/src/functions.ts";
import { catalog } from "../../packages/tables/src/catalog.ts";
import { pack } from "../../scripts/release/pack.mjs";
import { codeBlocks } from "../support/code-blocks.ts";
import { type CommandResult, shellIn } from "../support/repository-copy.ts";

const root = join(import.meta.dirname, "../..");
let scratch: string;
let lake: string;
let tarballs: Awaited<ReturnType<typeof pack>>;

/** What `npm create serverless-lakehouse` runs, with tarballs in place of the registry's packages. */
async function create(folder: string): Promise<CommandResult> {
  const words = [
    "npm exec --yes",
    `--package="${tarballs.create}"`,
    "-- create-serverless-lakehouse",
  ];
  const command = [...words, folder, `--framework "${tarballs.framework}"`].join(" ");
  return await shellIn(scratch, command);
}

/** Runs a command in the new folder. */
async function run(command: string, code = 0): Promise<CommandResult> {
  const result = await shellIn(lake, command);
  expect(result.code, `${command}\n${result.stderr}${result.stdout}`).toBe(code);
  return result;
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(lake, file), "utf8");
  expect(text).toContain(from);
  await writeFile(join(lake, file), text.replace(from, to));
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "lakehouse-own-"));
  lake = join(scratch, "my-lake");
  tarballs = await pack(join(scratch, "tarballs"));
}, 300_000);
afterAll(() => rm(scratch, { recursive: true, force: true, maxRetries: 3 }));

describe("a lake of one's own", { timeout: 600_000 }, () => {
  it("starts and passes its tests at once, and depends on nothing of this repository", async () => {
    const { code, stdout, stderr } = await create("my-lake");
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("cd my-lake\n  npm start\n  npm test");
    const started = await run("npm start");
    expect(started.stdout).toContain("Audit: nothing is lost.");
    expect(started.stdout).toContain("npx lakehouse status");
    expect((await run("npm test")).stdout).toContain("2 tables and 5 models have no mistakes.");
    const { stdout: packages } = await run("npm ls --all --parseable");
    expect(packages.split("\n").filter((path) => path.includes("@lakehouse"))).toEqual([]);
    expect(await readdir(lake)).toEqual(expect.arrayContaining([".gitignore", ".github", ".lake"]));
    // A folder with files is left alone.
    const again = await create("my-lake");
    expect({ code: again.code, stderr: again.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("my-lake is not empty.\nhint: "),
    });
  });

  it("has the command in every folder below, with pipes and paths of that folder", async () => {
    const { stdout } = await run(
      "cd tables/orders && npx lakehouse ingest orders sample.ndjson --json && npx lakehouse silver --json",
    );
    expect(stdout).toContain('"records": ');
    const query = `npx lakehouse query "select 'two  words' as \\"a b\\"" --json`;
    expect(JSON.parse((await run(`cd tables && ${query}`)).stdout)).toMatchObject({
      rows: [{ "a b": "two  words" }],
    });
    await run("npx lakehouse no-such-command", 2);
    expect((await shellIn(tmpdir(), `"${join(lake, "node_modules/.bin/lakehouse")}"`)).stderr).toBe(
      "error: There is no lakehouse.config.ts in this folder or above it.\nhint: Run it in the folder that npm create serverless-lakehouse made.\n",
    );
  });

  it("takes a table as docs/add-a-table.md shows it, and one that init proposes", async () => {
    const text = await readFile(join(root, "docs/add-a-table.md"), "utf8");
    for (const { file, code } of codeBlocks(text)) {
      if (file !== undefined) {
        const path = join(lake, file.replace("packages/tables/src", "tables"));
        await shellIn(lake, `mkdir -p "${dirname(path)}"`);
        await appendFile(path, code);
      }
    }
    await writeFile(join(lake, "visits.ndjson"), '{"id":1,"at":"2026-01-01T10:00:00Z"}\n');
    expect((await run("npx lakehouse init visits --from visits.ndjson")).stdout).toContain(
      "npx lakehouse check",
    );
    expect((await run("npm test")).stdout).toContain("4 tables and 7 models have no mistakes.");
  });

  it("names a mistake with its file and line, and the fix", async () => {
    await edit("tables/visits/contract.ts", " int64()", " imt64()");
    const place = "tables/visits/contract.ts";
    const { stderr } = await run("npx lakehouse check", 2);
    expect(stderr).toBe(
      `error: ${place}:9: imt64 is not defined.\nhint: Did you mean int64? Import what it uses.\n`,
    );
    await edit(place, "imt64()", "int64()");
    await edit(place, "serverless-lakehouse/contract", "serverless-lakehouse/contact");
    expect((await run("npx lakehouse check", 2)).stderr).toContain(
      `error: ${place}:2: there is no module serverless-lakehouse/contact.\nhint: Did you mean serverless-lakehouse/contract?\n`,
    );
    await rm(join(lake, "tables/visits"), { recursive: true });
    await rm(join(lake, "tables/payments"), { recursive: true });
    await edit("lakehouse.config.ts", 'name: "dev"', 'name: "Dev"');
    expect((await run("npm run deploy -- --env prod --dry-run", 2)).stderr).toContain(
      "In lakehouse.config.ts, use at most 12 lower-case letters and digits",
    );
    await edit("lakehouse.config.ts", 'name: "Dev"', 'name: "dev"');
    await edit("lakehouse.config.ts", "export default", "export const config =");
    expect((await run("npm run plan -- --env dev", 2)).stderr).toContain(
      "error: lakehouse.config.ts exports no default.\nhint: Write export default before what it defines.\n",
    );
    await edit("lakehouse.config.ts", "export const config =", "export default");
  });

  it("deploys what this repository deploys for the same tables and environments", async () => {
    const { stdout } = await run("npm run deploy -- --env dev --dry-run");
    expect(stdout).toContain("Dry run for dev in eu-west-1: nothing is changed.");
    expect(stdout).toContain(
      "node node_modules/serverless-lakehouse/scripts/own/push-images.mjs\n",
    );
    const here = synthesize(environments, catalog, join(scratch, "synthesized"));
    for (const [name, folder] of here) {
      const own = join(lake, ".lakehouse/infra/cdktf.out/stacks", name, "cdk.tf.json");
      expect(await readFile(own, "utf8"), name).toBe(
        await readFile(join(folder, "cdk.tf.json"), "utf8"),
      );
    }
  });

  it("makes the files of both images, whose handlers and native code load", async () => {
    const platform = process.arch === "arm64" ? "linux/arm64" : "linux/amd64";
    const push = "node node_modules/serverless-lakehouse/scripts/own/push-images.mjs --files";
    await run(`LAKEHOUSE_PLATFORM=${platform} ${push}`);
    const check = "node node_modules/serverless-lakehouse/docker/src/check.js";
    for (const name of functionNames) {
      const { stdout } = await run(
        `LAKEHOUSE_LAKE="${join(scratch, "lake")}" ${check} .lakehouse/images/${name}`,
      );
      expect(stdout).toContain("The handler loads, and so does its native code:");
    }
  });
});
