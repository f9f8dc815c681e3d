/** Measures tasks on this machine, and simulates loads of 1 TB and 10 TB with them. */
import { join } from "node:path";
import { runOnce } from "../child/case.ts";
import type { FilesOrder, RunOrder } from "../gold/layout.ts";
import { makeFiles, ours } from "../gold/peers.ts";
import type { Log } from "../log.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import { limits } from "./published.ts";
import { type Rates, type ScaleInput, type ScaleResult, simulate } from "./simulate.ts";

const mebibyte = 1_024 * 1_024;
const terabyte = 1e12 / mebibyte;
/** The measured run has about this many tasks of each kind. An order takes some 30 bytes of silver. */
const tasksPerKind = 4;
const bytesOfOrder = 30;
/** As a deployment would be set for such a load: a slice's rows fit on the disk of a function. */
const deployment = {
  sliceMib: 16_384,
  // A run cuts tasks so.
  taskMib: 32,
  memoryMib: 10_240,
  // Assumed: what functions usually reach. It is no published limit.
  fetchMibPerSecond: 80,
} as const;
const concurrencies = [100, 1_000, 5_000] as const;

interface Scaled {
  readonly terabytes: number;
  readonly concurrency: number;
  readonly result: ScaleResult;
}

interface ScaleMeasurement {
  readonly rates: Rates;
  readonly silverMib: number;
  readonly scaled: readonly Scaled[];
}

/** Measures and simulates. @param directory Holds the lake meanwhile. */
export async function measureScale(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<ScaleMeasurement> {
  const lake = join(directory, "scale");
  const { days, ordersPerFile } = size;
  const history = size.orders * (size.scales[1] ?? 1);
  const files = { ordersPerFile, history, newOrders: 0, newFile: 0 } as const;
  const order: FilesOrder = { lake, days, ...files, spread: "recent" };
  await runOnce(makeFiles, JSON.stringify(order));
  log("gold: tasks of each kind");
  const input: RunOrder = {
    lake,
    scratch: join(lake, "scratch"),
    rebuild: false,
    unit: "day",
    isCounted: false,
    taskMib: (history * bytesOfOrder) / mebibyte / tasksPerKind,
  };
  const { facts } = await runOnce({ ...ours, module: "gold/rates" }, JSON.stringify(input));
  const silverMib = (facts["silver"] ?? 0) / mebibyte;
  const rate = (kind: keyof Rates): number => silverMib / ((facts[kind] ?? 0) / 1_000);
  const rates = {
    read: rate("read"),
    write: rate("write"),
    build: rate("build"),
    own: rate("own"),
  };
  const decidingRatio = (facts["deciding"] ?? 0) / (facts["silver"] ?? 1);
  const scaled = [1, 10].flatMap((terabytes) =>
    concurrencies.map((concurrency): Scaled => {
      const of: ScaleInput = {
        ...deployment,
        silver: terabytes * terabyte,
        rates,
        decidingRatio,
        concurrency,
      };
      return { terabytes, concurrency, result: simulate(of) };
    }),
  );
  return { rates, silverMib, scaled };
}

/** Its section of the report. */
export function scaleSection({ rates, silverMib, scaled }: ScaleMeasurement): Section {
  const perSecond = (value: number): string => number(value);
  const longest = Math.max(...scaled.map(({ result }) => result.longestSeconds));
  return {
    title: "A first load of terabytes (simulated)",
    text:
      `Tasks were timed on ${number(silverMib)} MiB of silver, with the model of 25 columns. From these times, Lambda's ramp of ` +
      `${number(limits.rampPerTenSeconds)} environments in ten seconds, ${number(limits.mapChildren)} executions of a Distributed Map, S3's rates ` +
      `of a prefix and list prices follows how long a load takes with fan-out. Slices have ${number(deployment.sliceMib / 1_024)} GiB, tasks ` +
      `${deployment.taskMib} MiB, functions ${number(deployment.memoryMib)} MiB. Nothing of this ran on AWS.`,
    grids: [
      {
        head: ["MiB of silver a second", "read", "write", "build", "the run itself"],
        rows: [
          [
            "one core",
            perSecond(rates.read),
            perSecond(rates.write),
            perSecond(rates.build),
            perSecond(rates.own),
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
      "The run itself decides which rows are current, one slice after another. So beyond some number of tasks at once, more of them hardly " +
        "help: memory of the run and larger slices do.",
    ],
  };
}
