/** The Firehose stream: against moto, and against a server that fails like Firehose. */
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { CreateDeliveryStreamCommand, DeleteDeliveryStreamCommand } from "@aws-sdk/client-firehose";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { billedStep } from "../../src/delivery/firehose-request.ts";
import { createFirehoseClient, FirehoseSender } from "../../src/delivery/firehose-sender.ts";
import { FirehoseStream } from "../../src/delivery/firehose-stream.ts";
import { readLakeSettings } from "../../src/lake-settings.ts";
import { createS3Client, S3Store } from "../../src/s3-store.ts";
import { startMoto } from "../support/moto.ts";
import { contentOf, keysOf } from "../support/store-suite.ts";

const moto = await startMoto("delivery through Firehose");
afterAll(() => moto?.stop());

describe.skipIf(moto === undefined)("against moto", () => {
  test("records arrive in the bucket, unchanged and in order", async () => {
    const s3 = createS3Client(readLakeSettings(process.env));
    const firehose = createFirehoseClient(readLakeSettings(process.env));
    await s3.send(new CreateBucketCommand({ Bucket: "bronze" }));
    await firehose.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: "orders",
        ExtendedS3DestinationConfiguration: {
          BucketARN: "arn:aws:s3:::bronze",
          RoleARN: "arn:aws:iam::123456789012:role/firehose",
          Prefix: "orders/",
        },
      }),
    );
    const records = Array.from({ length: 1100 }, (_, index) => `{"order_id":${index},"ü":"\r"}`);
    const stream = new FirehoseStream(new FirehoseSender(firehose, "orders"), 0);
    for (const record of records) {
      await stream.put(Buffer.from(record));
    }
    const bytes = Buffer.byteLength(records.join(""));
    expect(await stream.close()).toEqual({ records: 1100, objects: 0, bytes });

    const store = new S3Store(s3, "bronze");
    const keys = await keysOf(store, "orders/");
    const contents = await Promise.all(keys.map((key) => contentOf(store, key)));
    // Three requests make three objects. Objects of the same second have no order.
    expect(keys).toHaveLength(3);
    const found = contents.join("").match(/\{[^}]*\}/g);
    expect(found?.sort()).toEqual([...records].sort());
    await firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: "orders" }));
  });

  test("a stream that does not exist is reported at once", async () => {
    const stream = new FirehoseStream(
      new FirehoseSender(createFirehoseClient(readLakeSettings(process.env)), "no-such-stream"),
    );
    await stream.put(Buffer.from("{}"));
    await expect(stream.close()).rejects.toMatchObject({
      code: "DELIVERY_FAILED",
      message: expect.stringMatching(
        /^1 records were not delivered to no-such-stream \(0 were\): ResourceNotFoundException/,
      ),
    });
  });
});

/** The records of a request. */
type Batch = string[];

describe("against a server that fails partly", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** @param answer Returns the indexes of a batch that fail, or "all" if the whole request fails. */
  async function serve(
    answer: (batch: Batch, request: number) => readonly number[] | "all",
    joinedBytes = 0,
  ) {
    const batches: Batch[] = [];
    server = createServer(async (request, response) => {
      const { Records } = (await json(request)) as { Records: { Data: string }[] };
      const batch = Records.map(({ Data }) => Buffer.from(Data, "base64").toString());
      batches.push(batch);
      const failed = answer(batch, batches.length);
      response.setHeader("content-type", "application/x-amz-json-1.1");
      if (failed === "all") {
        response.statusCode = 503;
        response.end(JSON.stringify({ __type: "ServiceUnavailableException", message: "slow" }));
        return;
      }
      response.end(
        JSON.stringify({
          FailedPutCount: failed.length,
          RequestResponses: batch.map((_, index) =>
            failed.includes(index)
              ? { ErrorCode: "ServiceUnavailableException", ErrorMessage: "Slow down." }
              : { RecordId: String(index) },
          ),
        }),
      );
    });
    const listening = server.listen(0, "127.0.0.1");
    await new Promise((resolve) => listening.once("listening", resolve));
    const address = listening.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const client = createFirehoseClient({
      endpoints: { firehose: `http://127.0.0.1:${port}` },
      region: "us-east-1",
    });
    client.config.credentials = async () => ({ accessKeyId: "test", secretAccessKey: "test" });
    const stream = new FirehoseStream(
      new FirehoseSender(client, "orders", { retries: 3, firstDelay: 1 }),
      joinedBytes,
    );
    return { batches, stream };
  }

  test("retries only what failed", async () => {
    const { batches, stream } = await serve((_, request) => (request === 1 ? [1, 3] : []));
    for (const record of ["a", "b", "c", "d"]) {
      await stream.put(Buffer.from(record));
    }
    expect(await stream.close()).toEqual({ records: 4, objects: 0, bytes: 4 });
    expect(batches).toEqual([
      ["a", "b", "c", "d"],
      ["b", "d"],
    ]);
  });

  test("retries a whole batch if the request failed", async () => {
    const { batches, stream } = await serve((_, request) => (request <= 2 ? "all" : []));
    await stream.put(Buffer.from("a"));
    expect(await stream.close()).toMatchObject({ records: 1 });
    expect(batches).toEqual([["a"], ["a"], ["a"]]);
  });

  test("gives up, reports how many were not delivered, and keeps them", async () => {
    let well = false;
    const { batches, stream } = await serve((batch) =>
      well ? [] : [...batch.keys()].filter((index) => batch[index] !== "a"),
    );
    for (const [index, record] of ["a", "b", "c"].entries()) {
      await stream.put(Buffer.from(record), 10 * (index + 1));
    }
    await expect(stream.close()).rejects.toMatchObject({
      code: "DELIVERY_FAILED",
      failure: { stream: "orders", delivered: 1, undelivered: 2, line: 20 },
      message: expect.stringMatching(/Slow down/),
    });
    expect(batches).toHaveLength(4);
    well = true;
    expect(await stream.close()).toMatchObject({ records: 3 });
  });

  test("sends at most 500 records and 4 MiB at once", async () => {
    const { batches, stream } = await serve(() => []);
    for (let record = 0; record < 501; record += 1) {
      await stream.put(Buffer.from("x"));
    }
    const large = Buffer.alloc(1000 * 1024, "y");
    for (let record = 0; record < 5; record += 1) {
      await stream.put(large);
    }
    await stream.close();
    expect(batches.map((batch) => batch.length)).toEqual([500, 5, 1]);
  });

  test("rejects a record that is too large without sending it", async () => {
    const { batches, stream } = await serve(() => []);
    await stream.put(Buffer.from("a"));
    await expect(stream.put(Buffer.alloc(1000 * 1024 + 1))).rejects.toMatchObject({
      code: "RECORD_TOO_LARGE",
      line: 2,
    });
    expect(await stream.close()).toMatchObject({ records: 1 });
    expect(batches).toEqual([["a"]]);
  });

  test("joins small records up to a multiple of the step that Firehose bills, in order", async () => {
    const { batches, stream } = await serve(
      (_, request) => (request === 1 ? [1] : []),
      2 * billedStep,
    );
    const records = Array.from({ length: 30 }, (_, index) => `${index}`.padStart(1000, "x"));
    for (const record of [...records, "y".repeat(20_000), "z"]) {
      await stream.put(Buffer.from(record));
    }
    expect(await stream.close()).toEqual({ records: 32, objects: 0, bytes: 50_001 });
    const [first = [], retried] = batches;
    expect(first.map((each) => each.length)).toEqual([10_009, 10_009, 10_009, 20_000, 1]);
    expect(first.slice(0, 3).join("\n").split("\n")).toEqual(records);
    expect(retried).toEqual([first[1]]);
  });
});
