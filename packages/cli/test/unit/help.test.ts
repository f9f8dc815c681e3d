/** Help: every command explains itself with examples, and every mistake on the command line gets one clear error. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { describe, expect, test } from "vitest";
import { commandNames } from "../../src/command-line.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";

test("--help lists all commands, exit codes and examples", async () => {
  const { code, stdout } = await lakehouse(["--help"]);
  expect(code).toBe(0);
  for (const name of commandNames) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  }
  expect(stdout).toMatch(/^Exit codes:\n {2}0 +done\n {2}1 +data problem/m);
  expect(stdout).toContain("130 for Ctrl-C");
});

test.each(commandNames)("%s --help has examples and the global options", async (name) => {
  const { code, stdout, stderr } = await lakehouse([name, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`Usage: lakehouse ${name}`);
  expect(stdout).toContain(`  $ lakehouse ${name}`);
  expect(stdout).toContain("--lake <where>");
  expect(stdout).toContain("--env <name>");
  expect(stdout).toContain("--json");
});

describe("mistakes end with exit code 2, an error on stderr and nothing on stdout", () => {
  const missing = "/nowhere/at/all";
  test.each([
    ["no command", [], "Usage: lakehouse"],
    ["an unknown command", ["gild"], "(Did you mean gold?)"],
    ["an unknown option", ["status", "--jsn"], "(Did you mean --json?)"],
    ["a missing argument", ["ingest", "orders"], "missing required argument 'files'"],
    ["an unknown table", ["generate", "order"], "Tables are: orders, web_events."],
    ["an invalid number", ["generate", "orders", "--records", "x"], "whole number"],
    ["a seed that is too large", ["generate", "orders", "--seed", "4294967296"], "whole number"],
    ["an invalid date", ["replay", "orders", "--from", "2026-02-30"], "yyyy-MM-dd"],
    [
      "dates in the wrong order",
      ["replay", "orders", "--from", "2026-02-02", "--to", "2026-02-01"],
      "is later than",
    ],
    ["a replay without a table", ["replay"], "With --outdated it works on all of them"],
    ["a missing file", ["ingest", "orders", `${missing}.ndjson`], "There is no file /nowhere"],
    ["a folder instead of a file", ["ingest", "orders", "/"], "is a directory"],
    ["stdin twice", ["ingest", "orders", "-", "-"], "only once"],
    ["an invalid location", ["status", "--lake", "ftp://host"], "neither a directory nor"],
    ["--json where it makes no sense", ["generate", "orders", "--json"], "NDJSON already"],
    ["two lakes", ["status", "--env", "dev"], "--lake /nowhere/at/all and --env dev are two lakes"],
    ["an invalid environment", ["status", "--env", "../dev"], "Give an environment's name"],
    ["start in S3", ["start", "--lake", "s3"], "a lake in a directory"],
    ["no lake to audit", ["audit"], "There is no lake in /nowhere/at/all"],
    ["no lake for status", ["status"], "There is no lake in /nowhere/at/all"],
    ["no lake to query", ["query", "from orders"], "There is no lake in /nowhere/at/all"],
    ["a model that does not exist", ["gold", "--only", "daily"], "There is no model"],
    ["a table as a model", ["gold", "--only", "orders"], "Models are: "],
    ["some models and all", ["gold", "--only", "daily_sales", "--rebuild"], "--only works on some"],
    ["no lake to export", ["export", "orders"], "There is no lake in /nowhere/at/all"],
    ["no lake with quarantine", ["quarantine"], "There is no lake in /nowhere/at/all"],
    ["no lake to replay", ["replay", "orders"], "There is no lake in /nowhere/at/all"],
    ["audit of a file", ["audit", "--lake", "/dev/null"], "/dev/null is a file"],
    ["ingest into a file", ["ingest", "orders", "-", "--lake", "/dev/null"], "is a file"],
    ["gold in a file", ["gold", "--lake", "/dev/null"], "/dev/null is a file"],
    ["start in a file", ["start", "--lake", "/dev/null"], "/dev/null is a file"],
    ["a missing object", ["silver", "--object", "orders/2026/01/01/00/x"], "no bronze object"],
    ["an empty key", ["silver", "--object", ""], "Give the object another key"],
    [
      "a key that leaves the lake",
      ["silver", "--object", "../../x"],
      "Give the object another key",
    ],
    ["an unknown name to describe", ["describe", "order"], "orders, web_events, customer_daily"],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await lakehouse(["--lake", missing, ...args]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(args.length === 0 ? /^Usage: / : /^error: \S/);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
    if (!args.includes("--json")) {
      expect(stdout).toBe("");
    }
  });

  test("a missing bucket is named", async () => {
    const { code, stderr } = await lakehouse(["status", "--lake", "s3"], {
      env: { BRONZE_BUCKET: "" },
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("BRONZE_BUCKET is not set."),
    });
  });

  test("with --json the error is a document", async () => {
    const { error } = await lakehouseJson<{ error: Record<string, string> }>(
      ["describe", "order"],
      { code: 2 },
    );
    expect(error).toEqual({ code: "USAGE", message: expect.stringContaining("orders") });
  });
});

test("a failing store ends with exit code 3, an error and a hint", async () => {
  // A file in place of the folder where a store keeps its own files.
  const lake = temporaryDirectory();
  mkdirSync(join(lake, "bronze"));
  writeFileSync(join(lake, "bronze", ".lakehouse"), "");
  const args = ["ingest", "orders", "-", "--lake", lake];
  const { code, stderr } = await lakehouse(args, { input: "{}\n" });
  expect(stderr).toMatch(/^error: .+\nhint: .+\n$/);
  expect(code).toBe(3);
});
