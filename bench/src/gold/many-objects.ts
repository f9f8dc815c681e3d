/** Measures gold runs on very many silver objects: simulated ones that are only listed, and small files that are read. */
import { join } from "node:path";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import {
  type CallKind,
  callKinds,
  type ManifestOrder,
  type ManyObjectsOrder,
  type PartitionUnit,
  type RunOrder,
} from "./layout.ts";
import {
  fasterOf,
  ordersPerSmallFile,
  ours,
  type PeerRuns,
  runPeer,
  secondsPerCall,
  smallFilesOf,
} from "./peers.ts";

const makeManifest = {
  ...ours,
  name: "manifest of simulated silver",
  module: "gold/make-manifest",
};
const simulated = { ...ours, name: "gold, simulated silver", module: "gold/many-objects" };
const units: readonly PartitionUnit[] = ["month", "day"];
const today = "2026-11-27";

/** The newest objects of a run that has some. */
export const newObjects = 5;
/** Reading a million objects of one row is not what is measured, so the first run reads only a part of more. */
export const mostReadObjects = 1_000;

/** Runs with few new objects, or none. */
export interface EmptyRuns {
  readonly objects: number;
  /** A run with a few new objects. */
  readonly few: Sample;
  /** A run that finds an object of the first day with other content. */
  readonly replaced: Sample;
  /** The first run of a day, which lists all of silver. */
  readonly nightly: Sample;
  /** Another one. */
  readonly empty: Sample;
}

/** All results. */
export interface ManyObjectsResult {
  readonly size: Size["gold"];
  readonly runs: readonly EmptyRuns[];
  readonly small: Readonly<Record<PartitionUnit, PeerRuns>>;
  readonly packs: PackRuns;
}

/** Rebuilds of the small files. */
interface PackRuns {
  readonly without: Sample;
  /** The run that makes packs, and has nothing else to do. */
  readonly making: Sample;
  readonly with: Sample;
}

/** Measures. @param directory Holds the lakes meanwhile. */
export async function measureManyObjects(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<ManyObjectsResult> {
  const runs: EmptyRuns[] = [];
  for (const objects of size.manyObjects) {
    log(`gold on ${number(objects)} simulated objects`);
    const lake = join(directory, `many-${objects}`);
    const order = { lake, scratch: join(lake, "scratch"), objects, days: size.days, today };
    const make = { ...order, readObjects: Math.min(objects, mostReadObjects) };
    await runOnce(makeManifest, JSON.stringify(make satisfies ManifestOrder));
    const none = { inDays: 0, newObjects: 0, replaced: 0 };
    const run = async (changes: Partial<typeof none>) =>
      await runOnce(
        simulated,
        JSON.stringify({ ...order, ...none, ...changes } satisfies ManyObjectsOrder),
      );
    // The first one notes what it has looked up.
    await run({});
    const empty = await run({});
    const few = await run({ newObjects });
    const replaced = await run({ newObjects, replaced: 1 });
    const nightly = await run({ newObjects, replaced: 1, inDays: 1 });
    runs.push({ objects, empty, few, replaced, nightly });
  }
  const lake = join(directory, "small-files");
  log(`gold: ${number(size.smallFiles)} silver files of ${ordersPerSmallFile} rows`);
  await smallFilesOf(size, lake);
  const orderOf = (unit: PartitionUnit): RunOrder => ({
    lake,
    gold: join(lake, `gold-${unit}`),
    scratch: join(lake, "scratch"),
    rebuild: false,
    unit,
    isCounted: false,
  });
  const all = async (unit: PartitionUnit): Promise<PeerRuns> => {
    const target = (name: string) => join(lake, `${name}-${unit}`);
    return {
      duckdb: await runPeer("duckdb", { lake, target: target("duckdb"), unit, files: [] }),
      polars: await runPeer("polars", { lake, target: target("polars"), unit, files: [] }),
      ours: await runOnce(ours, JSON.stringify(orderOf(unit))),
    };
  };
  const small = { month: await all("month"), day: await all("day") };
  const counted = async (changes: Partial<RunOrder>) =>
    await runOnce(ours, JSON.stringify({ ...orderOf("month"), isCounted: true, ...changes }));
  log(`gold: packs of ${number(size.smallFiles)} silver files`);
  // The first one turns the lake into one with addresses.
  await counted({});
  const without = await counted({ rebuild: true });
  const making = await counted({ packAfterDays: 7 });
  return { size, runs, small, packs: { without, making, with: await counted({ rebuild: true }) } };
}

/** S3 lists this many objects a call. */
const keysPerCall = 1000;
const sides = ["ours", "duckdb", "polars"] as const;

/** Its section of the report. */
export function manyObjectsSection({ size, runs, small, packs }: ManyObjectsResult): Section {
  const calls = ({ facts }: Sample, kind: CallKind) => facts[kind] ?? 0;
  const rowOf = (what: string, objects: number, sample: Sample) => [
    `${what}, ${number(objects)} objects`,
    ...callKinds.map((kind) => number(calls(sample, kind))),
    number(callKinds.reduce((sum, kind) => sum + calls(sample, kind), 0) * secondsPerCall),
    number(sample.facts["kibRead"] ?? 0),
    number(sample.milliseconds / 1000),
    number(sample.cpuMilliseconds / 1000),
    number(sample.peakMib),
  ];
  const ratioOf = (unit: PartitionUnit) =>
    small[unit].ours.cpuMilliseconds / fasterOf(small[unit]).cpuMilliseconds;
  return {
    title: "Very many silver objects",
    text:
      `Silver of one table on ${size.days} days. In the first table it and its manifest are simulated, so that listing takes no time: ` +
      "_s at 30 ms_ says what calls to S3 take, one after another. _Empty_ has no new silver, as most runs have. " +
      "_1 replaced_ finds an object of the first day with other content, and reads all objects of its month, some three days. " +
      `_First of a day_ has none either, but lists all or, of more than 200,000, a part. Then ${number(size.smallFiles)} files of ${ordersPerSmallFile} orders, a first ` +
      "run on a directory beside the scripts of DuckDB and Polars, which read them with one statement. Last, rebuilds of these files without and with " +
      "packs, and the run that makes the packs. One run each, in a new process.",
    grids: [
      {
        head: ["run", ...callKinds, "s at 30 ms", "KiB read", "s", "cpu s", "peak MiB"],
        rows: runs.flatMap(({ objects, empty, few, replaced, nightly }) => [
          rowOf("empty", objects, empty),
          rowOf(`${newObjects} new`, objects, few),
          rowOf("1 replaced", objects, replaced),
          rowOf("first of a day", objects, nightly),
        ]),
      },
      {
        head: [
          "small files",
          ...["s", "DuckDB, s", "Polars, s"],
          ...["cpu s", "DuckDB, cpu s", "Polars, cpu s"],
          ...["ratio", "peak MiB"],
        ],
        rows: units.map((unit) => [
          `by ${unit}`,
          ...sides.map((side) => number(small[unit][side].milliseconds / 1000)),
          ...sides.map((side) => number(small[unit][side].cpuMilliseconds / 1000)),
          number(ratioOf(unit)),
          number(small[unit].ours.peakMib),
        ]),
      },
      {
        head: ["run", ...callKinds, "s at 30 ms", "KiB read", "s", "cpu s", "peak MiB"],
        rows: [
          rowOf("rebuild without packs", size.smallFiles, packs.without),
          rowOf(
            `making ${number(packs.making.facts["packs"] ?? 0)} packs`,
            size.smallFiles,
            packs.making,
          ),
          rowOf("rebuild with packs", size.smallFiles, packs.with),
        ],
      },
    ],
    targets: [
      {
        what: "rebuild with packs: GET calls to those without",
        value: calls(packs.with, "GET") / calls(packs.without, "GET"),
        limit: 0.05,
        unit: "×",
      },
      ...runs.flatMap(({ objects, empty, replaced }) => {
        const what = `empty, ${number(objects)} objects`;
        const callsPerDay = objects / size.days / keysPerCall;
        return [
          { what: `${what}: time`, value: empty.milliseconds / 1000, limit: 5, unit: "s" },
          {
            what: `${what}: LIST calls`,
            value: calls(empty, "LIST"),
            // And those for what arrived in the last days.
            limit: 10 + Math.floor(2 * callsPerDay),
            unit: "",
          },
          {
            what: `1 replaced, ${number(objects)} objects: LIST calls`,
            value: calls(replaced, "LIST"),
            // The same, and those for the object's day and month.
            limit: 10 + Math.floor((2 + 1 + 3) * callsPerDay),
            unit: "",
          },
          { what: `${what}: peak memory`, value: empty.peakMib, limit: 512, unit: "MiB" },
        ] as const;
      }),
      ...units.flatMap(
        (unit) =>
          [
            {
              what: `small files by ${unit}: processor time to the faster script`,
              value: ratioOf(unit),
              limit: 1.5,
              unit: "×",
            },
            {
              what: `small files by ${unit}: time`,
              value: small[unit].ours.milliseconds / 1000,
              limit: 5,
              unit: "s",
            },
          ] as const,
      ),
    ],
    remarks: [],
  };
}
