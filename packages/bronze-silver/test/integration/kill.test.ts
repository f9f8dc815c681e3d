/** After kill -9 in the middle of an object nothing is partial, and the next run repairs the lake and clears /tmp. */
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { cases } from "@lakehouse/testing/property";
import { expect, it } from "vitest";
import { HandlerProcess } from "../support/bundle.ts";
import { everythingIn, temporaryDirectory } from "../support/lakes.ts";

const directory = temporaryDirectory();
const keys = ["first.gz", "second.gz"].map((name) => `orders/2024/03/01/10/${name}`);
const orders = Array.from({ length: 150_000 }, (_, id) =>
  id % 50 === 0
    ? `{"order_id":${id},"customer_id":"none"}`
    : `{"customer_id":${id % 200},"order_id":${id},"amount":${id / 100 + 1},"order_date":"2024-02-29"}`,
);
const content = gzipSync(orders.join("\n"), { level: 1 });

async function newLake(): Promise<string> {
  const lake = mkdtempSync(join(directory, "lake-"));
  for (const key of keys) {
    await openLake(lake, {}).bronze.put(key, content);
  }
  return lake;
}

const scratchOf = (lake: string) =>
  readdirSync(lake).filter((name) => name.startsWith("bronze-silver-"));
const silverOf = (lake: string) => everythingIn(openLake(lake, {}).silver);

it("the lake is as if the process had not been killed", { timeout: 120_000 }, async () => {
  const whole = await newLake();
  const undisturbed = await HandlerProcess.start(whole);
  const began = performance.now();
  await undisturbed.handle({ keys });
  const duration = performance.now() - began;
  await undisturbed.stop();
  const expected = await silverOf(whole);
  expect(Object.keys(expected)).toHaveLength(4);

  const lake = await newLake();
  let interrupted = 0;
  let leftovers = 0;
  // Spread over the run, each at another moment in every test run.
  const kills = Math.max(3, cases(6));
  for (let kill = 0; kill < kills; kill += 1) {
    const part = 0.05 + (0.85 * (kill + Math.random())) / kills;
    const killed = await HandlerProcess.start(lake);
    if (await killed.killAfter({ keys }, duration * part)) {
      interrupted++;
    }
    // Each process removed what the ones before it left.
    expect(scratchOf(lake).length).toBeLessThanOrEqual(1);
    leftovers += scratchOf(lake).length;
    for (const [key, object] of Object.entries(await silverOf(lake))) {
      expect(same(object, expected[key]), key).toBe(true);
    }
  }
  expect(interrupted).toBeGreaterThanOrEqual(kills / 2);

  expect(leftovers).toBeGreaterThan(0);
  const recovering = await HandlerProcess.start(lake);
  expect(await recovering.handle({})).toHaveProperty("answer.left", 0);
  expect(await recovering.handle({ keys })).toHaveProperty("answer.objects", keys.length);
  await recovering.stop();
  expect(scratchOf(lake)).toEqual([]);
  const repaired = await silverOf(lake);
  expect(Object.keys(repaired)).toEqual(Object.keys(expected));
  for (const key of Object.keys(expected)) {
    expect(same(repaired[key], expected[key]), key).toBe(true);
  }
  expect(repaired).toHaveProperty([silverKey(keys[0] ?? "", "csv")]);
});

/** Compares as strings, because nobody wants to see a diff of megabytes. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
