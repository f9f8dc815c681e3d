/** The command as a process: what it loads, its exit codes, and a stdout that can't be written. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { describe, expect, test } from "vitest";
import { lakehouse } from "../support/lakehouse.ts";

test("native modules are loaded only by commands that use them", async () => {
  const printLoaded = `process.on("exit", () => {
    process.report.excludeNetwork = true;
    const { sharedObjects } = process.report.getReport();
    console.error(sharedObjects.filter((path) => path.endsWith(".node")).join(" "));
  })`;
  const env = {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(printLoaded)}`,
  };
  const [help, query] = await Promise.all([
    lakehouse(["--help"], { env }),
    lakehouse(["query", "select 1", "--lake", emptyLake()], { env }),
  ]);
  expect(help).toMatchObject({ code: 0, stderr: "\n" });
  expect(query).toMatchObject({ code: 0, stderr: expect.stringContaining("duckdb.node") });
});

test("--version prints the package's version", async () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"),
  );
  expect(await lakehouse(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("help and mistakes come from a process with the right exit code", async () => {
  const [help, mistake] = await Promise.all([
    lakehouse(["silver", "--help"]),
    lakehouse(["status", "--jsn"]),
  ]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain("  $ lakehouse silver");
  expect(mistake).toMatchObject({ code: 2, stdout: "" });
  expect(mistake.stderr).toMatch(/^error: .+\n\(Did you mean --json\?\)\nhint: .+\n$/);
});

test("a missing folder for temporary files is named", async () => {
  const missing = "/nowhere/at/all";
  const env = { TMPDIR: missing, TEMP: missing, TMP: missing };
  const { code, stderr } = await lakehouse(["describe"], { env });
  expect(stderr).toContain(missing);
  expect(stderr).toContain("Set TMPDIR");
  expect(code).toBe(2);
});

describe.skipIf(!existsSync("/dev/full"))("stdout on a full disk", () => {
  test.concurrent.each([
    ["help", ["--help"]],
    ["pieces", ["generate", "orders"]],
    ["a query", ["query", "select 1", "--format", "csv", "--lake", emptyLake()]],
    ["a document", ["describe", "--json"]],
    ["an error's document", ["describe", "order", "--json"]],
  ])("ends %s with exit code 3 and an error", async (_, args) => {
    const { code, stderr } = await lakehouse(args, { stdout: "/dev/full" });
    expect(stderr).toContain("stdout can't be written (ENOSPC");
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(3);
  });
});

/** A lake that holds nothing yet. */
function emptyLake(): string {
  const lake = temporaryDirectory();
  mkdirSync(join(lake, "bronze"));
  return lake;
}
