/** A lake in a directory with orders in bronze, and the events that announce them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** A lake for one test file. */
export interface TestLake {
  readonly directory: string;
  /** Puts orders into bronze. @returns The object's key. */
  putOrders(file: string, orders: readonly unknown[]): Promise<string>;
  readSilver(file: string): Promise<string>;
  remove(): Promise<void>;
}

const folder = "orders/2024/03/01/10";

/** An order as a producer sends it. */
export function order(id: number, amount = "10.50"): unknown {
  return { customer_id: 1, order_id: id, amount, order_date: "2024-03-01" };
}

export async function createLake(): Promise<TestLake> {
  const directory = await mkdtemp(join(tmpdir(), "lakehouse-docker-"));
  return {
    directory,
    async putOrders(file, orders) {
      const key = `${folder}/${file}`;
      const path = join(directory, "bronze", key);
      await mkdir(dirname(path), { recursive: true });
      const lines = orders.map((each) => `${JSON.stringify(each)}\n`).join("");
      await writeFile(path, gzipSync(lines));
      return key;
    },
    readSilver: (file) =>
      readFile(
        join(directory, "silver", "orders", "ingest_date=2024-03-01", `hour=10.${file}.csv`),
        "utf8",
      ),
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** An SQS batch with a message for each bronze key, like S3's notifications. */
export function sqsEvent(keys: readonly string[]): unknown {
  return {
    Records: keys.map((key, index) => ({
      messageId: `message-${index}`,
      receiptHandle: "handle",
      body: JSON.stringify({
        Records: [
          { eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3: { object: { key } } },
        ],
      }),
      attributes: {},
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:123456789012:bronze",
      awsRegion: "us-east-1",
    })),
  };
}
