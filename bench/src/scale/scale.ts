/** Measures tasks on this machine, and simulates loads of 1 TB and 10 TB with them. */
import { join } from "node:path";
import { runOnce } from "../child/case.ts";
import type { FilesOrder, RunOrder } from "../gold/layout.ts";
import { makeFiles, ours } from "../gold/peers.ts";
import type { Log } from "../log.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import { limits } from "./published.ts";
import { type kinds, type Rates, type ScaleInput, type ScaleResult, simulate } from "./simulate.ts";

const mebibyte = 1_024 * 1_024;
const terabyte = 1e12 / mebibyte;
/** The measured run has about this many tasks of each kind. An order takes some 30 bytes of silver. */
const tasksPerKind = 4;
const bytesOfOrder = 30;
/** The smaller of two runs has this part of the other's silver. The difference is what a MiB takes. */
const smallPart = 1 / 4;
/** As a deployment would be set for such a load. */
const deployment = {
  // The default with `fanOut` and 10,240 MiB of disk (infra/src/fan-out/slice.ts), from 80 tasks at once on.
  sliceMib: 2_560,
  // A run cuts tasks so.
  taskMib: 32,
  memoryMib: 10_240,
  // Assumed: what functions usually reach. It is no published limit.
  fetchMibPerSecond: 80,
  // Assumed too: a few state transitions and a start of a function that is warm.
  roundSeconds: 1,
} as const;
const concurrencies = [100, 1_000, 5_000] as const;

interface Scaled {
  readonly terabytes: number;
  readonly concurrency: number;
  readonly result: ScaleResult;
}

interface ScaleMeasurement {
  readonly rates: Rates;
  readonly fixedSeconds: number;
  readonly decidingRatio: number;
  readonly silverMib: number;
  readonly scaled: readonly Scaled[];
}

/** Measures and simulates. @param directory Holds the lake meanwhile. */
export async function measureScale(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<ScaleMeasurement> {
  const history = size.orders * (size.scales[1] ?? 1);
  const small = await timeTasks(size, join(directory, "scale-small"), history * smallPart, log);
  const large = await timeTasks(size, join(directory, "scale"), history, log);
  const rate = (kind: (typeof kinds)[number]): number => large.silverMib / large.seconds(kind);
  const perMib =
    (large.seconds("own") - small.seconds("own")) / (large.silverMib - small.silverMib);
  const fixedSeconds = Math.max(0, large.seconds("own") - perMib * large.silverMib);
  const rates = {
    read: rate("read"),
    write: rate("write"),
    build: rate("build"),
    own: 1 / perMib,
  };
  const { silverMib, decidingRatio } = large;
  const scaled = [1, 10].flatMap((terabytes) =>
    concurrencies.map((concurrency): Scaled => {
      const of: ScaleInput = {
        ...deployment,
        silver: terabytes * terabyte,
        rates,
        fixedSeconds,
        decidingRatio,
        concurrency,
      };
      return { terabytes, concurrency, result: simulate(of) };
    }),
  );
  return { rates, fixedSeconds, decidingRatio, silverMib, scaled };
}

/** Times the tasks of a first run. */
async function timeTasks(
  { days, ordersPerFile }: Size["gold"],
  lake: string,
  history: number,
  log: Log,
) {
  const files = { ordersPerFile, history, newOrders: 0, newFile: 0 } as const;
  const order: FilesOrder = { lake, days, ...files, spread: "recent" };
  await runOnce(makeFiles, JSON.stringify(order));
  log(`gold: tasks of each kind, ${number(history)} orders`);
  const input: RunOrder = {
    lake,
    scratch: join(lake, "scratch"),
    rebuild: false,
    unit: "day",
    isCounted: false,
    taskMib: (history * bytesOfOrder) / mebibyte / tasksPerKind,
  };
  const { facts } = await runOnce({ ...ours, module: "gold/rates" }, JSON.stringify(input));
  const silver = facts["silver"] ?? 0;
  return {
    silverMib: silver / mebibyte,
    decidingRatio: (facts["deciding"] ?? 0) / silver,
    seconds: (kind: keyof Rates): number => (facts[kind] ?? 0) / 1_000,
  };
}

/** Its section of the report. */
export function scaleSection(measured: ScaleMeasurement): Section {
  const { rates, fixedSeconds, decidingRatio, silverMib, scaled } = measured;
  const longest = Math.max(...scaled.map(({ result }) => result.longestSeconds));
  return {
    title: "A first load of terabytes (simulated)",
    text:
      `Tasks were timed on ${number(silverMib)} MiB of silver, with the model of 25 columns. From these times, Lambda's ramp of ` +
      `${number(limits.rampPerTenSeconds)} environments in ten seconds, ${number(limits.mapChildren)} executions of a Distributed Map, S3's rates ` +
      `of a prefix and list prices follows how long a load takes with fan-out. The run itself takes ${number(fixedSeconds)} s for a slice of any ` +
      `size, and fetches columns of ${number(decidingRatio * 100)} % of its silver to decide. Slices have ${number(deployment.sliceMib / 1_024)} GiB, ` +
      `tasks ${deployment.taskMib} MiB, functions ${number(deployment.memoryMib)} MiB. Nothing of this ran on AWS.`,
    grids: [
      {
        head: ["MiB of silver a second", "read", "write", "build", "the run itself"],
        rows: [
          [
            "one core",
            ...[rates.read, rates.write, rates.build, rates.own].map((rate) => number(rate)),
          ],
        ],
      },
      {
        head: ["silver", "tasks at once", "hours", "dollars", "tasks", "longest step, s"],
        rows: scaled.map(({ terabytes, concurrency, result }) => [
          `${terabytes} TB`,
          number(concurrency),
          number(result.seconds / 3_600),
          number(result.dollars),
          number(result.tasks),
          number(result.longestSeconds),
        ]),
      },
    ],
    targets: [
      {
        what: "longest task, or work of the run in a slice",
        value: longest,
        limit: limits.invocationSeconds,
        unit: "s",
      },
    ],
    remarks: [
      "The run itself decides which rows are current, one slice after another, and a slice has no more than 80 tasks of a kind. So more than " +
        "100 tasks at once do not help.",
    ],
  };
}
