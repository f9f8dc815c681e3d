/**
 * Measures how long a record takes to gold, on the emulated deployment whose silver starts gold: `npm run bench:freshness`.
 *
 * Firehose's buffering and Lambda's own starts are not part of it: the emulator writes each record at once, and both functions run.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FirehoseClient, PutRecordCommand } from "@aws-sdk/client-firehose";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import type { Batch, EventSourceMapping } from "../../src/event-source-mapping.ts";
import { System } from "../../src/system.ts";
import { textOf } from "../support/lake.ts";
import { whatIsMissing } from "../support/requirements.ts";

const afterSeconds = 60;
const records = 20;
/** No divisor of a span, so that records come at all of its times. */
const apartMilliseconds = 13_000;
const lastMilliseconds = 200_000;
const pollMilliseconds = 250;

test.runIf((await whatIsMissing()) === undefined)(
  "records reach gold within the span and a run",
  async () => {
    const system = await System.start("flow", afterSeconds);
    try {
      const delays = await measure(system);
      const sorted = delays.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
      const at = (share: number) =>
        (sorted[Math.round((sorted.length - 1) * share)] ?? 0).toFixed(1);
      process.stdout.write(
        `${sorted.length} records, one every ${apartMilliseconds / 1000} s; silver starts gold after ${afterSeconds} s\n` +
          `seconds from the record to its row in gold: least ${at(0)}, median ${at(0.5)}, most ${at(1)}\n` +
          `gold runs: ${delays[0]?.runs}, each at most ${delays[0]?.longestRun.toFixed(1)} s\n`,
      );
      expect(sorted).toHaveLength(records);
      expect(sorted.at(-1)).toBeLessThan(2 * afterSeconds);
    } finally {
      await system.stop();
    }
  },
  900_000,
);

async function measure(system: System) {
  const { deployment, emulator, lake } = system;
  await using bronzeSilver = await system.run(deployment.bronzeSilver);
  await using silverGold = await system.run(deployment.silverGold);
  const mappings = [
    await system.mapTo(bronzeSilver),
    await system.mapTo(silverGold, deployment.goldMapping),
  ] as const;
  let isOver = false;
  const runs: number[] = [];
  const keepPolling = async (mapping: EventSourceMapping, note: (milliseconds: number) => void) => {
    while (!isOver) {
      const began = performance.now();
      const batch: Batch | undefined = await mapping.poll();
      if (batch === undefined) {
        await sleep(pollMilliseconds);
      } else {
        expect(batch.failed).toEqual([]);
        note(performance.now() - began);
      }
    }
  };
  const polling = [
    keepPolling(mappings[0], () => {}),
    keepPolling(mappings[1], (milliseconds) => runs.push(milliseconds)),
  ];
  const sent = new Map<string, number>();
  const seconds = new Map<string, number>();
  const watch = async () => {
    while (!isOver) {
      const text = await textOf(system.s3, lake.buckets.gold, "customer_summary/data.csv").catch(
        () => "customer_id\n",
      );
      for (const { customer_id = "" } of parse<Record<string, string>>(text, { columns: true })) {
        const at = sent.get(customer_id);
        if (at !== undefined && !seconds.has(customer_id)) {
          seconds.set(customer_id, (performance.now() - at) / 1000);
        }
      }
      await sleep(pollMilliseconds);
    }
  };
  const watching = watch();
  const firehose = new FirehoseClient(clientOptions(emulator, emulator.operator));
  const DeliveryStreamName = lake.deliveryStreams["orders"];
  for (let index = 0; index < records; index += 1) {
    const customer = 1_000 + index;
    const order = `{"order_id":${index},"customer_id":${customer},"amount":1.50,"order_date":"2025-01-01"}\n`;
    await firehose.send(
      new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from(order) } }),
    );
    sent.set(`${customer}`, performance.now());
    await sleep(apartMilliseconds);
  }
  const end = performance.now() + lastMilliseconds;
  while (seconds.size < records && performance.now() < end) {
    await sleep(pollMilliseconds);
  }
  isOver = true;
  await Promise.all([...polling, watching]);
  const longestRun = Math.max(...runs) / 1000;
  return [...seconds.values()].map((each) => ({ seconds: each, runs: runs.length, longestRun }));
}
