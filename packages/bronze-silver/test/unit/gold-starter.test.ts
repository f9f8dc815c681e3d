/** New silver starts gold: one message for each span of time, which the queue holds back until the span is over. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GoldStarter } from "../../src/gold-starter.ts";

/** A FIFO queue with a delay: it drops an id that it has had in the last five minutes. */
class Queue {
  readonly #seconds: number;
  readonly #first = new Map<string, number>();
  /** When each message can be received. */
  readonly starts: number[] = [];

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  send(id: string, at: number): void {
    const first = this.#first.get(id);
    if (first === undefined || at - first >= 300_000) {
      this.#first.set(id, at);
      this.starts.push(at + this.#seconds * 1_000);
    }
  }
}

test("a run starts after all silver, at most the delay later, and at most once in a span", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.record({ after: fc.nat(400_000), process: fc.nat(2) }), { maxLength: 30 }),
      async (seconds, silver) => {
        const queue = new Queue(seconds);
        let now = 1_764_000_000_000;
        const began = now;
        const starters = [0, 1, 2].map(
          () =>
            new GoldStarter(
              seconds,
              async (id) => queue.send(id, now),
              () => now,
            ),
        );
        for (const { after, process } of silver) {
          now += after;
          await starters[process]?.start();
          expect(queue.starts.some((at) => at > now && at <= now + seconds * 1_000)).toBe(true);
        }
        expect(queue.starts.length).toBeLessThanOrEqual(1 + (now - began) / (seconds * 1_000) + 1);
      },
    ),
    runs(100),
  );
});

test("a message that could not be sent is sent by the next silver", async () => {
  const ids: string[] = [];
  let fails = true;
  const starter = new GoldStarter(
    60,
    async (id) => {
      if (fails) {
        throw new Error("no queue");
      }
      ids.push(id);
    },
    () => 120_000,
  );
  await expect(starter.start()).rejects.toThrow("no queue");
  fails = false;
  await starter.start();
  await starter.start();
  expect(ids).toEqual(["silver-60-2"]);
});
