/** The command on a pseudo-terminal: tables fit its width, problems are colored, errors have one prefix. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { sample } from "@lakehouse/fixtures/orders/sample";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import stringWidth from "string-width";
import { beforeAll, describe, expect, test } from "vitest";
import { lakehouse } from "../support/in-process.ts";
import { bundle } from "../support/lakehouse.ts";

const run = promisify(execFile);
/** These tests need the `script` of util-linux. That of macOS differs. */
const hasScript = await run("script", ["--version"]).then(
  ({ stdout }) => stdout.includes("util-linux"),
  () => false,
);

describe.skipIf(!hasScript && process.env["CI"] !== "true")("on a terminal", () => {
  const lake = temporaryDirectory();
  beforeAll(async () => {
    const input = [...sample({ records: 1_000, seed: 1 })].join("\n");
    await lakehouse(["ingest", "orders", "-", "--lake", lake], { input });
    await lakehouse(["silver", "--lake", lake]);
    await lakehouse(["ingest", "orders", "-", "--lake", lake], { input: "{}\n" });
  });

  /** What a terminal of this width shows of stdout and stderr, without progress bars. */
  async function shown(columns: number, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    // Node shows no colors to a terminal in CI.
    const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
    const words = [process.execPath, bundle, ...args, "--lake", lake];
    const quoted = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
    const command = `stty cols ${columns} rows 50; ${quoted}; true`;
    const { stdout } = await run("script", ["-qec", command, "/dev/null"], {
      env: { ...inherited, TERM: "xterm-256color", ...env },
    });
    const text = stdout.replaceAll("\r\n", "\n").split("\u001b[2K").at(-1) ?? "";
    return { text, plain: stripVTControlCharacters(text) };
  }

  test.each([
    ["status", 60],
    ["status", 200],
    ["quarantine", 60],
    ["quarantine", 200],
    ["query", 60],
    ["query", 200],
  ])("the table of %s fits %i columns", async (command, columns) => {
    const wide =
      "select *, repeat('緑茶と🍵', 30) as tea, repeat('x', 90) as x from silver_orders limit 3";
    const { plain } = await shown(columns, command === "query" ? [command, wide] : [command]);
    const lines = plain.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    const sentence = /^(?:Backlog|No gold run)/;
    for (const line of lines.filter((each) => !sentence.test(each))) {
      expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  test("a pipe gets the whole table", async () => {
    const sql = "select repeat('x', 5000) as x";
    const { stdout } = await lakehouse(["query", sql, "--lake", lake]);
    expect(stdout).toContain("x".repeat(5_000));
  });

  test("problems are colored, unless NO_COLOR is set", async () => {
    const status = await shown(80, ["status"]);
    expect(status.text).toContain("\u001b[33mBacklog: 1 bronze object to process");
    const audit = await shown(80, ["audit"]);
    expect(audit.text).toContain("\u001b[31mPROBLEM backlog:");
    expect(audit.text).toContain(" quarantined\u001b[39m");
    const red = "\u001b[31merror:\u001b[39m ";
    const error = await shown(80, ["describe", "order"]);
    expect(error.text).toContain(`${red}There is no table or model "order".\n`);
    const usage = await shown(80, ["status", "--jsn"]);
    expect(usage.text).toContain(`${red}unknown option '--jsn'\n`);
    for (const args of [["status"], ["describe", "order"]]) {
      const { text, plain } = await shown(80, args, { NO_COLOR: "1" });
      expect(text).toBe(plain);
    }
  });

  test("--json prints the same document as in a pipe", async () => {
    const { text } = await shown(60, ["audit", "--json"]);
    expect(text).toBe((await lakehouse(["audit", "--json", "--lake", lake])).stdout);
  });

  test("a bar shows MiB and the time left, and disappears at the end", async () => {
    const folder = temporaryDirectory();
    mkdirSync(folder, { recursive: true });
    const { stdout } = await lakehouse(["generate", "orders", "--records", "100000"]);
    writeFileSync(join(folder, "orders.ndjson"), stdout);
    const command = `stty cols 60; '${process.execPath}' '${bundle}' ingest orders '${folder}/orders.ndjson' --lake '${folder}/lake'`;
    const { stdout: raw } = await run("script", ["-qec", command, "/dev/null"]);
    const frames = raw.split("\u001b[1G").map((each) => stripVTControlCharacters(each));
    for (const frame of frames.filter((each) => each.startsWith("orders → bronze"))) {
      expect(stringWidth(frame)).toBeLessThan(60);
      expect(frame).toMatch(/^orders → bronze {2}[█░]+ {2}[\d.]+ (?:B|KiB|MiB)\/[\d.]+ MiB/);
    }
    expect(raw.split("\u001b[2K").at(-1)).toMatch(/^100,000 records of orders/);
  });
});
