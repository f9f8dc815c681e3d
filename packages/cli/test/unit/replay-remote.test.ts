/** `replay --remote` against a queue and stores in memory: what is sent, how it stops and goes on, and what it reports. */
import { notificationOf, replayMessage } from "@lakehouse/bronze-silver/event";
import { replayPrefix, silverKey } from "@lakehouse/lake/keys";
import { receiptToMetadata } from "@lakehouse/lake/receipt";
import { MemoryStore } from "@lakehouse/silver-gold/testing/memory-store";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listLayers } from "../../src/commands/audit/layers.ts";
import type { ReplayQueue } from "../../src/commands/replay/remote/queue.ts";
import { readRecord, saveRecord } from "../../src/commands/replay/remote/record.ts";
import {
  openQueue,
  pauseReplays,
  type RemoteOptions,
  replayStatus,
  resumeReplay,
  startReplay,
} from "../../src/commands/replay/remote/remote.ts";
import { replayText } from "../../src/commands/replay/remote/text.ts";
import type { Context } from "../../src/context.ts";
import { InterruptedError } from "../../src/errors.ts";
import { contextOf } from "../support/context.ts";
import { lakehouse } from "../support/in-process.ts";

const start = Date.parse("2026-02-01T12:00:00Z");

function visits(more: Partial<Parameters<typeof defineTable>[0]> = {}): Table {
  return defineTable({
    name: "visits",
    columns: { id: int64().notNull(), day: date().notNull(), s: string() },
    primaryKey: ["id"],
    partitionBy: month("day"),
    ...more,
  });
}

const older = visits({ columns: { id: int64().notNull(), day: date().notNull() } });
const table = visits();
const all: RemoteOptions = { outdated: false, wait: false };

/** A queue in memory. */
class MemoryQueue implements ReplayQueue {
  readonly sent: string[] = [];
  readonly waiting: string[] = [];
  failed = 0;
  paused = false;
  lakehousePaused = false;
  /** Called before each send. */
  beforeSend: (bodies: readonly string[]) => readonly number[] = () => [];
  /** Called before each count. */
  beforeCounts: () => void = () => {};

  async send(bodies: readonly string[]): Promise<readonly number[]> {
    const refused = this.beforeSend(bodies);
    const taken = bodies.filter((_, index) => !refused.includes(index));
    this.sent.push(...taken);
    this.waiting.push(...taken);
    return refused;
  }

  async counts() {
    this.beforeCounts();
    return { waiting: this.waiting.length, failed: this.failed };
  }

  async isPaused(): Promise<boolean> {
    return this.paused;
  }

  async pause(): Promise<void> {
    this.paused = true;
  }

  async resume(): Promise<boolean> {
    this.paused = false;
    return !this.lakehousePaused;
  }

  get keys(): string[] {
    return this.sent.flatMap((body) => notificationOf({ messageId: "1", body }).keys);
  }
}

let bronze: MemoryStore;
let silver: MemoryStore;
let queue: MemoryQueue;
let context: Context;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  [bronze, silver, queue] = [new MemoryStore(), new MemoryStore(), new MemoryQueue()];
  context = contextWith(table);
});
afterEach(() => {
  vi.useRealTimers();
});

function contextWith(changed: Table, signal = new AbortController().signal): Context {
  const lake = { bronze, silver, gold: new MemoryStore() };
  const catalog = defineCatalog([changed], []);
  return { ...contextOf("/nowhere", catalog), lake, signal };
}

const clock = {
  now: () => Date.now(),
  wait: async (milliseconds: number) => {
    vi.setSystemTime(Date.now() + milliseconds);
  },
};

/** Puts objects into bronze, at an hour of a day. */
async function arrive(count: number, day = "2026/01/31", prefix = "a"): Promise<string[]> {
  const keys = Array.from(
    { length: count },
    (_, index) => `visits/${day}/07/${prefix}+ ${String(index).padStart(5, "0")}.gz`,
  );
  for (const key of keys) {
    await bronze.put(key, Buffer.from("{}"));
  }
  return keys;
}

/** Writes the silver of an object, as the deployed function does. */
async function write(key: string, { silverFingerprint }: Table = table): Promise<void> {
  const counts = { records: 1, rows: 1, quarantined: 0, dropped: 0, warned: 0, damaged: false };
  const metadata = receiptToMetadata({ ...counts, contract: silverFingerprint, bronzeEtag: "e" });
  await silver.put(silverKey(key, "csv"), Buffer.from("id,day,s\n"), { metadata });
}

/** Processes what waits, except these. */
async function work(failing: readonly string[] = [], made: Table = table): Promise<void> {
  for (const body of queue.waiting.splice(0)) {
    for (const key of notificationOf({ messageId: "1", body }).keys) {
      if (failing.includes(key)) {
        queue.failed += 1;
      } else if (bronze.objects.has(key)) {
        await write(key, made);
      }
    }
  }
}

const later = (seconds = 60) => vi.setSystemTime(Date.now() + seconds * 1000);
const replayed = (options: Partial<RemoteOptions> = {}) =>
  startReplay(context, queue, [table], { ...all, ...options }, clock);
const text = (summary: Awaited<ReturnType<typeof replayStatus>>) =>
  replayText("dev", "lakehouse --env dev")(summary, context.screen);

test("all objects of a table are sent as S3 would, and are done when their silver is newer", async () => {
  const keys = await arrive(25);
  for (const key of keys.slice(0, 20)) {
    await write(key);
  }
  later();
  const sent = await replayed();
  expect(queue.keys).toEqual(keys);
  expect(queue.sent[0]).toBe(replayMessage(keys[0] ?? "", sent.id));
  expect(sent).toMatchObject({ sent: 25, done: 0, left: 25, state: "running" });
  expect(text(sent)).toContain(`replay --status ${sent.id}`);

  // The command has ended: the laptop may be closed.
  later();
  await work();
  const status = await replayStatus(context, queue, undefined);
  expect(status).toMatchObject({ id: sent.id, done: 25, left: 0, state: "ended", removed: 0 });
  expect(text(status)).toBe(
    `Replay ${sent.id} of visits: 25 of 25 objects done\nThe next gold run merges the changes.\n`,
  );
});

test("days of arrival are chosen as on this machine, and the listing ends with the last", async () => {
  const days = ["2025/12/31", "2026/01/01", "2026/01/31", "2026/02/01"];
  const keys = (await Promise.all(days.map((day) => arrive(1, day)))).flat();
  const sent = async (options: Partial<RemoteOptions>) => {
    queue.sent.length = 0;
    await replayed(options);
    return queue.keys;
  };
  later();
  expect(await sent({ from: "2026-01-01" })).toEqual(keys.slice(1));
  expect(await sent({ to: "2026-01-31" })).toEqual(keys.slice(0, 3));
  expect(await sent({ from: "2026-01-01", to: "2026-01-31" })).toEqual(keys.slice(1, 3));
  expect(await sent({ from: "2027-01-01" })).toEqual([]);
});

test("what arrives after the start is left to its own queue, and is not counted", async () => {
  const before = await arrive(2);
  later();
  queue.beforeSend = () => {
    void arrive(3, "2026/02/01", "new");
    return [];
  };
  const { sent } = await replayed();
  expect({ sent, keys: queue.keys }).toEqual({ sent: 2, keys: before });
  later();
  await work();
  expect(await replayStatus(context, queue, undefined)).toMatchObject({ done: 2, left: 0 });
});

test("only what an older contract made is sent, by --outdated", async () => {
  const keys = await arrive(30);
  for (const [index, key] of keys.entries()) {
    await write(key, index % 3 === 0 ? older : table);
  }
  later();
  const sent = await replayed({ outdated: true });
  expect(queue.keys).toEqual(keys.filter((_, index) => index % 3 === 0));
  expect(sent).toMatchObject({ sent: 10, done: 0, left: 10, state: "running" });
  later();
  await work(keys.slice(0, 1));
  const status = await replayStatus(context, queue, undefined);
  expect(status).toMatchObject({ done: 9, left: 1, leftObjects: keys.slice(0, 1), state: "ended" });
});

test("Ctrl-C while it sends notes what was sent, and --resume sends the rest", async () => {
  const keys = await arrive(1_001);
  later();
  const controller = new AbortController();
  context = contextWith(table, controller.signal);
  queue.beforeSend = () => {
    if (queue.sent.length > 500) {
      controller.abort(new InterruptedError(130));
    }
    return [];
  };
  const stopped = await replayed().catch((error: unknown) => error);
  expect(stopped).toBeInstanceOf(InterruptedError);
  const { record } = await readRecord(silver);
  expect(record).toMatchObject({ sent: queue.sent.length });
  expect(record.sentAt).toBeUndefined();
  expect(record.sent).toBe(1_000);
  expect(String(stopped)).toContain(`has sent ${record.sent} objects`);
  expect(String(stopped)).toContain(`lakehouse replay --resume ${record.id}`);

  context = contextWith(table);
  expect(await replayStatus(context, queue, undefined)).toMatchObject({ state: "sending" });
  later();
  const resumed = await resumeReplay(context, queue, record.id, false, clock);
  expect(resumed).toMatchObject({ sent: 1_001, state: "running" });
  expect(queue.keys.toSorted()).toEqual(keys);
  // Nothing is sent twice.
  await resumeReplay(context, queue, undefined, false, clock);
  expect(queue.sent).toHaveLength(1_001);
});

test("a thousand objects at a time are listed and sent, so memory is bounded", async () => {
  await arrive(1_100);
  later();
  let listed = 0;
  const list = bronze.list.bind(bronze);
  bronze.list = async function* (...args) {
    for await (const summary of list(...args)) {
      listed += 1;
      yield summary;
    }
  };
  let most = 0;
  queue.beforeSend = () => {
    most = Math.max(most, listed - queue.sent.length);
    return [];
  };
  await replayed();
  expect(most).toBeLessThanOrEqual(1_000);
});

test("messages that the queue does not take are sent again, each once", async () => {
  const keys = await arrive(40);
  later();
  let calls = 0;
  queue.beforeSend = (bodies) => (++calls % 2 === 1 ? bodies.map((_, i) => i).slice(1) : []);
  await replayed();
  expect(queue.keys.toSorted()).toEqual(keys);
  queue.beforeSend = (bodies) => bodies.map((_, i) => i);
  await expect(replayed()).rejects.toMatchObject({
    code: "REPLAY_QUEUE",
    hint: expect.stringContaining("lakehouse replay --resume"),
  });
});

test("objects that fail are named when nothing waits, with where to look", async () => {
  const keys = await arrive(15);
  later();
  queue.beforeCounts = () => {
    later(5);
    void work(keys.slice(0, 12));
  };
  const summary = await replayed({ wait: true });
  expect(summary).toMatchObject({ state: "ended", done: 3, left: 12 });
  expect(summary.leftObjects).toEqual(keys.slice(0, 10));
  const printed = text(summary);
  expect(printed).toContain(`FAILED ${keys[0]}\n`);
  expect(printed).toContain("… and 2 more.");
  expect(printed).toContain(`$.replay = "${summary.id}"`);
  expect(printed).toContain("12 messages of all replays are in lakehouse-dev-replay-dead-letters");
});

test("objects that were removed meanwhile are counted, and are no failures", async () => {
  const [first = "", ...others] = await arrive(3);
  later();
  await replayed();
  await bronze.delete(first);
  later();
  await work();
  const summary = await replayStatus(context, queue, undefined);
  expect(summary).toMatchObject({ state: "ended", done: others.length, left: 0, removed: 1 });
  expect(text(summary)).toContain("1 object of it was removed from Bronze since it began.");
});

test("a contract that changes meanwhile is reported, with the command that replays the rest", async () => {
  await arrive(2);
  later();
  await replayed();
  later();
  await work([], older);
  const summary = await replayStatus(context, queue, undefined);
  expect(summary).toMatchObject({ done: 2, otherContract: ["visits"] });
  expect(text(summary)).toContain("lakehouse --env dev replay visits --outdated --remote");
});

test("a queue that does not count its messages yet has not failed", async () => {
  await arrive(2);
  later();
  queue.counts = async () => ({ waiting: 0, failed: 0 });
  const summary = await replayed();
  expect(summary).toMatchObject({ state: "running", left: 2 });
  later();
  expect(await replayStatus(context, queue, undefined)).toMatchObject({ state: "ended", left: 2 });
});

test("--outdated with a contract that is not deployed yet says that nothing has become newer", async () => {
  const keys = await arrive(3);
  for (const key of keys) {
    await write(key, older);
  }
  later();
  await replayed({ outdated: true });
  later();
  await work([], older);
  const summary = await replayStatus(context, queue, undefined);
  expect(summary).toMatchObject({ state: "ended", left: 0, otherContract: ["visits"] });
  expect(text(summary)).toContain("Deploy it, then run: lakehouse --env dev replay visits");
});

test("without --wait, a replay that was just sent is not counted", async () => {
  await arrive(3);
  later();
  let lists = 0;
  const list = bronze.list.bind(bronze);
  bronze.list = (...args) => {
    lists += 1;
    return list(...args);
  };
  expect(await replayed()).toMatchObject({ sent: 3, done: 0, left: 3, state: "running" });
  expect(lists).toBe(1);
});

test("two replays of one table at once process everything, and each counts its own", async () => {
  await arrive(3);
  later();
  const first = await replayed();
  const second = await replayed();
  expect(second.id).not.toBe(first.id);
  later();
  await work();
  for (const { id } of [first, second]) {
    expect(await replayStatus(context, queue, id)).toMatchObject({ id, sent: 3, done: 3 });
  }
});

test("two that start in one second have two ids, and two commands do not send one replay", async () => {
  await arrive(1);
  later();
  const now = Date.now();
  const first = await replayed();
  vi.setSystemTime(now);
  expect((await replayed()).id).toBe(`${first.id}-2`);
  const stored = await readRecord(silver, first.id);
  await saveRecord(silver, stored, { sent: 7 });
  await expect(saveRecord(silver, stored, { sent: 8 })).rejects.toMatchObject({
    code: "REPLAY_TAKEN",
    hint: expect.stringContaining(`--status ${first.id}`),
  });
});

test("pause and resume: what follows ends, and a paused lakehouse stays paused", async () => {
  await arrive(2);
  later();
  queue.beforeCounts = () => later(5);
  queue.paused = true;
  const summary = await replayed({ wait: true });
  expect(summary).toMatchObject({ state: "paused", left: 2 });
  expect(text(summary)).toContain("Replays are paused. Go on: lakehouse --env dev replay --resume");

  queue.lakehousePaused = true;
  const resumed = await resumeReplay(context, queue, undefined, true, clock);
  expect(resumed).toMatchObject({ isRunning: false, state: "running" });
  expect(text(resumed)).toContain("pnpm run deploy --env dev --resume");
  expect(await pauseReplays(queue)).toEqual({
    queue: { waiting: 2, failed: 0 },
    isPaused: true,
  });
});

test("Ctrl-C while it follows leaves the replay alone", async () => {
  await arrive(2);
  later();
  const controller = new AbortController();
  context = contextWith(table, controller.signal);
  queue.beforeCounts = () => {
    if (queue.waiting.length > 0) {
      controller.abort(new InterruptedError(130));
    }
  };
  await expect(replayed({ wait: true })).rejects.toMatchObject({
    exitCode: 130,
    message: expect.stringMatching(/goes on without this command\. .*replay --status /),
  });
  expect((await readRecord(silver)).record).toMatchObject({ sent: 2, sentAt: expect.any(String) });
});

test("nothing to replay is said at once", async () => {
  const summary = await replayed({ wait: true });
  expect(summary).toMatchObject({ sent: 0, state: "ended" });
  expect(text(summary)).toContain("There was nothing to replay.");
});

test("an audit knows the records of replays", async () => {
  await replayed();
  expect([...silver.objects.keys()].every((key) => key.startsWith(replayPrefix))).toBe(true);
  const problems: unknown[] = [];
  await listLayers(context, problems as never);
  expect(problems).toEqual([]);
});

test("a replay that does not exist, and a record that can't be read, are named", async () => {
  await expect(replayStatus(context, queue, undefined)).rejects.toThrow("There has been no replay");
  const { id } = await replayed();
  await expect(replayStatus(context, queue, "x")).rejects.toThrow(`The latest are: ${id}.`);
  await silver.put(`${replayPrefix}${id}.json`, Buffer.from("{"));
  await expect(replayStatus(context, queue, id)).rejects.toThrow("can't be read");
});

test("an environment is needed, with a queue", async () => {
  await expect(openQueue(context)).rejects.toThrow("--env dev");
  const deployed = {
    environment: "dev",
    region: "eu-west-1",
    buckets: { bronze: "b", silver: "s", gold: "g" },
    deliveryStreams: {},
  };
  await expect(openQueue({ ...context, environment: "dev", deployed })).rejects.toThrow(
    "Deploy it again: pnpm run deploy --env dev",
  );
});

test.each([
  [["--status"], "Leave orders out"],
  [["--no-wait"], "--no-wait needs --remote or --resume"],
  [["--remote"], "Only a deployed environment has a queue of replays"],
  [["--status", "--pause"], "cannot be used with"],
  [["--pause", "--outdated"], "cannot be used with"],
  [["--remote", "--block-mib", "8"], "cannot be used with"],
  [["--remote", "--since", "2026-02-02", "--until", "2026-02-01"], "is later than"],
])("replay orders %j is refused", async (options, message) => {
  const { code, stderr } = await lakehouse(["replay", "orders", ...options]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});

test("a word that should be an option is named", async () => {
  const { code, stderr } = await lakehouse(["replay", "status"]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--status") });
});
