/** On Ctrl-C the command stops soon, cleans up, and leaves a lake that the next run completes. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { lakehouse as inProcess, lakehouseJson } from "../support/in-process.ts";
import { type CommandResult, lakehouse } from "../support/lakehouse.ts";

/** Runs a command, and interrupts or kills it as soon as `ready` returns true. */
async function interrupted(
  args: readonly string[],
  scratch: string,
  ready: () => boolean,
  signal: "SIGINT" | "SIGKILL" = "SIGINT",
): Promise<CommandResult> {
  return lakehouse(args, {
    env: { TMPDIR: scratch },
    started: async (child) => {
      while (child.exitCode === null && !ready()) {
        await sleep(1);
      }
      child.kill(signal);
    },
  });
}

const count = (folder: string, pattern: RegExp): number => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((each) =>
      pattern.test(each),
    ).length;
  } catch {
    return 0;
  }
};

test("silver and gold stop on Ctrl-C with exit code 130, and complete the lake when run again", async () => {
  const lake = temporaryDirectory();
  const scratch = join(temporaryDirectory(), "scratch");
  mkdirSync(scratch);
  const generated = await inProcess(["generate", "orders", "--records", "20000", "--seed", "3"]);
  const ingest = ["ingest", "orders", "-", "--buffer-mib", "0.05", "--lake", lake];
  await inProcess(ingest, { input: generated.stdout });
  const objects = count(join(lake, "bronze"), /\.gz$/);
  expect(objects).toBeGreaterThan(20);

  const silver = await interrupted(
    ["silver", "--lake", lake],
    scratch,
    () => count(join(lake, "silver", "orders"), /\.csv$/) >= 3,
  );
  expect(silver).toMatchObject({
    code: 130,
    stdout: "",
    stderr: expect.stringMatching(/^error: Stopped\..+\nhint: .+\n$/),
  });
  const done = count(join(lake, "silver", "orders"), /\.csv$/);
  expect(done).toBeGreaterThanOrEqual(3);
  expect(done).toBeLessThan(objects);
  expect(readdirSync(scratch)).toEqual([]);
  expect(await lakehouseJson(["silver", "--lake", lake])).toMatchObject({
    objects: objects - done,
  });

  const gold = await interrupted(["gold", "--lake", lake], scratch, () => count(scratch, /./) > 4);
  expect(gold.code).toBe(130);
  expect(readdirSync(scratch)).toEqual([]);
  await lakehouseJson(["gold", "--lake", lake]);
  expect(await lakehouseJson(["audit", "--lake", lake])).toMatchObject({
    ok: true,
    records: 20_000,
  });
});

test("a command removes what killed ones left, but nothing of one that runs", async () => {
  const lake = temporaryDirectory();
  const scratch = join(temporaryDirectory(), "scratch");
  mkdirSync(scratch);
  const env = { TMPDIR: scratch };
  await lakehouse(["ingest", "orders", "-", "--lake", lake], {
    env,
    keepOpen: true,
    started: async (running) => {
      while (count(scratch, /lock$/) < 1) {
        await sleep(1);
      }
      const args = ["generate", "orders", "--records", "1000000"];
      await interrupted(args, scratch, () => count(scratch, /lock$/) > 1, "SIGKILL");
      expect(readdirSync(scratch)).toHaveLength(2);
      await lakehouse(["status", "--lake", lake], { env });
      expect(readdirSync(scratch)).toHaveLength(1);
      running.kill("SIGINT");
    },
  });
  expect(readdirSync(scratch)).toEqual([]);
});

test("ingest stops on Ctrl-C even while it waits for input, and keeps the records it has sent", async () => {
  const lake = temporaryDirectory();
  // More than a pipe holds. Once it is written, the command has read everything before it.
  const blankLines = "\n".repeat(1_048_576);
  const ended = await lakehouse(["ingest", "orders", "-", "--lake", lake], {
    keepOpen: true,
    started: async (child) => {
      await new Promise((resolve) =>
        child.stdin?.write(`{"order_id":1}\n{"order_id":2}\n${blankLines}{"or`, resolve),
      );
      // Give it time to wait for more.
      await sleep(500);
      child.kill("SIGINT");
    },
  });
  expect(ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining("2 records were sent"),
  });
  expect(await lakehouseJson(["silver", "--lake", lake])).toMatchObject({ records: 2 });
});
