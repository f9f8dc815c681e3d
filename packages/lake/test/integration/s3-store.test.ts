/** The S3 store, against moto's server. */
import { randomBytes, randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { CreateBucketCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterAll, describe, expect, test } from "vitest";
import { readLakeSettings } from "../../src/lake-settings.ts";
import { createS3Client, S3Store } from "../../src/s3-store.ts";
import { encryptWithKms, startMoto } from "../support/moto.ts";
import { contentOf, testStore } from "../support/store-suite.ts";

/** The number of keys in one page of a listing. It is 1000 in AWS. */
const pageSize = 100;
const moto = await startMoto("the S3 store (its whole suite)", {
  MOTO_S3_DEFAULT_MAX_KEYS: String(pageSize),
});
afterAll(() => moto?.stop());
const directory = temporaryDirectory();

async function createBucket() {
  const client = createS3Client(readLakeSettings(process.env));
  const bucket = randomUUID();
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { client, bucket, store: new S3Store(client, bucket) };
}

describe.skipIf(moto === undefined)("against moto", () => {
  testStore("S3Store", {
    createStore: async () => (await createBucket()).store,
    directory,
    histories: 10,
    manyKeys: 2 * pageSize + 50,
  });

  test("under SSE-KMS, the same bytes get another etag at each write", async () => {
    const { client, bucket, store } = await createBucket();
    await encryptWithKms(client, bucket);
    for (const content of [Buffer.from("same"), Buffer.from("other")]) {
      const etags = [await store.put("k", content), await store.put("k", content)];
      expect(new Set(etags).size).toBe(2);
      const { head, body } = await store.open("k");
      body.destroy();
      expect(head.etag).toBe(etags[1]);
      const old = store.put("k", content, { ifMatch: etags[0] ?? "" });
      await expect(old).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    }
  });

  test("a multipart upload that fails leaves no parts behind", async () => {
    const { client, bucket, store } = await createBucket();
    const content = randomBytes(12 * 1024 * 1024);
    await store.put("k", content);
    await expect(store.put("k", content, { ifMatch: null })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads ?? []).toEqual([]);
  });

  // moto ignores If-Match on CompleteMultipartUpload, S3 does not. So the test looks at the request.
  test("completes a multipart upload conditionally", async () => {
    const { client, store } = await createBucket();
    const conditions: unknown[] = [];
    client.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === "CompleteMultipartUploadCommand") {
          conditions.push(headersOf(args.request)["if-match"]);
        }
        return next(args);
      },
      { step: "finalizeRequest" },
    );
    await store.put("k", randomBytes(12 * 1024 * 1024), { ifMatch: '"some etag"' });
    expect(conditions).toEqual(['"some etag"']);
  });

  test("a conditional write whose answer was lost still succeeds", async () => {
    const { client, store } = await createBucket();
    let attempts = 0;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args);
        attempts += context.commandName === "PutObjectCommand" ? 1 : 0;
        if (context.commandName === "PutObjectCommand" && attempts === 1) {
          throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
        }
        return result;
      },
      { step: "deserialize", priority: "low" },
    );
    const etag = await store.put("k", Buffer.from("ours"), { ifMatch: null });
    expect(attempts).toBe(2);
    expect((await store.head("k"))?.etag).toBe(etag);
    expect(await contentOf(store, "k")).toBe("ours");
  });

  test("a bucket that does not exist is a StoreError that names it, not a missing object", async () => {
    const store = new S3Store(createS3Client(readLakeSettings(process.env)), "no-such-bucket");
    const failure = {
      code: "STORE_FAILED",
      message: expect.stringMatching(/s3:\/\/no-such-bucket.*NoSuchBucket/),
    };
    await expect(store.read("k")).rejects.toMatchObject(failure);
    await expect(store.put("k", Buffer.from("x"))).rejects.toMatchObject(failure);
    await expect(store.list("").next()).rejects.toMatchObject(failure);
  });
});

test("a connection that breaks in the middle is a StoreError, and leaves no download", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-length": "1000", etag: '"x"' });
    response.write("only the beginning", () => response.destroy());
  }).listen(0, "127.0.0.1");
  const { port } = await new Promise<AddressInfo>((resolve) =>
    server.once("listening", () => resolve(server.address() as AddressInfo)),
  );
  try {
    const client = createS3Client({
      endpoints: { s3: `http://127.0.0.1:${port}` },
      region: "us-east-1",
    });
    client.config.credentials = async () => ({ accessKeyId: "test", secretAccessKey: "test" });
    const store = new S3Store(client, "bucket");
    const failure = { code: "STORE_FAILED", message: expect.stringContaining("s3://bucket/k") };
    await expect(store.read("k").then(buffer)).rejects.toMatchObject(failure);
    const downloads = `${directory}/downloads`;
    await expect(store.download("k", downloads)).rejects.toMatchObject(failure);
    expect(await readdir(downloads)).toEqual([]);
  } finally {
    server.close();
  }
});

function headersOf(request: unknown): Record<string, unknown> {
  return (request as { headers: Record<string, unknown> }).headers;
}
