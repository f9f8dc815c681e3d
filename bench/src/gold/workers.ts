/** Measures what worker processes gain, and how long tasks take. */
import { join } from "node:path";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import type { FilesOrder, RunOrder } from "./layout.ts";
import { makeFiles, ours } from "./peers.ts";

/** Undefined: the run has no tasks. */
const workerCounts = [undefined, 1, 2, 4] as const;
/** A small part, so that every worker gets some. */
const taskMib = 8;

interface WorkersRun {
  readonly workers: number | undefined;
  readonly first: Sample;
  readonly rebuild: Sample;
}

interface WorkersResult {
  readonly orders: number;
  readonly days: number;
  readonly runs: readonly WorkersRun[];
}

/** Measures. @param directory Holds the lakes meanwhile. */
export async function measureWorkers(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<WorkersResult> {
  const { days, ordersPerFile } = size;
  const orders = size.orders * (size.scales[1] ?? 1);
  const lake = join(directory, "workers");
  const files = { ordersPerFile, history: orders, newOrders: 0, newFile: 0 } as const;
  const order: FilesOrder = { lake, days, ...files, spread: "recent" };
  await runOnce(makeFiles, JSON.stringify(order));
  const runs: WorkersRun[] = [];
  for (const workers of workerCounts) {
    log(`gold: ${workers ?? "no"} workers`);
    const run = async (wide: number): Promise<Sample> => {
      const input: RunOrder = {
        lake,
        gold: join(lake, `gold-${workers}`),
        scratch: join(lake, `scratch-${workers}`),
        rebuild: false,
        unit: "day",
        isCounted: false,
        taskMib,
        wide,
        ...(workers !== undefined && { workers }),
      };
      return await runOnce(ours, JSON.stringify(input));
    };
    runs.push({ workers, first: await run(1), rebuild: await run(2) });
  }
  return { orders, days, runs };
}

/** Its section of the report. */
export function workersSection({ orders, days, runs }: WorkersResult): Section {
  const seconds = ({ milliseconds }: Sample): string => number(milliseconds / 1000);
  const [alone] = runs;
  const ratio = (run: WorkersRun, kind: "first" | "rebuild"): string =>
    number(run[kind].milliseconds / (alone?.[kind].milliseconds ?? Number.NaN));
  return {
    title: "Gold with worker processes",
    text:
      `${number(orders)} orders on ${number(days)} days, each a partition, and a model of 25 columns beside the usual ones. _First_ reads all ` +
      "silver. _Rebuild_ builds the wide model again. Seconds of one run each, in a new process; ratios are to the run without workers.",
    grids: [
      {
        head: ["workers", "first, s", "ratio", "rebuild, s", "ratio", "peak MiB of the run"],
        rows: runs.map((run) => [
          run.workers === undefined ? "none" : number(run.workers),
          seconds(run.first),
          ratio(run, "first"),
          seconds(run.rebuild),
          ratio(run, "rebuild"),
          number(Math.max(run.first.peakMib, run.rebuild.peakMib)),
        ]),
      },
    ],
    targets: [],
    remarks: [],
  };
}
