/** Byte streams: errors name the object whenever they happen, and nothing stays open. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { byteStream } from "../../src/byte-stream.ts";

const failure = { code: "STORE_FAILED", message: expect.stringMatching(/^s3:\/\/b\/k .*hang up/) };

test("an error in the middle names the object", async () => {
  const source = new PassThrough();
  const stream = byteStream(source, "s3://b/k");
  source.write("some");
  setImmediate(() => source.destroy(new Error("socket hang up")));
  await expect(buffer(stream)).rejects.toMatchObject(failure);
});

test("an error before the first read waits for the reader", async () => {
  const source = new PassThrough();
  const stream = byteStream(source, "s3://b/k");
  source.destroy(new Error("socket hang up"));
  await nextTurn();
  await expect(buffer(stream)).rejects.toMatchObject(failure);
});

test("a stream that is abandoned closes its source", async () => {
  const source = new PassThrough();
  byteStream(source, "s3://b/k").destroy();
  await once(source, "close");
});
