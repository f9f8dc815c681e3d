/** An object that kills the process, or takes too long, takes no other object of its batch along. */
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HandlerProcess } from "../support/bundle.ts";
import { everythingIn, temporaryDirectory } from "../support/lakes.ts";

const directory = temporaryDirectory();
const inHour = (name: string): string => `orders/2024/03/01/10/${name}.gz`;
const [first, poison, last] = ["a", "b", "c"].map(inHour) as [string, string, string];
const keys = [first, poison, last];
const order = `{"customer_id":1,"order_id":2,"amount":3.5,"order_date":"2024-02-29"}`;
/** More than a heap of 48 MiB holds, while it is parsed. */
const killer = gzipSync(`{"customer_id":"?","order_id":[${"{},".repeat(2_000_000)}1]}`);
/** Gigabytes of spaces: seconds of work on any machine. */
const slow = Buffer.concat(Array(250).fill(gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))));
const smallHeap = { NODE_OPTIONS: "--max-old-space-size=48", BLOCK_MIB: "32" };

let lakeDirectory: string;
let started: HandlerProcess;
beforeEach(async () => {
  lakeDirectory = mkdtempSync(join(directory, "lake-"));
  for (const key of [first, last]) {
    await lake().bronze.put(key, Buffer.from(order));
  }
});
afterEach(async () => {
  await started.stop();
});

const lake = () => openLake(lakeDirectory, {});
async function start(remaining?: number, environment = {}): Promise<HandlerProcess> {
  started = await HandlerProcess.start(lakeDirectory, remaining, environment);
  return started;
}
/** @param receives How often SQS has delivered each message. */
const batch = (receives: number) => ({
  Records: keys.map((key) => ({
    messageId: key,
    body: JSON.stringify({
      Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: { object: { key } } }],
    }),
    attributes: { ApproximateReceiveCount: String(receives) },
    eventSource: "aws:sqs",
  })),
});
const onlyPoisonFailed = { answer: { batchItemFailures: [{ itemIdentifier: poison }] } };
const silver = async (): Promise<string[]> => Object.keys(await everythingIn(lake().silver));
const others = [first, last].map((key) => silverKey(key, "csv"));

it("a batch that one object killed is done when it comes back, without that object", async () => {
  await lake().bronze.put(poison, killer);
  const killed = await start(60_000, smallHeap);
  expect(await killed.killedBy(batch(1))).toBe("SIGABRT");
  expect(await silver()).toEqual(others.slice(0, 1));

  const running = await start(60_000, smallHeap);
  expect(await running.handle(batch(2))).toEqual(onlyPoisonFailed);
  expect(running.log).toContain("ObjectKilledError");
  expect(running.log).toContain(poison);
  expect(await silver()).toEqual(others);
  expect(readdirSync(lakeDirectory).filter((name) => name.startsWith("bronze-"))).toEqual([]);
});

it.each([
  ["for the first time", 1, 8_000],
  ["again", 2, 18_000],
])(
  "a slow object fails alone in a batch that is received %s",
  async (_name, receives, remaining) => {
    await lake().bronze.put(poison, slow);
    const running = await start(remaining);
    expect(await running.handle(batch(receives))).toEqual(onlyPoisonFailed);
    expect(running.log).toContain("ObjectTimeoutError");
    expect(await silver()).toEqual(others);
  },
);

it.each<[string, unknown]>([
  ["catching up", {}],
  ["a list of keys", { keys }],
])("%s goes on after an object that kills its process", async (_name, event) => {
  await lake().bronze.put(poison, killer);
  const running = await start(120_000, smallHeap);
  const { error } = await running.handle(event);
  expect(error).toMatchObject({ code: "OBJECTS_FAILED", message: expect.stringContaining(poison) });
  expect(error?.message).not.toContain(last);
  expect(await silver()).toEqual(others);
});
