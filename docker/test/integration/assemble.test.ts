/** The files of the images, assembled for both platforms without a Docker engine. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { problemsOf } from "../../src/check-files.ts";
import { readElf } from "../../src/elf.ts";
import { AssemblyError, ReadelfMissingError } from "../../src/errors.ts";
import { functionNames } from "../../src/functions.ts";
import { type Platform, platforms, systemLibraries } from "../../src/images.ts";
import { answerIn, callArguments } from "../support/call.ts";
import { createLake, order } from "../support/lake.ts";
import { notTested } from "../support/requirement.ts";

const folder = await mkdtemp(join(tmpdir(), "lakehouse-assembled-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const sourceDateEpoch = 1_700_000_000;
const here = platformOfThisMachine();
const readelf = await readelfOrNotTested();
const ready = new Set<Platform>();
for (const platform of Object.keys(platforms) as Platform[]) {
  if (await assembleAll(platform)) {
    ready.add(platform);
  }
}

function assembled(name: string, platform: Platform): string {
  return join(folder, platform.replace("/", "-"), name);
}

/** Another platform's packages are not installed with the workspace: they come from the registry, the first time. */
async function assembleAll(platform: Platform): Promise<true | undefined> {
  try {
    for (const name of functionNames) {
      await assemble(name, platform, assembled(name, platform), { sourceDateEpoch });
    }
    return true;
  } catch (error) {
    if (platform === here || !(error instanceof AssemblyError)) {
      throw error;
    }
    return notTested(`the images' files for ${platform}`, error.message);
  }
}

/** @returns undefined where images' files can't run: elsewhere than on Linux with glibc. */
function platformOfThisMachine(): Platform | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const names = Object.keys(platforms) as Platform[];
  return process.platform === "linux" && header.glibcVersionRuntime !== undefined
    ? names.find((name) => platforms[name].cpu === process.arch)
    : undefined;
}

async function readelfOrNotTested(): Promise<true | undefined> {
  try {
    return (await readElf(process.execPath)) === undefined ? undefined : true;
  } catch (error) {
    if (!(error instanceof ReadelfMissingError)) {
      throw error;
    }
    return notTested("whether the images' native code fits their platforms", error.message);
  }
}

describe.each([...ready])("for %s", (platform) => {
  describe.each(functionNames)("the files of %s", (name) => {
    test.skipIf(readelf === undefined)("fit the platform, lack nothing and are small", async () => {
      expect(await problemsOf(assembled(name, platform), name, platform)).toEqual([]);
    });

    test("hold the bundle, native packages with their licences, and nothing to develop with", async () => {
      const files = await readdir(assembled(name, platform), { recursive: true });
      expect(files).toContain("handler.mjs");
      expect(files).toContain("node_modules/nodejs-polars/LICENSE");
      expect(files.filter((file) => /\.(?:ts|map|md|gyp|c|cc|h)$/.test(file))).toEqual([]);
      expect(files.some((file) => file.includes("@duckdb"))).toBe(name === "silver-gold");
      const foreign = platform === "linux/amd64" ? /arm64|musl/ : /x64|musl/;
      expect(files.filter((file) => foreign.test(file))).toEqual([]);
    });

    test("may be read by any user, and say nothing of when they were made", async () => {
      const files = await readdir(assembled(name, platform), { recursive: true });
      for (const file of files) {
        const stats = await stat(join(assembled(name, platform), file));
        expect([file, stats.mtimeMs]).toEqual([file, sourceDateEpoch * 1000]);
        expect([file, stats.mode & 0o777]).toEqual([file, stats.isDirectory() ? 0o755 : 0o644]);
      }
    });
  });
});

test.skipIf(here === undefined)(
  "on this machine's platform they make a lake, outside of the workspace and with no other packages",
  async () => {
    const lake = await createLake();
    try {
      const key = await lake.putOrders("small.gz", [order(1), order(2)]);
      const silver = await call("bronze-silver", { keys: [key] }, lake.directory);
      expect(silver).toMatchObject({ objects: 1, rows: 2 });
      await call("silver-gold", {}, lake.directory);
      const gold = await readFile(
        join(lake.directory, "gold", "customer_summary", "data.csv"),
        "utf8",
      );
      expect(gold).toContain("21.00");
    } finally {
      await lake.remove();
    }
  },
);

/** Calls an assembled handler in a process of its own, which sees nothing of the workspace. */
async function call(name: string, event: unknown, lake: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, callArguments(event), {
    cwd: assembled(name, here ?? "linux/amd64"),
    env: { LAKEHOUSE_LAKE: lake, TMPDIR: lake },
    timeout: 60_000,
  });
  return answerIn(stdout);
}

describe.skipIf(readelf === undefined || !ready.has("linux/arm64"))("the check finds", () => {
  const arm = assembled("silver-gold", "linux/arm64");

  test("files for another machine", async () => {
    expect(await problemsOf(arm, "silver-gold", "linux/amd64")).toContainEqual(
      "node_modules/@duckdb/node-bindings-linux-arm64/libduckdb.so is for AArch64, not for linux/amd64",
    );
  });

  test("code that needs a newer system", async () => {
    const limits = { ...systemLibraries, mib: 1000, GLIBC: "2.16", GLIBCXX: "3.4.21" };
    const problems = await problemsOf(arm, "silver-gold", "linux/arm64", limits);
    expect(problems.join("\n")).toMatch(/libduckdb\.so needs GLIBC_2\.\d+, newer/);
    expect(problems.join("\n")).toMatch(/libduckdb\.so needs GLIBCXX_3\.4\.22, newer/);
  });

  test("files that are too large together", async () => {
    const limits = { ...systemLibraries, mib: 100 };
    expect(await problemsOf(arm, "silver-gold", "linux/arm64", limits)).toEqual([
      expect.stringMatching(/^the files have 1\d\d\.\d MiB together, more than 100 MiB$/),
    ]);
  });

  test("a library or native code that is missing", async () => {
    await rm(join(arm, "node_modules/@duckdb/node-bindings-linux-arm64/libduckdb.so"));
    expect(await problemsOf(arm, "silver-gold", "linux/arm64")).toEqual([
      "node_modules/@duckdb/node-bindings-linux-arm64/duckdb.node needs libduckdb.so, which is missing",
    ]);
    await rm(join(arm, "node_modules/@duckdb"), { recursive: true });
    expect(await problemsOf(arm, "silver-gold", "linux/arm64")).toEqual(["native code is missing"]);
  });
});

test("nothing is assembled into a folder that is there already", async () => {
  const output = join(folder, "taken");
  await writeFile(output, "");
  await expect(
    assemble("bronze-silver", "linux/amd64", output, { sourceDateEpoch }),
  ).rejects.toMatchObject({ code: "ASSEMBLY_FAILED" });
});
