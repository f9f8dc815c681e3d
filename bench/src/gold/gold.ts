/** Measures silver to gold: how the cost of a run grows with the history. */
import { join } from "node:path";
import { allocatorVariables, nodeOptions } from "@lakehouse/lake/node-options";
import { runOnce } from "../child/case.ts";
import type { Log } from "../log.ts";
import { type MeasuredCase, type Measurement, measure, summarize } from "../measure.ts";
import { number, type Section, type Target } from "../report.ts";
import type { Size } from "../sizes.ts";
import { customers, type FilesOrder, type RunOrder, type Spread } from "./layout.ts";

const makeFiles = { name: "silver files", module: "gold/make-files" };
/** As in the sample orders. */

/** Everything that was measured, for each scale of the history. */
export interface GoldResult {
  readonly size: Size["gold"];
  readonly scales: readonly ScaleResult[];
}

/** What was measured for one history. */
export interface ScaleResult {
  readonly scale: number;
  readonly first: Measurement;
  readonly incremental: Measurement;
  readonly scattered: Measurement;
  readonly rebuild: Measurement;
}

/** A lake to which files are added, and on which gold runs. */
class Lake {
  readonly directory: string;
  readonly label: string;
  readonly #size: Size["gold"];
  readonly #scale: number;
  #newFiles = 0;

  constructor(size: Size["gold"], scale: number, directory: string) {
    this.#size = size;
    this.#scale = scale;
    this.label = `${number(scale)}×`;
    this.directory = join(directory, `gold-lake-${scale}`);
  }

  /** Writes the history. */
  async make(): Promise<void> {
    await this.#write({ history: this.#size.orders * this.#scale, newOrders: 0, spread: "recent" });
  }

  /** Writes one file of new orders. */
  async add(spread: Spread): Promise<void> {
    await this.#write({ history: 0, newOrders: this.#size.newOrders, spread });
    this.#newFiles++;
  }

  run(name: string, rebuild = false): MeasuredCase {
    const order: RunOrder = {
      lake: this.directory,
      scratch: join(this.directory, "scratch"),
      rebuild,
      unit: "day",
      isCounted: false,
    };
    return {
      name,
      module: "gold/run",
      environment: { NODE_OPTIONS: nodeOptions, ...allocatorVariables },
      input: () => JSON.stringify(order),
    };
  }

  async #write(what: Pick<FilesOrder, "history" | "newOrders" | "spread">): Promise<void> {
    const { days, ordersPerFile } = this.#size;
    const order: FilesOrder = {
      ...what,
      lake: this.directory,
      days,
      ordersPerFile,
      newFile: this.#newFiles,
    };
    await runOnce(makeFiles, JSON.stringify(order));
  }
}

/** Measures. @param directory Holds the lakes meanwhile. */
export async function measureGold(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<GoldResult> {
  const lakes = size.scales.map((scale) => new Lake(size, scale, directory));
  const once = async (each: MeasuredCase): Promise<Measurement> => {
    log(`gold ${each.name}`);
    return summarize(each.name, [await runOnce(each, each.input(0))]);
  };
  const each = async (action: (lake: Lake) => Promise<Measurement>): Promise<Measurement[]> => {
    const done: Measurement[] = [];
    for (const lake of lakes) {
      done.push(await action(lake));
    }
    return done;
  };
  for (const lake of lakes) {
    log(`gold: writing the history ${lake.label}`);
    await lake.make();
  }
  const first = await each((lake) => once(lake.run(`${lake.label}, first run`)));
  const incremental = await measure(
    lakes.map((lake) => ({
      ...lake.run(`${lake.label}, recent orders`),
      prepare: () => lake.add("recent"),
    })),
    { runs: size.runs, rounds: size.runs },
    log,
  );
  const scattered = await each(async (lake) => {
    await lake.add("scattered");
    return await once(lake.run(`${lake.label}, scattered orders`));
  });
  const rebuild = await each((lake) => once(lake.run(`${lake.label}, full rebuild`, true)));
  const at = (of: readonly Measurement[], index: number) => of[index] as Measurement;
  const scales = size.scales.map((scale, index) => ({
    scale,
    first: at(first, index),
    incremental: at(incremental, index),
    scattered: at(scattered, index),
    rebuild: at(rebuild, index),
  }));
  return { size, scales };
}

/** Its section of the report. */
export function goldSection({ size, scales }: GoldResult): Section {
  const smallest = scales[0] as ScaleResult;
  const largest = scales.at(-1) as ScaleResult;
  const all = scales.flatMap((each) => [
    each.first,
    each.incremental,
    each.scattered,
    each.rebuild,
  ]);
  const label = `${number(largest.scale)}×`;
  const targets: Target[] = [
    {
      what: `recent orders: ${label} history to ${number(smallest.scale)}×`,
      value: largest.incremental.milliseconds / smallest.incremental.milliseconds,
      limit: 4,
      unit: "×",
    },
    {
      what: `recent orders to a full rebuild, ${label} history`,
      value: largest.incremental.milliseconds / largest.rebuild.milliseconds,
      limit: 0.1,
      unit: "×",
    },
    {
      what: "peak memory of all runs",
      value: Math.max(...all.map((each) => each.peakMib)),
      limit: 1024,
      unit: "MiB",
    },
  ];
  return {
    title: "Silver to gold",
    text:
      `Histories of ${scales.map(({ scale }) => number(scale * size.orders)).join(", ")} orders of ${customers} ` +
      `customers on the same ${size.days} days, with ${number(size.ordersPerFile)} orders per silver file. Orders are ` +
      "partitioned by day, with the models of `packages/tables/src/orders`. _Recent_: " +
      `${number(size.newOrders)} new orders of the last three days (median of ${size.runs} runs in turns after a ` +
      "warm-up, each with its own file). _Scattered_: the same number over all days. First run, scattered and rebuild " +
      "are one run each, in a new process. Times include the directory store's hashing and flushing. _Others_ is how " +
      "many cores other processes kept busy.",
    grids: [
      {
        head: ["history", ...kinds.map(({ head }) => `${head}, ms`)],
        rows: scales.map((each) => [
          `${number(each.scale)}×`,
          ...kinds.map(({ of }) => number(of(each).milliseconds)),
        ]),
      },
      {
        head: ["history", ...kinds.map(({ head }) => `${head}, peak MiB`)],
        rows: scales.map((each) => [
          `${number(each.scale)}×`,
          ...kinds.map(({ of }) => number(of(each).peakMib)),
        ]),
      },
      {
        head: ["recent orders: ms in", ...stages, "days rebuilt", "others"],
        rows: scales.map(({ scale, incremental }) => [
          `${number(scale)}×`,
          ...[...stages, "partitions"].map((name) => number(meanFact(incremental, name))),
          number(incremental.othersCores),
        ]),
      },
    ],
    targets,
    remarks: [],
  };
}

const stages = ["plan", "merge", "build", "check", "commit", "publish"] as const;
const kinds: readonly { head: string; of: (result: ScaleResult) => Measurement }[] = [
  { head: "first run", of: (result) => result.first },
  { head: "recent", of: (result) => result.incremental },
  { head: "scattered", of: (result) => result.scattered },
  { head: "rebuild", of: (result) => result.rebuild },
];

function meanFact({ samples }: Measurement, name: string): number {
  return samples.reduce((sum, { facts }) => sum + (facts[name] ?? 0), 0) / samples.length;
}
