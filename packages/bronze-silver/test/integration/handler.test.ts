/** The bundled handler: all events, what fails and what is left. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { quarantineKey, silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HandlerProcess } from "../support/bundle.ts";
import { everythingIn, temporaryDirectory } from "../support/lakes.ts";

const directory = temporaryDirectory();
const marker = "do-not-log-me";
const content = [
  `{"customer_id":1,"order_id":2,"amount":3.5,"order_date":"2024-02-29","note":"${marker}"}`,
  `{"customer_id":"${marker}","order_id":2,"amount":"${marker}","order_date":"${marker}"}`,
  `${marker} {`,
].join("\n");
const keys = ["plain.gz", "a+b c%2B.gz", "größe 漢😀.gz"].map(
  (name) => `orders/2024/03/01/10/${name}`,
);
const [plainKey = "", oddKey = "", unicodeKey = ""] = keys;

let lakeDirectory: string;
let started: HandlerProcess;
async function start(remaining?: number): Promise<HandlerProcess> {
  started = await HandlerProcess.start(lakeDirectory, remaining);
  return started;
}
const lake = () => openLake(lakeDirectory, {});

beforeEach(async () => {
  lakeDirectory = mkdtempSync(join(directory, "lake-"));
  for (const key of keys) {
    await lake().bronze.put(key, Buffer.from(content));
  }
});
afterEach(async () => {
  await started.stop();
  expect(started.log).not.toContain(marker);
});

/** S3 encodes keys as HTML forms do. */
const encodeKey = (key: string): string => encodeURIComponent(key).replaceAll("%20", "+");
const s3Event = (...objects: readonly string[]) => ({
  Records: objects.map((key) => ({
    eventVersion: "2.1",
    eventSource: "aws:s3",
    eventName: "ObjectCreated:Put",
    s3: { bucket: { name: "bronze" }, object: { key: encodeKey(key), size: 1 } },
  })),
});
const sqsEvent = (...bodies: readonly unknown[]) => ({
  Records: bodies.map((body, i) => ({
    messageId: `message ${i}`,
    receiptHandle: "handle",
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: {},
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:bronze",
    awsRegion: "eu-central-1",
  })),
});
const eventBridgeEvent = (key: string) => ({
  version: "0",
  source: "aws.s3",
  "detail-type": "Object Created",
  detail: { bucket: { name: "bronze" }, object: { key, size: 1 } },
});
const testEvent = { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "bronze" };
const failures = (...ids: readonly number[]) => ({
  batchItemFailures: ids.map((i) => ({ itemIdentifier: `message ${i}` })),
});

async function silverKeys(): Promise<string[]> {
  return Object.keys(await everythingIn(lake().silver));
}
const derived = (...objects: readonly string[]): string[] =>
  objects.flatMap((key) => [quarantineKey(key), silverKey(key, "csv")]).sort();

describe("an SQS batch", () => {
  it("processes notifications with odd keys, test events and repeated objects", async () => {
    const running = await start();
    const outcome = await running.handle(
      sqsEvent(
        s3Event(plainKey, oddKey, plainKey),
        testEvent,
        s3Event(plainKey),
        s3Event(unicodeKey),
        eventBridgeEvent(oddKey),
      ),
    );
    expect(outcome).toEqual({ answer: failures() });
    expect((await silverKeys()).sort()).toEqual(derived(...keys));
    for (const key of keys) {
      expect(running.log).toContain(JSON.stringify(key).slice(1, -1));
    }
    expect(running.log.match(/object processed/g)).toHaveLength(3);
  });

  it("returns only the messages that failed", async () => {
    const running = await start();
    const outcome = await running.handle(
      sqsEvent(
        s3Event("orders/2024/03/01/10/missing.gz"),
        s3Event(plainKey),
        "not JSON",
        s3Event("orders/2024/03/01/10/missing.gz", oddKey),
        { Records: [{ eventSource: "aws:s3", eventName: "ObjectRemoved:Delete" }] },
        s3Event("payments/2024/03/01/10/unknown-table.gz"),
        s3Event("orders/misplaced.gz"),
      ),
    );
    expect(outcome).toEqual({ answer: failures(0, 2, 3, 4, 5, 6) });
    expect((await silverKeys()).sort()).toEqual(derived(plainKey, oddKey));
  });

  it("returns all messages if all failed", async () => {
    const running = await start();
    expect(await running.handle(sqsEvent("{}", `["${marker}"]`))).toEqual({
      answer: failures(0, 1),
    });
    expect(await silverKeys()).toEqual([]);
  });
});

/** Events that mean nothing to the handler. */
const unknown: readonly (readonly [string, unknown])[] = [
  ["a schedule", { source: "aws.events", "detail-type": "Scheduled Event" }],
  ["a string", marker],
  ["a list", [marker]],
  ["keys and more", { keys: [plainKey], force: marker }],
  ["keys that are not strings", { keys: [7] }],
  ["a removal", { Records: [{ eventSource: "aws:s3", eventName: "ObjectRemoved:Delete" }] }],
  ["records of another service", { Records: [{ eventSource: "aws:kinesis", data: marker }] }],
  [
    "a key that is not encoded",
    {
      Records: [
        {
          eventSource: "aws:s3",
          eventName: "ObjectCreated:Put",
          s3: { object: { key: "orders/100%" } },
        },
      ],
    },
  ],
];

const counts = (objects: number, left = 0) => ({
  objects,
  records: 3 * objects,
  rows: objects,
  quarantined: 2 * objects,
  dropped: 0,
  left,
});

describe("another event", () => {
  it.each<[string, unknown, string[]]>([
    ["of S3", s3Event(oddKey, unicodeKey, oddKey), [oddKey, unicodeKey]],
    ["of EventBridge, whose key is not encoded", eventBridgeEvent(oddKey), [oddKey]],
    ["with keys", { keys: [plainKey, plainKey, oddKey] }, [plainKey, oddKey]],
    ["with no keys", { keys: [] }, []],
    ["that S3 sends as a test", testEvent, []],
  ])("%s", async (_name, event, processed) => {
    const running = await start();
    expect(await running.handle(event)).toEqual({ answer: counts(processed.length) });
    expect((await silverKeys()).sort()).toEqual(derived(...processed));
  });

  it("that requests to catch up processes objects without silver", async () => {
    const running = await start();
    await running.handle({ keys: [plainKey] });
    expect(await running.handle({})).toEqual({ answer: counts(2) });
    expect(await running.handle({})).toEqual({ answer: counts(0) });
    expect((await silverKeys()).sort()).toEqual(derived(...keys));
  });

  it("that requests to catch up reports what is left when time runs out", async () => {
    const running = await start(1);
    expect(await running.handle({})).toEqual({ answer: counts(0, 3) });
    expect(await silverKeys()).toEqual([]);
  });

  it("that requests to catch up makes progress with the shortest time-out too", async () => {
    const running = await start(60_000);
    expect(await running.handle({})).toEqual({ answer: counts(3) });
  });

  it("names what failed, after everything else is done", async () => {
    const running = await start();
    const missing = "orders/2024/03/01/10/missing.gz";
    const { error } = await running.handle({ keys: [missing, plainKey] });
    expect(error).toMatchObject({ name: "ObjectsFailedError", code: "OBJECTS_FAILED" });
    expect(error?.message).toContain(missing);
    expect((await silverKeys()).sort()).toEqual(derived(plainKey));
  });

  it("that is unknown is refused", async () => {
    const running = await start();
    for (const [name, event] of unknown) {
      const { error } = await running.handle(event);
      const expected = { name: "UnknownEventError", code: "UNKNOWN_EVENT" };
      expect(error, name).toMatchObject(expected);
      expect(error?.message, name).not.toContain(marker);
    }
    expect(await silverKeys()).toEqual([]);
  });
});
