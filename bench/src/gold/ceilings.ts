/** Finds how much one Lambda function does in a quarter of an hour, by its memory. */
import { join } from "node:path";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section } from "../report.ts";
import { lakehouseCase, makeObjects } from "../silver/silver.ts";
import type { Size } from "../sizes.ts";
import type { FilesOrder, RunOrder } from "./layout.ts";
import { makeFiles, ours } from "./peers.ts";

const unit = "month";
const days = 730;
/** AWS: a function gets a core for each of these MiB. */
const mibPerCore = 1_769;
/** Gold and silver keep this many cores busy. */
const busyCores = 2;
const invocationSeconds = 900;
/** Part of the time is for starting, listing and the last slice. */
const usedShare = 0.9;

/** Runs with the settings of one size. */
interface Ceiling {
  readonly memoryMib: number;
  /** A first run of gold. */
  readonly gold: Sample;
}

/** All results. */
export interface CeilingsResult {
  readonly size: Size;
  readonly sizes: readonly Ceiling[];
  /** Silver of an object. Its memory does not depend on the function's. */
  readonly silver: Sample;
}

/** Measures. @param directory Holds the lakes meanwhile. */
export async function measureCeilings(
  size: Size,
  directory: string,
  log: Log,
): Promise<CeilingsResult> {
  const { orders, memoryMib } = size.ceilings;
  const lake = join(directory, "ceilings");
  log(`ceilings: ${number(orders)} orders`);
  const files: FilesOrder = {
    lake,
    days,
    ordersPerFile: size.gold.ordersPerFile,
    history: orders,
    newOrders: 0,
    newFile: 0,
    spread: "recent",
  };
  await runOnce(makeFiles, JSON.stringify(files));
  const results: Ceiling[] = [];
  for (const each of memoryMib) {
    log(`ceilings: gold with ${number(each)} MiB`);
    const order: RunOrder = {
      lake,
      gold: join(lake, `gold-${each}`),
      scratch: join(lake, "scratch"),
      rebuild: false,
      unit,
      isCounted: false,
      memoryMib: each,
    };
    results.push({ memoryMib: each, gold: await runOnce(ours, JSON.stringify(order)) });
  }
  log("ceilings: silver");
  const silverLake = join(directory, "ceilings-silver");
  await makeObjects(silverLake, { ...size.silver, repeats: 1 });
  const { input, ...definition } = lakehouseCase(silverLake, "silver", "clean");
  return { size, sizes: results, silver: await runOnce(definition, input(0)) };
}

/** Its section of the report. */
export function ceilingsSection({ size, sizes, silver }: CeilingsResult): Section {
  const { orders } = size.ceilings;
  const cores = (memoryMib: number) => Math.min(busyCores, memoryMib / mibPerCore);
  const silverMib = size.silver.mebibytes / (silver.cpuMilliseconds / 1000);
  const rowsIn = (gold: Sample, memoryMib: number) =>
    (orders / (gold.cpuMilliseconds / 1000)) * invocationSeconds * usedShare * cores(memoryMib);
  return {
    title: "Ceilings of one Lambda",
    text:
      `A first run of gold on ${number(orders)} orders of ${days} days, by month, in silver files of ${number(size.gold.ordersPerFile)} rows, with the ` +
      "engine's limit and the slices that the handler takes with this memory. One run each, in a new process. _Rows in 15 minutes_ is " +
      `${usedShare * 100} % of ${invocationSeconds} s on the cores that AWS gives for the memory, at most ${busyCores}, by the processor time that was measured here. ` +
      "_Silver_ is the NDJSON that becomes CSV in a second, by the processor time of the first object of a process. A core of Lambda may be " +
      "slower than one of this machine.",
    grids: [
      {
        head: [
          "memory, MiB",
          "cores",
          "gold, cpu s",
          "gold, peak MiB",
          "of the memory",
          "rows in 15 minutes, millions",
          "silver, MiB/s",
        ],
        rows: sizes.map(({ memoryMib, gold }) => [
          number(memoryMib),
          number(cores(memoryMib)),
          number(gold.cpuMilliseconds / 1000),
          number(gold.peakMib),
          `${number((100 * gold.peakMib) / memoryMib)} %`,
          number(rowsIn(gold, memoryMib) / 1e6),
          number(silverMib * cores(memoryMib)),
        ]),
      },
    ],
    targets: sizes.map(({ memoryMib, gold }) => ({
      what: `gold with ${number(memoryMib)} MiB: peak memory`,
      value: gold.peakMib,
      limit: memoryMib,
      unit: "MiB",
    })),
    remarks: [],
  };
}
