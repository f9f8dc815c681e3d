/** docs/add-a-table.md, followed to the letter in a copy of the repository. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "lakehouse-copy-"));
  const { stdout } = await run(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    {
      cwd: root,
    },
  );
  for (const file of new Set(stdout.split("\0").filter((each) => each !== ""))) {
    // A file that git still knows may be gone from the working tree.
    await cp(join(root, file), join(copy, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") {
        throw error;
      }
    });
  }
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** The document's code blocks: those that name a file, and those for a shell. */
async function codeBlocks(): Promise<
  { language: string; file: string | undefined; code: string }[]
> {
  const text = await readFile(join(root, "docs/add-a-table.md"), "utf8");
  return [...text.matchAll(/^```(\w+)(?: file=(\S+))?\n(.*?)^```$/gms)].map(
    ([, language = "", file, code = ""]) => ({ language, file, code }),
  );
}

/** What a shell prints for the command, in the copy. */
async function shell(command: string): Promise<string> {
  const { stdout } = await run(command, { cwd: copy, shell: true, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

describe("docs/add-a-table.md", () => {
  it("adds a table that goes all the way to gold", { timeout: 240_000 }, async () => {
    const blocks = await codeBlocks();
    for (const { file, code } of blocks) {
      if (file === undefined) {
        continue;
      }
      await mkdir(dirname(join(copy, file)), { recursive: true });
      await writeFile(join(copy, file), code);
    }
    const printed = new Map<string, string>();
    for (const { language, code } of blocks) {
      if (language !== "sh") {
        continue;
      }
      for (const command of code.trim().split("\n")) {
        const word = /-- (\w+)/.exec(command)?.[1] ?? command;
        printed.set(word, await shell(command));
      }
    }
    expect(printed.get("describe")).toContain("amount is not zero");
    expect(printed.get("query")).toMatch(/EUR|USD/);

    const json = async (command: string): Promise<unknown> =>
      JSON.parse(await shell(`npm run -s lakehouse -- ${command} --json`));
    expect(await json("audit")).toMatchObject({ ok: true, records: 1_000, problems: [] });
    const { rows } = (await json(
      'query "select sum(payments) as counted, (select count(*) from payments) as current from payments_daily"',
    )) as { rows: { counted: unknown; current: unknown }[] };
    expect(Number(rows[0]?.counted)).toBeGreaterThan(500);
    expect(Number(rows[0]?.counted)).toBe(Number(rows[0]?.current));
  });

  it("adds a table that passes the checks of its package", { timeout: 240_000 }, async () => {
    const command = "node scripts/toolchain.mjs pnpm --filter @lakehouse/tables run";
    await shell(`${command} typecheck`);
    await shell(`${command} lint`);
  });

  it("has its mistakes told by a deployment, too, in a sentence", {
    timeout: 240_000,
  }, async () => {
    const contract = join(copy, "packages/tables/src/payments/contract.ts");
    const right = await readFile(contract, "utf8");
    await writeFile(contract, right.replace(/primaryKey: \["/, "$&no_"));
    const ended = await shell("npm run -s deploy -- --env dev --dry-run").then(
      () => expect.unreachable("deployed"),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
    );
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/has a mistake\. payments.*no_/);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });
});
