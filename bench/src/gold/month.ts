/** Measures gold runs on a partition with very many rows, beside DuckDB alone. */
import { join } from "node:path";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section, type Target } from "../report.ts";
import type { Size } from "../sizes.ts";
import type { FilesOrder, MonthCase, PeerOrder, RunOrder, Spread } from "./layout.ts";
import { makeFiles, newestFile, ours, peer } from "./peers.ts";

/** All orders are of January. */
const days = 31;
const unit = "month";

/** A run of both. */
interface MonthRun {
  readonly of: MonthCase;
  readonly kind: "first" | "rebuild" | "late" | "new";
  readonly ours: Sample;
  /** Undefined for a rebuild: the peer has none. */
  readonly peer: Sample | undefined;
}

/** Measures. @param directory Holds the lakes meanwhile. */
export async function measureMonth(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<readonly MonthRun[]> {
  const runs: MonthRun[] = [];
  for (const [index, each] of size.months.entries()) {
    log(`gold: ${label(each)}`);
    runs.push(...(await runCase(each, join(directory, `month-${index}`))));
  }
  return runs;
}

async function runCase(each: MonthCase, lake: string): Promise<MonthRun[]> {
  const { orders, ordersPerFile, late } = each;
  const order: FilesOrder = {
    lake,
    days,
    ordersPerFile,
    history: orders,
    newOrders: 0,
    newFile: 0,
    spread: "recent",
  };
  const run = async (rebuild: boolean) => {
    const input: RunOrder = {
      lake,
      scratch: join(lake, "scratch"),
      rebuild,
      unit,
      isCounted: false,
    };
    return await runOnce(ours, JSON.stringify(input));
  };
  const both = async (kind: MonthRun["kind"], files: readonly string[]): Promise<MonthRun> => {
    const input: PeerOrder = { lake, target: join(lake, "peer"), unit, files };
    const alone = await runOnce(peer, JSON.stringify(input));
    return { of: each, kind, peer: alone, ours: await run(false) };
  };
  const add = async (kind: "late" | "new", newFile: number, spread: Spread) => {
    await runOnce(makeFiles, JSON.stringify({ ...order, newOrders: late, newFile, spread }));
    return await both(kind, [join(lake, `silver/orders/**/*${newestFile(newFile, late)}*.csv`)]);
  };
  await runOnce(makeFiles, JSON.stringify(order));
  const first = await both("first", []);
  const more = [await add("late", 0, "late"), await add("new", 1, "scattered")];
  return [first, ...more, { of: each, kind: "rebuild", peer: undefined, ours: await run(true) }];
}

function label({ orders, ordersPerFile }: MonthCase): string {
  return `${number(orders)}, ${number(ordersPerFile)} a file`;
}

/** The processor time of reading and merging, without models, in milliseconds. */
function mergeOf({ ours: { facts } }: MonthRun): number {
  return facts["merge, cpu"] ?? 0;
}

/** Its section of the report. */
export function monthSection(runs: readonly MonthRun[]): Section {
  const ratio = (run: MonthRun) => run.peer && run.ours.cpuMilliseconds / run.peer.cpuMilliseconds;
  const find = (at: number, kind: MonthRun["kind"]) =>
    runs.filter((run) => run.kind === kind).at(at) as MonthRun;
  const [first, late] = [find(0, "first"), find(0, "late")];
  const name = number(first.of.orders);
  const targets: Target[] = [
    {
      what: `late, ${name} orders: processor time to DuckDB alone`,
      value: ratio(late) ?? 0,
      limit: 0.7,
      unit: "×",
    },
    {
      what: `new: processor time of the merge into ${name} orders to that into ${number(find(-1, "new").of.orders)}`,
      value: mergeOf(find(0, "new")) / mergeOf(find(-1, "new")),
      limit: 1.2,
      unit: "×",
    },
    {
      what: `first, ${name} orders: peak memory`,
      value: first.ours.peakMib,
      limit: 600,
      unit: "MiB",
    },
    {
      what: `late, ${name} orders: peak memory`,
      value: late.ours.peakMib,
      limit: 450,
      unit: "MiB",
    },
  ];
  return {
    title: "Silver to gold with a large month",
    text:
      "Orders of one month, which is one partition. _First_ reads all of them. _Late_ are orders that exist, all over the " +
      "month, _new_ are as many with new numbers, and _rebuild_ reads all silver again. The peer is the script of DuckDB " +
      "above. One run each, in a new process, in seconds of processor time.",
    grids: [
      {
        head: [
          "orders",
          "run",
          "ours, s",
          "its merge, s",
          "DuckDB, s",
          "ratio",
          "peak MiB",
          "DuckDB, peak MiB",
        ],
        rows: runs.map((run) => [
          label(run.of),
          run.kind,
          number(run.ours.cpuMilliseconds / 1000),
          number(mergeOf(run) / 1000),
          run.peer === undefined ? "–" : number(run.peer.cpuMilliseconds / 1000),
          run.peer === undefined ? "–" : number(ratio(run) ?? 0),
          number(run.ours.peakMib),
          run.peer === undefined ? "–" : number(run.peer.peakMib),
        ]),
      },
    ],
    targets,
    remarks: [],
  };
}
