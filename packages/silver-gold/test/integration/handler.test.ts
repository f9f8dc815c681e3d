/** The deployed bundle on a lake in a directory. */
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { orders } from "@lakehouse/fixtures/orders/contract";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { expect, test } from "vitest";
import { parseEvent, taskOf } from "../../src/event.ts";
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
  const [first, rebuilt, refused, validated] = await callAll(
    lake,
    [scheduled, { rebuild: true }, { Records: [] }, { validate: true }],
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
  // Athena builds nothing in a directory.
  expect(validated?.answer).toEqual({ validated: [] });
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

test("a state machine names its execution, and whoever started it the rest", () => {
  const fanOut = { execution: "a-b-c" };
  const asked = { rebuild: false, prune: false, acceptDecrease: [], execution: "a-b-c" };
  expect(parseEvent({ fanOut, request: {} })).toEqual(asked);
  expect(parseEvent({ fanOut, request: { rebuild: true } })).toEqual({ ...asked, rebuild: true });
  // Messages that start it through a pipe ask for nothing more.
  expect(parseEvent({ fanOut, request: [{}, {}] })).toEqual(asked);
  expect(taskOf({ task: "_state/tasks/00000001/0123456789abcdef/task.json" })).toMatch(
    /task.json$/,
  );
  expect(taskOf({ task: "orders/data.parquet" })).toBeUndefined();
});

test("a run that is spread over many invocations leaves tasks, and ends as one that is not", async () => {
  const lakes = await Promise.all(
    [1, 2].map(async () => {
      const lake = await mkdtemp(join(scratch, "lake-"));
      const silver = new DirectoryStore(join(lake, "silver"));
      for (const day of [1, 2, 3]) {
        const row = {
          customer_id: "1",
          order_id: `${day}`,
          amount: "1.00",
          order_date: "2024-01-05",
        };
        await writeSilver(silver, bronzeKey(day, "orders"), [row], orders);
      }
      return lake;
    }),
  );
  const [whole = "", spread = ""] = lakes;
  const variables = { TASK_MIB: "0.00001" };
  const advance = { fanOut: { execution: "e" }, request: { rebuild: true } };
  const { answer: expected } = await call(whole, { rebuild: true });
  let last = (await call(spread, advance, variables)).answer;
  expect(last).toMatchObject({ status: "tasks", request: { rebuild: true } });
  for (let rounds = 0; last?.["status"] === "tasks" && rounds < 5; rounds++) {
    const text = await readFile(join(spread, "gold", String(last["key"])), "utf8");
    const list = JSON.parse(text) as string[];
    // In any order, twice, and then the run goes on.
    const events = [...list, ...list].reverse().map((task) => ({ task }));
    const [first, ...others] = await callAll(spread, [...events, advance], variables);
    expect(first?.logs).toContain('"message":"task finished"');
    last = others.at(-1)?.answer;
  }
  expect(last).toMatchObject({ status: "done", request: {}, currentRows: { orders: 3 } });
  expect(last?.["models"]).toEqual(expected?.["models"]);
});

test.each([
  null,
  { task: "orders/data.parquet" },
  { fanOut: { execution: 1 }, request: {} },
  { fanOut: { execution: "e" } },
  { fanOut: { execution: "e" }, request: { rebuilt: true } },
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
