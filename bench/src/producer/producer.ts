/** What sending costs: a call for each record, batches of records, and the producer, which joins them. */
import { FirehoseClient, PutRecordBatchCommand, PutRecordCommand } from "@aws-sdk/client-firehose";
import { billedStep } from "@lakehouse/lake/delivery/firehose-request";
import { FirehoseSender } from "@lakehouse/lake/delivery/firehose-sender";
import { Producer } from "@lakehouse/producer/producer";
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { defineTable, type RecordOf } from "@lakehouse/transforms/contract/table";

/** Firehose's price in us-east-1 (`infra/src/costs/prices.ts`). */
const usdPerGb = 0.029;
const million = 1_000_000;

const orders = defineTable({
  name: "orders",
  columns: {
    order_id: int64().notNull(),
    customer_id: int64().notNull(),
    amount: decimal(18, 2).notNull(),
    order_date: date().notNull(),
    note: string(),
  },
  primaryKey: ["order_id"],
  expectations: (row) => [expectation("amount is positive", row.amount.gt(0))],
});
type Order = RecordOf<typeof orders>;

/** What one way of sending took, for a million records. */
export interface SendingCost {
  readonly way: string;
  readonly calls: number;
  readonly billedMb: number;
  readonly usd: number;
  /** Processor time of this process, without the network. */
  readonly cpuSeconds: number;
}

type Send = (client: FirehoseClient, records: readonly Order[]) => Promise<void>;

const stream = "orders";
const data = (record: Order): Buffer => Buffer.from(JSON.stringify(record));

const ways: Readonly<Record<string, Send>> = {
  "one record a call": async (client, records) => {
    for (const record of records) {
      const Record = { Data: data(record) };
      await client.send(new PutRecordCommand({ DeliveryStreamName: stream, Record }));
    }
  },
  "batches of 500, not joined": async (client, records) => {
    for (let first = 0; first < records.length; first += 500) {
      const Records = records.slice(first, first + 500).map((record) => ({ Data: data(record) }));
      await client.send(new PutRecordBatchCommand({ DeliveryStreamName: stream, Records }));
    }
  },
  "producer, not checked": (client, records) => produce(client, records, "none"),
  producer: (client, records) => produce(client, records, "refuse"),
};

async function produce(
  client: FirehoseClient,
  records: readonly Order[],
  check: "refuse" | "none",
): Promise<void> {
  await using sender = new Producer<Order>(orders, new FirehoseSender(client, stream), { check });
  for (const record of records) {
    await sender.send(record);
  }
}

/**
 * Measures every way with the same records.
 *
 * @param count How many records to send.
 * @param noteBytes The length of a record's note; the rest of it has about 80 bytes.
 */
export async function measureSending(count: number, noteBytes: number): Promise<SendingCost[]> {
  const records = Array.from({ length: count }, (_, id) => ({
    order_id: id,
    customer_id: id % 1000,
    amount: "12.50",
    order_date: "2026-11-27",
    note: "x".repeat(noteBytes),
  }));
  const costs: SendingCost[] = [];
  for (const [way, send] of Object.entries(ways)) {
    const counted = { calls: 0, billed: 0 };
    const client = countingClient(counted);
    const before = process.cpuUsage();
    await send(client, records);
    const { user, system } = process.cpuUsage(before);
    const scale = million / count;
    const billedMb = (counted.billed * scale) / million;
    costs.push({
      way,
      calls: counted.calls * scale,
      billedMb,
      usd: (billedMb / 1000) * usdPerGb,
      cpuSeconds: ((user + system) / million) * scale,
    });
  }
  return costs;
}

/** A client that answers itself, and counts what Firehose would bill. */
function countingClient(counted: { calls: number; billed: number }): FirehoseClient {
  let answer = "{}";
  const client = new FirehoseClient({
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    requestHandler: {
      handle: async () => ({
        response: {
          statusCode: 200,
          headers: { "content-type": "application/x-amz-json-1.1" },
          body: Buffer.from(answer),
        },
      }),
    },
  });
  client.middlewareStack.add(
    (next) => (args) => {
      const { Record, Records = [] } = args.input as {
        readonly Record?: { readonly Data: Uint8Array };
        readonly Records?: readonly { readonly Data: Uint8Array }[];
      };
      const sizes = [Record ?? [], Records].flat().map(({ Data }) => Data.byteLength);
      counted.calls += 1;
      counted.billed += sizes.reduce(
        (sum, size) => sum + Math.ceil(size / billedStep) * billedStep,
        0,
      );
      answer = JSON.stringify({
        FailedPutCount: 0,
        RequestResponses: sizes.map(() => ({ RecordId: "1" })),
      });
      return next(args);
    },
    { step: "initialize" },
  );
  return client;
}
