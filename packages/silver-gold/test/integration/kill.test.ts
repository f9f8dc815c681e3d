/** After `kill -9` in the middle of a run, every gold object is whole, and the next run completes the lake. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { orders } from "@lakehouse/fixtures/orders/contract";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { cases } from "@lakehouse/testing/property";
import { expect, test } from "vitest";
import { isLog, runRecordKey } from "../../src/state/state-keys.ts";
import { bronzeKey, scratch, writeSilver } from "../support/lake.ts";

const bundle = new URL("../../dist-testing/handler.mjs", import.meta.url).href;
const program = `const { handler } = await import(${JSON.stringify(bundle)}); console.log("ready"); await handler({});`;

/** Starts a run in its own process, and waits until it says that it is ready. */
async function startRun(lake: string): Promise<ChildProcess> {
  const temporary = join(lake, "tmp");
  await mkdir(temporary, { recursive: true });
  const env = { ...process.env, LAKEHOUSE_LAKE: lake, TMPDIR: temporary };
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  child.stdout.resume();
  return child;
}

async function write(lake: string, object: number): Promise<void> {
  const rows = Array.from({ length: 2_000 }, (_, index) => ({
    customer_id: String(index % 50),
    order_id: String((object % 3) * 1_000 + index),
    amount: `${object + 1}.${String(index % 100).padStart(2, "0")}`,
    order_date: `2024-${String((index % 12) + 1).padStart(2, "0")}-05`,
  }));
  await writeSilver(
    new DirectoryStore(join(lake, "silver")),
    bronzeKey(object, "orders"),
    rows,
    orders,
  );
}

/** All objects of gold by key, but those with the time of a run: logs, and what is remembered of them. */
async function goldOf(lake: string): Promise<Record<string, string>> {
  const gold = new DirectoryStore(join(lake, "gold"));
  const found: Record<string, string> = {};
  for await (const { key } of gold.list("")) {
    if (isLog(key) || key.startsWith("_state/open/")) {
      continue;
    }
    const content = await buffer(await gold.read(key));
    const withoutTimes = (name: string, value: unknown) =>
      name === "run" || name === "open" ? undefined : value;
    found[key] =
      key === runRecordKey
        ? JSON.stringify(JSON.parse(content.toString(), withoutTimes))
        : content.toString("base64");
  }
  return found;
}

test("a killed run leaves each gold object old or new, and the next run gives the same lake", async () => {
  const start = await mkdtemp(join(scratch, "kill-"));
  for (const object of [0, 1, 2, 3]) {
    await write(start, object);
  }
  await once(await startRun(start), "exit");
  for (const object of [4, 5, 6, 7]) {
    await write(start, object);
  }
  const before = await goldOf(start);

  const undisturbed = await mkdtemp(join(scratch, "kill-"));
  await cp(start, undisturbed, { recursive: true });
  const began = performance.now();
  await once(await startRun(undisturbed), "exit");
  const duration = performance.now() - began;
  const after = await goldOf(undisturbed);
  expect(after).not.toEqual(before);

  let interrupted = 0;
  // Spread over the run, each at another moment in every test run.
  const kills = Math.max(3, cases(7));
  for (let kill = 0; kill < kills; kill += 1) {
    const part = 0.2 + (0.75 * (kill + Math.random())) / kills;
    const lake = await mkdtemp(join(scratch, "kill-"));
    await cp(start, lake, { recursive: true });
    const child = await startRun(lake);
    const exited = once(child, "exit");
    await new Promise((resolve) => setTimeout(resolve, duration * part));
    child.kill("SIGKILL");
    const [, signal] = await exited;
    if (signal === "SIGKILL") {
      interrupted++;
    }
    for (const [key, content] of Object.entries(await goldOf(lake))) {
      if (key.startsWith("_state/")) {
        continue;
      }
      expect([before[key], after[key]], key).toContain(content);
    }
    await once(await startRun(lake), "exit");
    expect(await goldOf(lake)).toEqual(after);
    expect(await readdir(join(lake, "tmp"))).toEqual([]);
  }
  expect(interrupted).toBeGreaterThan(0);
});
