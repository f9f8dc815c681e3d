/** The deployed bundle on a lake in a directory. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { orders } from "@lakehouse/fixtures/orders/contract";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { expect, test } from "vitest";
import { parseEvent } from "../../src/event.ts";
import { call, callAll } from "../support/bundle.ts";
import { bronzeKey, scratch, writeSilver } from "../support/lake.ts";

test("accepts a scheduled event, {} and a rebuild, refuses anything else, and logs no record", async () => {
  const lake = await mkdtemp(join(scratch, "lake-"));
  const silver = new DirectoryStore(join(lake, "silver"));
  const row = { customer_id: "4711", order_id: "1", amount: "12.34", order_date: "2024-01-05" };
  await writeSilver(silver, bronzeKey(1, "orders"), [row], orders);
  const scheduled = {
    version: "0",
    source: "aws.scheduler",
    "detail-type": "Scheduled Event",
    detail: "{}",
  };
  const [first, rebuilt, refused] = await callAll(
    lake,
    [scheduled, { rebuild: true }, { Records: [] }],
    { GOLD_REPORT: "true", LAKEHOUSE_PAGE: join(lake, "missing") },
  );
  expect(first?.answer).toMatchObject({
    outcome: "published",
    newObjects: 1,
    currentRows: { orders: 1 },
  });
  expect(first?.logs).toContain('"message":"run finished"');
  // A report that can't be made fails no run.
  expect(first?.logs).toContain('"message":"report failed"');
  expect(first?.logs).not.toContain("4711");
  expect(rebuilt?.answer).toMatchObject({ outcome: "published", outputs: 0 });
  expect(refused?.failure?.code).toBe("UNKNOWN_EVENT");
  expect(refused?.logs).toContain('"name":"UnknownEventError"');
  expect((await call(`file://${lake}`, {})).answer).toMatchObject({ outcome: "nothing-new" });
});

test.each([
  [{}, false, false],
  [{ rebuild: false }, false, false],
  [{ rebuild: true }, true, false],
  [{ prune: true }, false, true],
  [{ source: "aws.events", "detail-type": "Scheduled Event", detail: {} }, false, false],
  [{ Records: [{ eventSource: "aws:sqs", messageId: "1", body: "silver-1" }] }, false, false],
])("%j", (event, rebuild, prune) => {
  expect(parseEvent(event)).toEqual({ rebuild, prune, acceptDecrease: [] });
});

test("an event names the tables and models whose decrease is accepted", () => {
  const event = { acceptDecrease: ["orders"] };
  expect(parseEvent(event)).toEqual({ rebuild: false, prune: false, ...event });
});

test.each([
  null,
  [],
  "run",
  { acceptDecrease: true },
  { rebuild: "yes" },
  { rebuild: true, x: 1 },
  { source: "aws.s3" },
  { Records: [] },
  { Records: [{ eventSource: "aws:s3" }] },
])("%j is refused", (event) => {
  expect(() => parseEvent(event)).toThrow(/silver→gold doesn't know this event: .*Send {}/s);
});
