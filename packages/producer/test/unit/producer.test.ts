/** The producer: what it sends, what it refuses, and that it loses nothing. */
import { billedStep } from "@lakehouse/lake/delivery/firehose-request";
import { FirehoseSender } from "@lakehouse/lake/delivery/firehose-sender";
import { decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable, type RecordOf } from "@lakehouse/transforms/contract/table";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { RecordRefusedError, UndeliveredError } from "../../src/errors.ts";
import { Producer, type ProducerOptions, producer } from "../../src/producer.ts";
import { openSink } from "../../src/sink.ts";
import { MemorySink } from "../support/sinks.ts";

const orders = defineTable({
  name: "orders",
  columns: { id: int64().notNull(), amount: decimal(18, 2).notNull(), note: string() },
  primaryKey: ["id"],
  expectations: (row) => [expectation("amount is positive", row.amount.gt(0))],
});
type Order = RecordOf<typeof orders>;

const events = defineTable({ name: "events", columns: { id: int64().notNull() }, unwrap: "a.b" });

function opened(options: ProducerOptions<Order> = {}) {
  const sink = new MemorySink();
  return { sink, sender: new Producer<Order>(orders, sink, options) };
}

const order = (id: number, note?: string): Order => ({ id, amount: "1.50", note });

describe("send", () => {
  test("joins small records, and delivers them on close", async () => {
    const { sink, sender } = opened();
    for (let id = 0; id < 3; id += 1) {
      await sender.send(order(id));
    }
    expect(sender.pending).toBe(3);
    await sender.close();
    expect(sink.requests).toEqual([
      [[0, 1, 2].map((id) => `{"id":${id},"amount":"1.50"}`).join("\n")],
    ]);
    expect(sender.pending).toBe(0);
    await expect(sender.send(order(4))).rejects.toMatchObject({ code: "PRODUCER" });
  });

  test("joined records are at most 20 of the steps that Firehose bills", async () => {
    const { sink, sender } = opened();
    for (let id = 0; id < 300; id += 1) {
      await sender.send(order(id, "x".repeat(1000)));
    }
    await sender.close();
    const sizes = sink.requests.flat().map((text) => text.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20 * billedStep);
    expect(sizes.length).toBe(4);
    expect(sink.records).toHaveLength(300);
  });

  test("delivers by itself after the linger", async () => {
    const { sink, sender } = opened({ lingerMilliseconds: 1 });
    await sender.send(order(1));
    await vi.waitFor(() => expect(sink.records).toHaveLength(1), { interval: 2 });
    await vi.waitFor(() => expect(sender.pending).toBe(0), { interval: 2 });
  });

  test("puts each record of a table of envelopes into an envelope", async () => {
    const sink = new MemorySink();
    const sender = new Producer<RecordOf<typeof events>>(events, sink, {});
    await sender.send({ id: 1 });
    await sender.close();
    expect(sink.records).toEqual([{ a: { b: [{ id: 1 }] } }]);
  });

  test("a bigint keeps all its digits, and a date is written in RFC 3339", async () => {
    const { sink, sender } = opened({ check: "none" });
    await sender.send({ id: 9_007_199_254_740_993n, amount: 5n });
    await sender.close();
    expect(sink.records).toEqual([{ id: "9007199254740993", amount: 5 }]);
  });
});

describe("what silver would refuse", () => {
  const wrong = { id: 1, amount: "-1.505", note: "secret" } as const;

  test("is not sent, and the error has silver's reasons but no values in its message", async () => {
    const { sink, sender } = opened();
    const error: unknown = await sender.send(wrong).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(RecordRefusedError);
    expect(error).toMatchObject({
      reasons: [{ column: "amount", rule: "too_many_decimal_places" }],
      message: expect.not.stringContaining("1.505"),
    });
    await expect(sender.send({ id: 1, amount: 0 })).rejects.toMatchObject({
      reasons: [{ rule: "amount is positive" }],
    });
    await sender.close();
    expect(sink.requests).toEqual([]);
  });

  test("can be reported, and sent all the same", async () => {
    const onRefused = vi.fn();
    const { sink, sender } = opened({ check: "report", onRefused });
    await sender.send(wrong);
    await sender.close();
    expect(onRefused).toHaveBeenCalledExactlyOnceWith(expect.any(RecordRefusedError), wrong);
    expect(String(onRefused.mock.lastCall?.[0])).not.toMatch(/not sent/);
    expect(sink.records).toEqual([wrong]);
  });

  test("is sent if records are not checked", async () => {
    const { sink, sender } = opened({ check: "none" });
    await sender.send(wrong);
    await sender.close();
    expect(sink.records).toEqual([wrong]);
  });

  test("includes a record that Firehose does not accept, and one that JSON can't hold", async () => {
    const { sender } = opened({ check: "none" });
    await expect(sender.send(order(1, "x".repeat(1000 * 1024)))).rejects.toMatchObject({
      reasons: [{ rule: "too_large" }],
    });
    await expect(sender.send({ id: Number.NaN, amount: 1 })).rejects.toMatchObject({
      reasons: [{ rule: "not_json" }],
    });
  });
});

test("send waits for room, and keeps the order", async () => {
  const { sink, sender } = opened({ bufferMib: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.gate = promise;
  let sent = 0;
  const sends = Array.from({ length: 30 }, (_, id) =>
    sender.send(order(id, "x".repeat(100_000))).then(() => {
      sent += 1;
    }),
  );
  await new Promise(setImmediate);
  expect(sent).toBe(10);
  expect(sender.pending).toBe(30);
  resolve();
  await Promise.all(sends);
  await sender.close();
  expect(sink.records).toMatchObject(Array.from({ length: 30 }, (_, id) => ({ id })));
});

test("flush waits for what was sent before it, not for what comes later", async () => {
  const { sink, sender } = opened();
  const later = sender.send(order(1)).then(() => sender.flush());
  await later;
  await sender.send(order(2));
  expect(sink.records).toHaveLength(1);
  await sender.close();
  expect(sink.records).toHaveLength(2);
});

describe("what can't be delivered", () => {
  test("is handed to the callback with its records", async () => {
    const failed: Order[] = [];
    const { sink, sender } = opened({
      onUndelivered: (error) => {
        expectTypeOf(error).toEqualTypeOf<UndeliveredError<Order>>();
        failed.push(...error.records);
      },
    });
    sink.fails = (text) => text.includes('"id":2');
    const sent = [1, 2, 3].map((id) => order(id));
    for (const each of sent) {
      await sender.send(each);
    }
    await sender.close();
    expect(failed).toEqual([sent[1]]);
    expect(sender.pending).toBe(0);
  });

  test.each(["send", "flush", "close"] as const)("rejects the next %s once", async (call) => {
    const { sink, sender } = opened({ lingerMilliseconds: 0 });
    sink.fails = () => true;
    await sender.send(order(1));
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1), { interval: 1 });
    expect(sender.pending).toBe(1);
    const next = call === "send" ? sender.send(order(2)) : sender[call]();
    await expect(next).rejects.toMatchObject({
      code: "UNDELIVERED",
      records: [order(1)],
      message: expect.stringMatching(/^1 record of orders could not be delivered: .*Slow down/),
    });
    expect(sender.pending).toBe(0);
    await sender.close();
  });

  test("is kept if the callback fails", async () => {
    const { sink, sender } = opened({
      onUndelivered: () => {
        throw new Error("the callback's");
      },
    });
    sink.fails = () => true;
    await sender.send(order(1));
    await expect(sender.flush()).rejects.toBeInstanceOf(UndeliveredError);
  });
});

test("await using closes it", async () => {
  const { sink, sender } = opened();
  {
    await using closed = sender;
    await closed.send(order(1));
  }
  expect(sink.records).toHaveLength(1);
});

describe("the end of the process", () => {
  afterEach(() => vi.restoreAllMocks());

  test("a signal closes all producers, then ends the process", async () => {
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    const { sink, sender } = opened({ closeOn: ["SIGUSR2"] });
    const slow = opened({ closeOn: ["SIGUSR2"] });
    const { promise, resolve } = Promise.withResolvers<void>();
    slow.sink.gate = promise;
    await sender.send(order(1));
    await slow.sender.send(order(2));
    process.emit("SIGUSR2", "SIGUSR2");
    await vi.waitFor(() => expect(process.listenerCount("SIGUSR2")).toBe(1), { interval: 1 });
    expect(kill).not.toHaveBeenCalled();
    resolve();
    const ends = () => expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, "SIGUSR2");
    await vi.waitFor(ends, { interval: 1 });
    expect([...sink.records, ...slow.sink.records]).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  });

  test("records that can't be sent any more are reported", async () => {
    const before = process.listeners("exit");
    const { sender } = opened();
    await sender.send(order(1));
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const [listener] = process.listeners("exit").filter((each) => !before.includes(each));
    listener?.(0);
    expect(write).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^1 record of orders was not sent, because the process ended first/),
    );
    write.mockRestore();
    await sender.close();
    expect(process.listeners("exit")).toEqual(before);
  });
});

test("a lake on the laptop comes before the stream that the app names", () => {
  const runtime = { settings: {}, location: ".lake" };
  const named = { stream: "lakehouse-prod-orders", region: "eu-west-1" };
  expect(openSink("orders", runtime, named)).not.toBeInstanceOf(FirehoseSender);
  expect(openSink("orders", { ...runtime, location: "s3" }, named)).toBeInstanceOf(FirehoseSender);
});

describe("a producer that can't work is refused at once", () => {
  test("without a stream", () => {
    vi.stubEnv("DELIVERY_STREAM_ORDERS", "");
    vi.stubEnv("LAKEHOUSE_LAKE", "");
    expect(() => producer(orders)).toThrow(/DELIVERY_STREAM_ORDERS is not set/);
    vi.unstubAllEnvs();
  });

  test("for a table of CSV", () => {
    const rows = defineTable({ name: "rows", columns: { id: int64() }, source: csv() });
    expect(() => producer(rows, { stream: "rows" })).toThrow(/rows of CSV/);
  });

  test("with a number outside its range", () => {
    expect(() => opened({ bufferMib: 0 })).toThrow(/bufferMib is 0/);
    expect(() => opened({ lingerMilliseconds: Number.NaN })).toThrow(/lingerMilliseconds is NaN/);
    expect(() => opened({ retries: -1 })).toThrow(/retries is -1. Use a whole number from 0/);
    expect(() => opened({ retries: 0.5 })).toThrow(/retries is 0.5/);
    expect(() => opened({ firstDelay: Number.NaN })).toThrow(/firstDelay is NaN/);
  });

  test("the compiler refuses records that silver would", () => {
    type Sent = Parameters<Producer<Order>["send"]>[0];
    expectTypeOf<{ id: 1; amount: "2" }>().toExtend<Sent>();
    expectTypeOf<{ amount: "2" }>().not.toExtend<Sent>();
    expectTypeOf<{ id: 1; amount: true }>().not.toExtend<Sent>();
    expectTypeOf<{ id: 1; amount: null }>().not.toExtend<Sent>();
  });
});
