/** A user's tables and settings never turn `npm test` red: in a copy of the repository, with npm alone. */
import { randomUUID } from "node:crypto";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environments as original } from "../../infra/testing/environments.ts";
import { packageFolders } from "../../scripts/test-results.mjs";
import { codeBlocks } from "../support/code-blocks.ts";
import { RepositoryCopy } from "../support/repository-copy.ts";
import {
  changedEnvironments,
  environmentsSource,
  leavesOf,
} from "./support/changed-environments.ts";
import { tenTables } from "./support/ten-tables.ts";

const tables = "packages/tables/src";
const samples = ["orders", "web_events"];
const settings = "infra/src/environments.ts";
let copy: RepositoryCopy;

beforeAll(async () => {
  copy = await RepositoryCopy.create();
});
afterAll(() => copy.delete());

async function npm(command: string): Promise<string> {
  const { code, stdout, stderr } = await copy.shell(command);
  expect(code, `${command}\n${stderr}${stdout}`).toBe(0);
  return stdout;
}

/**
 * Runs `npm test`. If it is not green, the error shows what it printed.
 *
 * Turborepo may know results of this repository's own `npm test`, for tasks that read nothing that the user changed.
 *
 * @returns The tasks that ran, such as `tables:typecheck`. Turborepo knew the results of all others.
 */
async function expectGreen(): Promise<readonly string[]> {
  const { CI, FC_SCALE } = process.env;
  const { code, stdout, stderr } = await copy.shell("npm test", {
    ...(CI !== undefined && { CI }),
    ...(FC_SCALE !== undefined && { FC_SCALE }),
  });
  const [last = ""] = stdout.trimEnd().split("\n").slice(-1);
  expect({ code, last }, `${stderr}${stdout}`.slice(-20_000)).toEqual({
    code: 0,
    last: expect.stringMatching(/^\d{4} passed, 0 failed$/),
  });
  const ran = stdout.matchAll(/^(?:@lakehouse\/)?(\S+): cache (?:miss|bypass)/gm);
  return [...ran].map(([, name = ""]) => name).sort();
}

/** The packages whose unit tests ran. */
function testedIn(tasks: readonly string[]): readonly string[] {
  return tasks
    .filter((task) => task.endsWith(":tier:unit"))
    .map((task) => task.split(":")[0] ?? "");
}

describe("npm test is green", { timeout: 1_800_000 }, () => {
  it("with ten tables in another style, no sample tables, and another value for every setting", async () => {
    const before = new Map(original.flatMap((each, index) => leavesOf(each, String(index))));
    const after = new Map(
      changedEnvironments.flatMap((each, index) => leavesOf(each, String(index))),
    );
    const unchanged = [...before].filter(([path, value]) => after.get(path) === value);
    expect(unchanged.map(([path]) => path)).toEqual([]);

    for (const name of samples) {
      await copy.remove(join(tables, name));
    }
    // No earlier run had tables with this comment, or these settings, so Turborepo knows no result for them.
    const comment = `// ${randomUUID()}\n`;
    for (const { file, text } of tenTables()) {
      await copy.write(join(tables, file), file.endsWith(".ts") ? `${comment}${text}` : text);
    }
    await copy.write(settings, `${comment}${environmentsSource()}`);
    expect(await expectGreen()).toEqual(
      expect.arrayContaining([
        "//:lint:workspace",
        "//:tier:unit",
        "//:typecheck:workspace",
        "tables:typecheck",
      ]),
    );
    expect(await npm("npm run -s lakehouse -- describe")).toContain("ten_9_daily");
    expect(await npm("npm run -s deploy -- --env live --dry-run")).toContain("live");
  });
});

describe("the results that Turborepo knows", () => {
  it("are of tests that load no file of the user's", async () => {
    const folders = packageFolders(copy.folder).map((folder) => relative(copy.folder, folder));
    const loaded = await Promise.all([".", ...folders].map(loadedUserFiles));
    expect(loaded.flat().sort()).toEqual(
      tenTables()
        .map(({ file }) => `.: ${tables}/${file}`)
        .sort(),
    );
  });

  /** The files of the user's that the unit tests of a package loaded. */
  async function loadedUserFiles(folder: string): Promise<readonly string[]> {
    const report = `${folder}/test-results/unit/coverage/coverage-final.json`;
    // Not every package has unit tests.
    const text = await copy.read(report).catch(() => "{}");
    return Object.keys(JSON.parse(text) as Record<string, unknown>)
      .filter((file) => file === settings || /^packages\/tables\/src\/.+\//.test(file))
      .map((file) => `${folder}: ${file}`);
  }
});

describe("the test of a user's tables", { timeout: 1_800_000 }, () => {
  it("fails when a model's SQL names a column that does not exist, and names it", async () => {
    await copy.write(`${tables}/ten_1/daily.sql`, "select day, no_such_column as n from ten_1");
    const vitest = "vitest run --project=repository test/unit/user-tables.test.ts";
    const { code, stdout, stderr } = await copy.shell(`node scripts/toolchain.mjs ${vitest}`);
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/ten_1_daily.*no_such_column/s);
  });
});

describe("docs/add-a-table.md, followed to the letter", { timeout: 1_800_000 }, () => {
  beforeAll(async () => {
    for (const name of new Set(tenTables().map(({ file }) => dirname(file)))) {
      await copy.remove(join(tables, name));
    }
    for (const path of [settings, ...samples.map((name) => join(tables, name))]) {
      await copy.restore(path);
    }
  });

  it("adds a table that goes all the way to gold", async () => {
    // Files and shell commands.
    const blocks = codeBlocks(await copy.read("docs/add-a-table.md"));
    for (const { file, code } of blocks) {
      if (file !== undefined) {
        await copy.write(file, code);
      }
    }
    const printed = new Map<string, string>();
    const commands = blocks.filter(({ language }) => language === "sh");
    for (const command of commands.flatMap(({ code }) => code.trim().split("\n"))) {
      const verb = /-- (\w+)/.exec(command)?.[1] ?? command;
      printed.set(verb, await npm(command));
    }
    expect(printed.get("describe")).toContain("amount is not zero");
    expect(printed.get("query")).toMatch(/EUR|USD/);

    const json = async (command: string): Promise<unknown> =>
      JSON.parse(await npm(`npm run -s lakehouse -- ${command} --json`));
    expect(await json("audit")).toMatchObject({ ok: true, records: 1_000, problems: [] });
    const { rows } = (await json(
      'query "select sum(payments) as counted, (select count(*) from payments) as current from payments_daily"',
    )) as { rows: { counted: unknown; current: unknown }[] };
    expect(Number(rows[0]?.counted)).toBeGreaterThan(500);
    expect(Number(rows[0]?.counted)).toBe(Number(rows[0]?.current));
  });

  it("leaves npm test green, which repeats only the tests of the user's tables", async () => {
    expect(testedIn(await expectGreen())).toEqual(["//"]);
  });

  it("adds a table whose mistakes a deployment reports too, without a stack trace", async () => {
    const contract = `${tables}/payments/contract.ts`;
    const source = await copy.read(contract);
    await copy.write(contract, source.replace(/primaryKey: \["/, "$&no_"));
    const { code, stderr } = await copy.shell("npm run -s deploy -- --env dev --dry-run");
    await copy.write(contract, source);
    expect(code).toBe(2);
    expect(stderr).toMatch(/payments.*no_/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
