/** The files of the images for both platforms, and the check that an image runs on itself, without a Docker engine. */
import { execFile } from "node:child_process";
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type FunctionName, functionNames } from "@lakehouse/lake/functions";
import { execa } from "execa";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { dockerFolder, packageFolder, workspace } from "../../src/folders.ts";
import { answerIn, callArguments } from "../support/call.ts";
import {
  deployFiles,
  limitsMib,
  type Platform,
  platformNames,
  platforms,
  sizesOf,
  totalMib,
} from "../support/files.ts";
import { createLake, order } from "../support/lake.ts";
import { notTested } from "../support/requirement.ts";

const folder = await mkdtemp(join(tmpdir(), "lakehouse-files-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const sourceDateEpoch = 1_700_000_000;
const here = platformOfThisMachine();
const ready: Platform[] = [];
for (const platform of platformNames) {
  if (await deployAll(platform)) {
    ready.push(platform);
  }
}

function filesOf(name: FunctionName, platform: Platform): string {
  return join(folder, platform.replace("/", "-"), name);
}

function deploy(name: FunctionName, platform: Platform, to: string): Promise<string | undefined> {
  const bundle = join(packageFolder(name), "dist-testing");
  return deployFiles(name, platform, to, { workspace, bundle, sourceDateEpoch });
}

/** The first time, another platform's packages come from the registry. */
async function deployAll(platform: Platform): Promise<true | undefined> {
  for (const name of functionNames) {
    const problem = await deploy(name, platform, filesOf(name, platform));
    if (problem !== undefined) {
      return notTested(`the images' files for ${platform}`, problem);
    }
  }
  return true;
}

/** @returns undefined if the images' files can't run here. They need Linux with glibc. */
function platformOfThisMachine(): Platform | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return process.platform === "linux" && header.glibcVersionRuntime !== undefined
    ? platformNames.find((name) => platforms[name] === process.arch)
    : undefined;
}

describe.each(ready)("for %s", (platform) => {
  describe.each(functionNames)("the files of %s", (name) => {
    test("are the bundle and native packages with their licences, without development files", async () => {
      const files = [...(await sizesOf(filesOf(name, platform))).keys()];
      expect(files).toContain("handler.mjs");
      expect(files).toContain("node_modules/nodejs-polars/LICENSE");
      expect(files.filter((file) => /\.(?:ts|map|md|gyp|c|cc|h|ya?ml)$|\/\./.test(file))).toEqual(
        [],
      );
      expect(files.some((file) => file.includes("@duckdb"))).toBe(name === "silver-gold");
      const foreign = platform === "linux/amd64" ? /arm64|musl/ : /x64|musl/;
      expect(files.filter((file) => foreign.test(file))).toEqual([]);
      const native = files.filter((file) => file.endsWith(".node"));
      expect(native).toHaveLength(name === "silver-gold" ? 2 : 1);
    });

    test("are small", async () => {
      const mib = totalMib(await sizesOf(filesOf(name, platform)));
      expect(mib).toBeLessThan(limitsMib[name]);
    });

    test("can be read by any user, and have a fixed time", async () => {
      const files = await readdir(filesOf(name, platform), { recursive: true });
      for (const file of [".", ...files]) {
        const stats = await stat(join(filesOf(name, platform), file));
        expect([file, stats.mtimeMs]).toEqual([file, sourceDateEpoch * 1000]);
        expect([file, stats.mode & 0o777]).toEqual([file, stats.isDirectory() ? 0o755 : 0o644]);
      }
    });
  });
});

test.skipIf(here === undefined)(
  "for this machine's platform make a lake, outside the workspace and without other packages",
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

/** Calls a handler in its own process, which sees nothing of the workspace. */
async function call(name: FunctionName, event: unknown, lake: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, callArguments(event), {
    cwd: filesOf(name, here ?? "linux/amd64"),
    env: { LAKEHOUSE_LAKE: lake, TMPDIR: lake },
    timeout: 60_000,
  });
  return answerIn(stdout);
}

describe.skipIf(here === undefined)("the check of an image", () => {
  const files = join(folder, "checked");
  const bindings = `node_modules/@duckdb/node-bindings-linux-${process.arch}`;

  beforeEach(async () => {
    await rm(files, { recursive: true, force: true });
    await deploy("silver-gold", here ?? "linux/amd64", files);
  });

  async function check() {
    const program = join(dockerFolder, "src", "check.ts");
    return await execa(process.execPath, [program, files], {
      env: { LD_BIND_NOW: "1", LAKEHOUSE_LAKE: join(folder, "lake") },
      extendEnv: false,
      reject: false,
    });
  }

  /** Overwrites the first occurrence of bytes in a library. */
  async function patch(library: string, pattern: RegExp, replacement: string): Promise<void> {
    const file = await open(join(files, bindings, library), "r+");
    try {
      const position = (await file.readFile("latin1")).search(pattern);
      expect(position).toBeGreaterThan(0);
      await file.write(Buffer.from(replacement, "latin1"), 0, null, position);
    } finally {
      await file.close();
    }
  }

  test("loads the handler and all native code", async () => {
    const { exitCode, stdout } = await check();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/nodejs-polars\.linux-\w+-gnu\.node\n/);
    expect(stdout).toContain(`${bindings}/duckdb.node`);
    expect(stdout).toContain(`${bindings}/libduckdb.so`);
  });

  test.each([
    [
      "a library is missing",
      () => rm(join(files, bindings, "libduckdb.so")),
      "libduckdb.so: cannot",
    ],
    [
      "a library is for another processor",
      () => patch("libduckdb.so", /(?<=^\x7fELF.{14})/s, here === "linux/arm64" ? "\x3e" : "\xb7"),
      "libduckdb.so: cannot open",
    ],
    [
      "a library needs a newer system",
      () => patch("libduckdb.so", /(?<=\0GLIBC_2\.)\d\d\0/, "99"),
      /version `GLIBC_2\.99' not found/,
    ],
    [
      "a library needs a function that the system lacks",
      () => patch("libduckdb.so", /(?<=\0)pthread_create\0/, "pthread_absent"),
      "undefined symbol: pthread_absent",
    ],
    [
      "a package is missing",
      () => rm(join(files, "node_modules/@duckdb"), { recursive: true }),
      "@duckdb/node-api does not load",
    ],
    [
      "native code is never loaded",
      () => writeFile(join(files, "node_modules/idle.node"), ""),
      "Not loaded: ",
    ],
    [
      "there is no handler",
      () => writeFile(join(files, "handler.mjs"), "export const other = 1;"),
      "no function named handler",
    ],
  ])("fails if %s", async (_, damage, message) => {
    await damage();
    const { exitCode, stderr } = await check();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
  });
});
