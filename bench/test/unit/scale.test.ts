/** The simulation of large runs, against values that were computed by hand. */
import { expect, test } from "vitest";
import { mapSeconds, simulate } from "../../src/scale/simulate.ts";

test.each([
  ["all at once", 500, 4, 1_000, 4],
  ["in three waves", 250, 4, 100, 12],
  // 1,000 start at 0 s, 1,000 at 10 s, and 500 at 20 s.
  ["as environments start", 2_500, 60, 5_000, 80],
  // 1,000 at 0, 6, and, with 1,000 more from 10 s on, 1,000 at 10 and at 12 s.
  ["in places that become free, too", 4_000, 6, 5_000, 18],
])("tasks run %s", (_, tasks, seconds, atOnce, expected) => {
  expect(mapSeconds(tasks, seconds, atOnce)).toBe(expected);
});

const input = {
  silver: 2_048,
  rates: { read: 8, write: 16, build: 32, own: 64 },
  concurrency: 4,
  sliceMib: 1_024,
  taskMib: 128,
  memoryMib: 1_769 * 2,
  decidingRatio: 0.25,
  fetchMibPerSecond: 64,
  fixedSeconds: 1,
  roundSeconds: 0.5,
};

test("a load takes what its slices take, one after another", () => {
  // A slice: 1 s, the run decides 1,024 MiB at 2 × 64 and fetches 256 MiB at 64: 8 + 4 s. Eight tasks of 16, 8 and 4 s run in two waves.
  // Six times 0.5 s pass between the run and tasks.
  expect(simulate(input)).toMatchObject({
    seconds: 2 * (13 + 32 + 16 + 8 + 3),
    slices: 2,
    tasks: 48,
    longestSeconds: 16,
  });
});

test("a load costs the memory of its functions, their calls and transitions", () => {
  // 2 × (13 + 8 × 28) s of 3.4551 GB, and 48 tasks.
  const memory = 474 * ((1_769 * 2) / 1_024) * 0.000_013_333_4;
  const calls = 48 * (0.000_000_2 + 3 * 0.000_005 + 4 * 0.000_000_4 + 2 * 0.000_025);
  expect(simulate(input).dollars).toBeCloseTo(memory + calls, 10);
});

test("with more at once it takes less, until S3 or the run itself is the limit, and costs the same", () => {
  const more = simulate({ ...input, concurrency: 8 });
  expect(more.seconds).toBe(2 * (13 + 16 + 8 + 4 + 3));
  expect(more.dollars).toBe(simulate(input).dollars);
  // 1,024 tasks of a kind put three objects each.
  const small = simulate({
    ...input,
    taskMib: 1,
    concurrency: 10_000,
    rates: { ...input.rates, read: 1_000 },
  });
  expect(small.seconds).toBeGreaterThanOrEqual(2 * ((1_024 * 3) / 3_500));
});
