/** The embedded delivery stream: objects as Firehose writes them. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { EmbeddedStream } from "../../src/delivery/embedded-stream.ts";
import { openDeliveryStream } from "../../src/delivery/open-stream.ts";
import { DirectoryStore } from "../../src/directory-store.ts";
import { StoreError } from "../../src/errors.ts";
import { parseBronzeKey } from "../../src/keys.ts";
import { openLake } from "../../src/lake.ts";
import { readLakeSettings } from "../../src/lake-settings.ts";
import type { ObjectStore } from "../../src/object-store.ts";
import { keysOf } from "../support/store-suite.ts";

const directory = temporaryDirectory();
const uuids = [
  "0b5e2b5c-6a3f-4a9e-8d1c-1f2e3d4c5b6a",
  "1b5e2b5c-6a3f-4a9e-8d1c-1f2e3d4c5b6a",
  "2b5e2b5c-6a3f-4a9e-8d1c-1f2e3d4c5b6a",
];

function createStore() {
  return new DirectoryStore(mkdtempSync(join(directory, "store-")));
}

/** A stream whose clock moves an hour at each call. */
function createStream(store: ObjectStore, bufferMib?: number) {
  let hour = 21;
  const names = uuids.values();
  return new EmbeddedStream(store, "orders", {
    ...(bufferMib === undefined ? {} : { bufferMib }),
    now: () => new Date(Date.UTC(2024, 1, 28, ++hour, 5, 9)),
    uuid: () => names.next().value ?? "",
  });
}

async function recordsOf(store: ObjectStore, key: string): Promise<string> {
  return gunzipSync(await buffer(await store.read(key))).toString("latin1");
}

test("writes one object named after the first record's arrival, a newline after each record", async () => {
  const store = createStore();
  const stream = createStream(store);
  await stream.put(Buffer.from('{"a":1}\r'));
  await stream.put(Buffer.from([0xff, 0x00]));
  await stream.put(Buffer.from("bad {"));
  expect(await stream.close()).toEqual({ records: 3, objects: 1, bytes: 15 });
  const key = `orders/2024/02/28/22/lakehouse-orders-1-2024-02-28-22-05-09-${uuids[0]}.gz`;
  expect(await keysOf(store, "")).toEqual([key]);
  expect(await recordsOf(store, key)).toBe('{"a":1}\r\n\xff\x00\nbad {\n');
  expect(parseBronzeKey(key).arrival).toBe("2024-02-28T22:05:09");
});

test("starts a new object before one would exceed the buffer", async () => {
  const store = createStore();
  const stream = createStream(store, 10 / 1024 / 1024);
  for (const record of ["1234", "1234", "1", "a record longer than the buffer"]) {
    await stream.put(Buffer.from(record));
  }
  expect(await stream.close()).toEqual({ records: 4, objects: 3, bytes: 40 });
  const keys = await keysOf(store, "");
  expect(keys.map((key) => key.slice(0, 20))).toEqual([
    "orders/2024/02/28/22",
    "orders/2024/02/28/23",
    "orders/2024/02/29/00",
  ]);
  expect(await Promise.all(keys.map((key) => recordsOf(store, key)))).toEqual([
    "1234\n1234\n",
    "1\n",
    "a record longer than the buffer\n",
  ]);
});

test("writes nothing without records", async () => {
  const store = createStore();
  expect(await createStream(store).close()).toEqual({ records: 0, objects: 0, bytes: 0 });
  expect(await keysOf(store, "")).toEqual([]);
});

test("rejects a record that Firehose would, and delivers the others", async () => {
  const store = createStore();
  const stream = createStream(store);
  await stream.put(Buffer.from("1"), 10);
  await expect(stream.put(Buffer.alloc(1000 * 1024 + 1), 11)).rejects.toMatchObject({
    code: "RECORD_TOO_LARGE",
    message: expect.stringContaining("Line 11 "),
  });
  await stream.put(Buffer.from("3"), 12);
  expect(await stream.close()).toMatchObject({ records: 2 });
});

test("reports what was not delivered, keeps it, and delivers it when the store works again", async () => {
  const store = createStore();
  const put = store.put.bind(store);
  const cause = new Error("disk full");
  store.put = () => Promise.reject(new StoreError("Not written. ", "Then run again.", { cause }));
  const stream = createStream(store);
  await stream.put(Buffer.from("1"), 7);
  await stream.put(Buffer.from("2"), 8);
  await expect(stream.close()).rejects.toMatchObject({
    code: "DELIVERY_FAILED",
    message: expect.stringMatching(/^2 records [^.]*: disk full\. Fix that, .* from line 7 on/),
  });
  store.put = put;
  expect(await stream.close()).toEqual({ records: 2, objects: 1, bytes: 2 });
});

test("belongs to a lake in a directory; a lake in S3 needs DELIVERY_STREAM", async () => {
  const location = join(directory, "lake");
  const lake = openLake(location, {});
  const stream = openDeliveryStream(location, {}, "orders", lake);
  await stream.put(Buffer.from("{}"));
  await stream.close();
  const [key = ""] = await keysOf(lake.bronze, "orders/");
  const { arrival } = parseBronzeKey(key);
  expect(Math.abs(Date.parse(`${arrival}Z`) - Date.now())).toBeLessThan(60_000);
  const inS3 = (environment: NodeJS.ProcessEnv) => () =>
    openDeliveryStream("s3", readLakeSettings(environment), "web_events", lake);
  expect(inS3({ DELIVERY_STREAM: "any" })).not.toThrow();
  expect(inS3({ DELIVERY_STREAM_WEB_EVENTS: "own" })).not.toThrow();
  for (const environment of [{}, { DELIVERY_STREAM: "", DELIVERY_STREAM_ORDERS: "another's" }]) {
    expect(inS3(environment)).toThrow(
      expect.objectContaining({
        code: "INVALID_CONFIGURATION",
        message: expect.stringContaining("Set DELIVERY_STREAM_WEB_EVENTS or DELIVERY_STREAM to"),
      }),
    );
  }
});
