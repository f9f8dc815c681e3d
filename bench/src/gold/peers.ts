/** Measures gold runs beside DuckDB and Polars alone, and counts the calls that they make to S3. */
import { join } from "node:path";
import { allocatorVariables, nodeOptions } from "@lakehouse/lake/node-options";
import { Case, runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section, type Target } from "../report.ts";
import type { Size } from "../sizes.ts";
import {
  type CallKind,
  callKinds,
  type FilesOrder,
  type PeerCase,
  type PeerOrder,
  putKinds,
  type RunOrder,
  type Spread,
} from "./layout.ts";

export const ours = {
  name: "gold",
  module: "gold/run",
  environment: { NODE_OPTIONS: nodeOptions, ...allocatorVariables },
};
export const peer = { name: "DuckDB alone", module: "gold/duckdb" };
const scripts = { duckdb: peer, polars: { name: "Polars alone", module: "gold/polars" } } as const;
export const makeFiles = { name: "silver files", module: "gold/make-files" };

/** Dollars for a thousand calls, in most regions. DELETE is free. */
const prices: Readonly<Record<CallKind, number>> = {
  LIST: 0.005,
  HEAD: 0.0004,
  GET: 0.0004,
  PUT: 0.005,
  DELETE: 0,
};
/** The runs of a month, one each quarter of an hour. */
const runsPerMonth = (30 * 24 * 60) / 15;
export const secondsPerCall = 0.03;

/** The kinds of runs. */
export const kinds = ["first", "recent", "scattered"] as const;
/** A kind of run. */
export type Kind = (typeof kinds)[number];

/** One kind of run, ours and each script's. */
export interface PeerRuns {
  readonly ours: Sample;
  readonly duckdb: Sample;
  readonly polars: Sample;
}

/** What was measured of one. */
export interface PeerResult extends PeerCase {
  readonly runs: Readonly<Record<Kind, PeerRuns>>;
}

/** All results. */
export interface PeersResult {
  readonly size: Size["gold"];
  readonly cases: readonly PeerResult[];
  /** The calls of each kind of run on the first history, in a bucket. */
  readonly calls: Readonly<Record<Kind, Calls>>;
  /** The same history with partitions of a month. */
  readonly monthly: Readonly<Record<Kind, Calls>>;
}

/** The calls of a run. */
export interface Calls extends Readonly<Record<CallKind, number>> {
  /** PUT calls by what they write. */
  readonly puts: ReadonlyMap<string, number>;
}

/** Measures. @param directory Holds the lakes meanwhile. */
export async function measurePeers(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<PeersResult> {
  const cases: PeerResult[] = [];
  for (const [index, each] of size.peers.entries()) {
    const lake = join(directory, `peers-${index}`);
    const script = (name: string) => ({ lake, target: join(lake, name), unit: each.unit });
    log(`gold beside peers: ${number(each.orders)} orders by ${each.unit}`);
    const runs = await runKinds(size, each, lake, async (files) => ({
      duckdb: await runPeer("duckdb", { ...script("duckdb"), files }),
      polars: await runPeer("polars", { ...script("polars"), files }),
      ours: await runOurs(lake, each, false),
    }));
    cases.push({ ...each, runs });
  }
  const [first = { orders: 0, unit: "day" }]: readonly PeerCase[] = size.peers;
  log("gold: counting calls");
  const calls = await countCalls(size, first, join(directory, "peers-calls"));
  const month: PeerCase = { ...first, unit: "month" };
  const monthly = await countCalls(size, month, join(directory, "peers-monthly"));
  return { size, cases, calls, monthly };
}

async function countCalls(
  size: Size["gold"],
  history: PeerCase,
  lake: string,
): Promise<Record<Kind, Calls>> {
  return await runKinds(size, history, lake, async () => {
    const { facts } = await runOurs(lake, history, true);
    const count = (kind: CallKind) => facts[kind] ?? 0;
    return {
      LIST: count("LIST"),
      HEAD: count("HEAD"),
      GET: count("GET"),
      PUT: count("PUT"),
      DELETE: count("DELETE"),
      puts: new Map(putKinds.map(([kind]) => [kind, facts[`PUT ${kind}`] ?? 0])),
    };
  });
}

async function runOurs(lake: string, { unit }: PeerCase, isCounted: boolean): Promise<Sample> {
  const run: RunOrder = { lake, scratch: join(lake, "scratch"), rebuild: false, unit, isCounted };
  return await runOnce(ours, JSON.stringify(run));
}

/** Runs a script. */
export async function runPeer(name: keyof typeof scripts, order: PeerOrder): Promise<Sample> {
  return await runOnce(scripts[name], JSON.stringify(order));
}

/** The script that takes less processor time. */
export function fasterOf({ duckdb, polars }: PeerRuns): Sample {
  return duckdb.cpuMilliseconds < polars.cpuMilliseconds ? duckdb : polars;
}

/** Makes the files of each kind of run, and measures it. @param measure Receives the new files; none stands for all. */
export async function runKinds<T>(
  { days, ordersPerFile, newOrders }: Size["gold"],
  { orders }: PeerCase,
  lake: string,
  measure: (files: readonly string[]) => Promise<T>,
): Promise<Record<Kind, T>> {
  const order: FilesOrder = {
    lake,
    days,
    ordersPerFile,
    history: orders,
    newOrders: 0,
    newFile: 0,
    spread: "recent",
  };
  const maker = new Case(makeFiles);
  try {
    const add = async (newFile: number, spread: Spread) => {
      const added: FilesOrder = { ...order, newOrders, newFile, spread };
      await maker.run(JSON.stringify(added));
      const file = newestFile(newFile, newOrders);
      return await measure([join(lake, `silver/orders/**/*${file}*.csv`)]);
    };
    await maker.run(JSON.stringify(order));
    return {
      first: await measure([]),
      recent: await add(0, "recent"),
      scattered: await add(1, "scattered"),
    };
  } finally {
    await maker.end();
  }
}

/** Orders of each small file. */
export const ordersPerSmallFile = 10;

/** Makes many small files. */
export async function smallFilesOf(
  { smallFiles, days }: Size["gold"],
  lake: string,
): Promise<{ readonly history: PeerCase; readonly label: string }> {
  const history = smallFiles * ordersPerSmallFile;
  const files: FilesOrder = {
    lake,
    days,
    ordersPerFile: ordersPerSmallFile,
    history,
    newOrders: 0,
    newFile: 0,
    spread: "recent",
  };
  await runOnce(makeFiles, JSON.stringify(files));
  const label = `${number(smallFiles)} files of ${ordersPerSmallFile} rows, by day`;
  return { history: { orders: history, unit: "day" }, label };
}

/** The end of the name of a file of new orders. */
export function newestFile(newFile: number, newOrders: number): string {
  return String(1_000_000_000 + newFile * newOrders).padStart(12, "0");
}

/** The most that a run's processor time may be to the faster script's. */
export const limits: Readonly<Record<Kind, number>> = { first: 1.5, recent: 1.2, scattered: 1.5 };

/** Its section of the report. */
export function peersSection({ size, cases, calls, monthly }: PeersResult): Section {
  const label = ({ orders, unit }: PeerCase) => `${number(orders)} by ${unit}`;
  const ratio = ({ runs }: PeerResult, kind: Kind) =>
    runs[kind].ours.cpuMilliseconds / fasterOf(runs[kind]).cpuMilliseconds;
  const targets = cases.flatMap((each) =>
    kinds.map(
      (kind): Target => ({
        what: `${kind}, ${label(each)}: processor time to the faster script`,
        value: ratio(each, kind),
        limit: limits[kind],
        unit: "×",
      }),
    ),
  );
  const monthlyDollars = (count: number, call: CallKind) =>
    ((count * prices[call]) / 1000) * runsPerMonth;
  const dollars = (of: Calls) =>
    callKinds.reduce((sum, call) => sum + monthlyDollars(of[call], call), 0);
  const total = (of: Calls) => callKinds.reduce((sum, call) => sum + of[call], 0);
  return {
    title: "Silver to gold beside DuckDB and Polars alone",
    text:
      `Orders on ${size.days} days, ${number(size.ordersPerFile)} per silver file. _First_ reads all of them, _recent_ ` +
      `${number(size.newOrders)} new ones of the last three days, _scattered_ as many over all days. The peers are ` +
      "a script of DuckDB and one of Polars (nodejs-polars) that make the same current rows and models. They check " +
      "nothing, keep no versions and are not safe against kills. The ratio is to the faster one. One run each, in a new process, in seconds of processor time (user and system), because that " +
      "hardly depends on what else the machine does. Ours includes the directory store's hashing and flushing.",
    grids: [
      {
        head: [
          "orders",
          ...kinds.flatMap((kind) => [`${kind}, s`, "DuckDB, s", "Polars, s", "ratio"]),
          "first, peak MiB",
        ],
        rows: cases.map((each) => [
          label(each),
          ...kinds.flatMap((kind) => [
            number(each.runs[kind].ours.cpuMilliseconds / 1000),
            number(each.runs[kind].duckdb.cpuMilliseconds / 1000),
            number(each.runs[kind].polars.cpuMilliseconds / 1000),
            number(ratio(each, kind)),
          ]),
          number(each.runs.first.ours.peakMib),
        ]),
      },
      {
        head: ["calls in S3", ...callKinds, "s at 30 ms", "$ a month"],
        rows: [calls, monthly].flatMap((of) =>
          kinds.map((kind) => [
            of === monthly ? `${kind}, by month` : kind,
            ...callKinds.map((call) => number(of[kind][call])),
            number(total(of[kind]) * secondsPerCall),
            number(dollars(of[kind])),
          ]),
        ),
      },
      {
        head: ["PUT calls of a scattered run", "by day", "$ a month", "by month", "$ a month"],
        rows: putKinds.map(([kind]) => [
          kind,
          ...[calls, monthly].flatMap(({ scattered }) => {
            const count = scattered.puts.get(kind) ?? 0;
            return [number(count), number(monthlyDollars(count, "PUT"))];
          }),
        ]),
      },
    ],
    targets: [
      ...targets,
      {
        what: "scattered: calls in S3, a month",
        value: dollars(calls.scattered),
        limit: 5,
        unit: "$",
      },
      {
        what: "scattered, by month: calls in S3, a month",
        value: dollars(monthly.scattered),
        limit: 5,
        unit: "$",
      },
    ],
    remarks: [
      `Calls are those of the first history in both stores. A large upload is one call here, and calls come one after another. The dollars are for ` +
        "such a run each quarter of an hour.",
    ],
  };
}
