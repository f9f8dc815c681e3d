/** Turborepo repeats the unit tests and type checks of exactly those packages that read what changed. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RepositoryCopy } from "../support/repository-copy.ts";

const turbo = join(import.meta.dirname, "../../node_modules/turbo/bin/turbo");
let copy: RepositoryCopy;
let before: ReadonlyMap<string, string>;

beforeAll(async () => {
  copy = await RepositoryCopy.create();
  before = await hashes();
});
afterAll(() => copy.delete());

/** The hash of what each task reads, by the task's name. */
async function hashes(): Promise<ReadonlyMap<string, string>> {
  const args = [turbo, "run", "tier:unit", "typecheck", "typecheck:workspace", "--dry=json"];
  const options = { cwd: copy.folder, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  const { tasks } = JSON.parse(stdout) as {
    tasks: { taskId: string; hash: string; command: string }[];
  };
  const run = tasks.filter(({ command }) => command !== "<NONEXISTENT>");
  return new Map(run.map(({ taskId, hash }) => [taskId.replace("@lakehouse/", ""), hash]));
}

const unit = (...names: string[]) => names.map((name) => `${name}#tier:unit`);
const tables = "tables#typecheck";
const workspace = "//#typecheck:workspace";

test.each([
  ["packages/tables/src/orders/contract.ts", [tables]],
  ["infra/src/environments.ts", [workspace]],
  ["docs/query.md", unit("formats")],
  ["docs/operations.md", unit("infra")],
  [".github/workflows/deploy-environment.yml", unit("infra")],
  ["packages/terminal/test/unit/words.test.ts", [...unit("terminal"), workspace]],
  ["packages/lake/test/integration/s3-store.test.ts", [workspace]],
])("%s", async (file, tasks) => {
  const text = await copy.read(file);
  await copy.write(file, `${text}\n`);
  const after = await hashes();
  await copy.write(file, text);
  const changed = [...after].filter(([name, hash]) => before.get(name) !== hash);
  const names = changed.map(([name]) => name);
  // The root's tests always run.
  expect(names.filter((name) => name !== "//#tier:unit").sort()).toEqual([...tasks].sort());
});

test("a source repeats the tasks of all packages that depend on it", async () => {
  const file = "packages/transforms/src/errors.ts";
  await copy.write(file, `${await copy.read(file)}\n`);
  const after = await hashes();
  const same = [...after].filter(([name, hash]) => before.get(name) === hash);
  const others = [...unit("page", "terminal"), "page#typecheck", "browser#typecheck"];
  expect(same.map(([name]) => name).sort()).toEqual(others.sort());
});
