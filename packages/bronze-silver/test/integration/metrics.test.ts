/** What the bundled handler prints: metrics that agree with the receipts, JSON logs, and no record contents. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { parseBronzeKey, silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { objectMetricNames } from "@lakehouse/lake/metrics";
import { type Receipt, receiptFromMetadata } from "@lakehouse/lake/receipt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replayMessage } from "../../src/event.ts";
import { HandlerProcess } from "../support/bundle.ts";
import { temporaryDirectory } from "../support/lakes.ts";

const directory = temporaryDirectory();
const marker = "do-not-log-me";
const order = (id: number, amount: string) =>
  `{"customer_id":1,"order_id":${id},"amount":${amount},"order_date":"2024-02-29","note":"${marker}"}`;
const event = (id: number, more: string) =>
  `{"event_id":"evt_${String(id).padStart(16, "0")}","occurred_at":"2024-02-29T10:00:00Z","event_type":"page_view",${more}}`;
/** Good, refused and dropped records, and bytes that are not records, by bronze key. */
const objects = {
  "orders/2024/03/01/10/first": [order(1, "1.5"), order(2, "-1"), order(3, `"${marker}"`)],
  "orders/2024/03/01/11/second": [order(4, "2"), `${marker} {`],
  "web_events/2024/03/01/10/events": [
    event(1, `"page":{"path":"/${marker}","title":"${marker}"}`),
    event(2, `"page":{"path":"/internal/${marker}"}`),
    event(3, `"page":{"path":"${marker}"},"user":{"country":"${marker}"}`),
    `{"event_id":"${marker}","${marker}":1}`,
  ],
};
const keys = Object.keys(objects);
const missing = "orders/2024/03/01/10/missing";

let lakeDirectory: string;
let started: HandlerProcess;
beforeEach(async () => {
  lakeDirectory = mkdtempSync(join(directory, "lake-"));
  const { bronze } = openLake(lakeDirectory, {});
  for (const [key, lines] of Object.entries(objects)) {
    await bronze.put(key, Buffer.from(lines.join("\n")));
  }
});
afterEach(() => started.stop());

interface MetricLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** Parses the printed lines. Each must be JSON. */
function linesOf(log: string): Record<string, unknown>[] {
  const lines = log.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function metricsOf(log: string): MetricLine[] {
  return linesOf(log).filter((line): line is MetricLine => line["_aws"] !== undefined);
}

async function receiptsOf(table: string): Promise<Receipt[]> {
  const { silver } = openLake(lakeDirectory, {});
  const receipts: Receipt[] = [];
  for (const key of keys.filter((each) => parseBronzeKey(each).table === table)) {
    const head = await silver.head(silverKey(key, table === "web_events" ? "parquet" : "csv"));
    const receipt = receiptFromMetadata(head?.metadata ?? {});
    if (receipt !== undefined) {
      receipts.push(receipt);
    }
  }
  return receipts;
}

/** The library writes one value as it is, and several as a list. */
const values = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

it("prints the receipts' numbers once for each table, even if an object failed", async () => {
  started = await HandlerProcess.start(lakeDirectory, undefined, { LAKEHOUSE_ENVIRONMENT: "dev" });
  const { error } = await started.handle({ keys: [missing, ...keys] });
  expect(error?.code).toBe("OBJECTS_FAILED");
  const lines = metricsOf(started.log);
  expect(lines.map((line) => line["table"])).toEqual(["orders", "web_events"]);
  for (const line of lines) {
    expect(line["environment"]).toBe("dev");
    expect(line._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: "Lakehouse",
        Dimensions: [["environment", "table"]],
        Metrics: [
          { Name: "Records", Unit: "Count" },
          { Name: "Rows", Unit: "Count" },
          { Name: "Quarantined", Unit: "Count" },
          { Name: "Dropped", Unit: "Count" },
          { Name: "UnreadKeys", Unit: "Count" },
          { Name: "Lag", Unit: "Seconds" },
        ],
      },
    ]);
    expect(line._aws.CloudWatchMetrics[0]?.Metrics.map(({ Name }) => Name)).toEqual(
      Object.values(objectMetricNames),
    );
    const receipts = await receiptsOf(String(line["table"]));
    expect(values(line["Records"])).toEqual(receipts.map(({ records }) => records));
    expect(values(line["Rows"])).toEqual(receipts.map(({ rows }) => rows));
    expect(values(line["Quarantined"])).toEqual(receipts.map(({ quarantined }) => quarantined));
    expect(values(line["Dropped"])).toEqual(receipts.map(({ dropped }) => dropped));
  }
  expect(await receiptsOf("orders")).toHaveLength(2);
  expect(await receiptsOf("web_events")).toMatchObject([
    { records: 4, rows: 1, quarantined: 2, dropped: 1 },
  ]);
});

it("measures the lag from the arrival in the key, and nothing of a replay", async () => {
  started = await HandlerProcess.start(lakeDirectory, undefined, { LAKEHOUSE_ENVIRONMENT: "dev" });
  const [first = ""] = keys;
  await started.handle({ keys: [first] });
  const since = (Date.now() - Date.parse("2024-03-01T10:00:00Z")) / 1000;
  const lag = Number(metricsOf(started.log)[0]?.["Lag"]);
  expect(lag).toBeLessThanOrEqual(since);
  expect(lag).toBeGreaterThan(since - 60);

  const before = started.log.length;
  const foreign = "payments/2024/03/01/10/a";
  await openLake(lakeDirectory, {}).bronze.put(foreign, Buffer.from("{}"));
  const bodies = [...keys, missing, foreign].map((key) => replayMessage(key, "orders-1"));
  const answer = await started.handle({
    Records: bodies.map((body, index) => ({ eventSource: "aws:sqs", messageId: `${index}`, body })),
  });
  // An object that was removed meanwhile is no failure: nothing could ever process it. One without a contract is.
  expect(answer).toEqual({
    answer: { batchItemFailures: [{ itemIdentifier: `${keys.length + 1}` }] },
  });
  const log = started.log.slice(before);
  expect(metricsOf(log)).toEqual([]);
  const done = linesOf(log).filter(({ message }) => message === "object processed");
  expect(done).toMatchObject(keys.map((key) => ({ key, replay: "orders-1" })));
  expect(linesOf(log)).toContainEqual(
    expect.objectContaining({ message: "object was removed", key: missing, replay: "orders-1" }),
  );
});

it("prints each event's numbers separately, for more objects than one line of metrics can hold", async () => {
  started = await HandlerProcess.start(lakeDirectory, undefined, { LAKEHOUSE_ENVIRONMENT: "dev" });
  const { bronze } = openLake(lakeDirectory, {});
  const many = Array.from({ length: 130 }, (_, i) => `orders/2024/03/02/10/${i}`);
  for (const key of many) {
    await bronze.put(key, Buffer.from(order(1, "1")));
  }
  await started.handle({ keys: many });
  await started.handle({ keys: many.slice(0, 2) });
  const lines = metricsOf(started.log);
  expect(new Set(lines.map(({ environment, table }) => `${environment} ${table}`))).toEqual(
    new Set(["dev orders"]),
  );
  expect(values(lines.at(-1)?.["Rows"])).toEqual([1, 1]);
  expect(lines.flatMap((line) => values(line["Rows"] ?? []))).toHaveLength(132);
});

it("prints no metrics without an environment", async () => {
  started = await HandlerProcess.start(lakeDirectory);
  await started.handle({ keys });
  expect(linesOf(started.log).length).toBeGreaterThan(0);
  expect(metricsOf(started.log)).toEqual([]);
});

it("logs JSON lines, but never a record's contents", async () => {
  started = await HandlerProcess.start(lakeDirectory, undefined, { LAKEHOUSE_ENVIRONMENT: "dev" });
  const { bronze } = openLake(lakeDirectory, {});
  // Looks like gzip, but ends early.
  const damaged = "orders/2024/03/01/12/damaged";
  await bronze.put(damaged, Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from(marker)]));
  await started.handle({ keys: [missing, damaged, ...keys] });
  await started.handle({ Records: [{ eventSource: "aws:sqs", messageId: "1", body: marker }] });
  await started.handle({ [marker]: marker });
  const messages = linesOf(started.log).map((line) => line["message"]);
  expect(messages).toContain("object processed");
  expect(messages).toContain("object failed");
  expect(messages).toContain("message refused");
  expect(started.log).not.toContain(marker);
});
