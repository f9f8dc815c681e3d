/** S3 removes a thousand objects a call, and names the one that it can't remove. */
import { text } from "node:stream/consumers";
import { beforeEach, expect, test } from "vitest";
import { S3Store } from "../../src/s3-store.ts";
import { answeringS3 } from "../support/answering-s3.ts";

const calls: { readonly call: string; readonly keys: readonly string[] }[] = [];
const client = await answeringS3(async (request) => {
  const body = await text(request);
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
  calls.push({ call: `${request.method} ${request.url}`, keys });
  const refused = keys.includes("locked")
    ? "<Error><Key>locked</Key><Code>AccessDenied</Code><Message>No.</Message></Error>"
    : "";
  return `<DeleteResult>${refused}</DeleteResult>`;
});
const store = new S3Store(client, "gold");
beforeEach(() => calls.splice(0));

const names = (count: number) => Array.from({ length: count }, (_, index) => `key ${index}`);

test("2,001 objects take three calls", async () => {
  const keys = names(2001);
  await store.deleteAll(keys);
  expect(calls.map(({ keys }) => keys.length)).toEqual([1000, 1000, 0]);
  expect(calls[2]?.call).toContain("DELETE /gold/key%202000");
  expect(calls.slice(0, 2).flatMap(({ keys }) => keys)).toEqual(keys.slice(0, 2000));
});

test("a key that XML can't represent is removed on its own", async () => {
  await store.deleteAll(["a", "b\u0001", "c"]);
  expect(calls.map(({ keys }) => keys)).toEqual([["a", "c"], []]);
});

test("no objects take no call", async () => {
  await store.deleteAll([]);
  expect(calls).toEqual([]);
});

test("an object that stays is named", async () => {
  await expect(store.deleteAll(["a", "locked"])).rejects.toMatchObject({
    code: "STORE_FAILED",
    message: expect.stringContaining(
      '"locked" could not be removed in s3://gold: AccessDenied: No.',
    ),
  });
});
