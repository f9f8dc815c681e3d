/** Measures gold runs on very many silver objects: simulated ones that are only listed, and small files that are read. */
import { join } from "node:path";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import {
  type CallKind,
  callKinds,
  type FilesOrder,
  type ManyObjectsOrder,
  type PartitionUnit,
  type PeerOrder,
  type RunOrder,
} from "./layout.ts";
import { makeFiles, ours, peer, secondsPerCall } from "./peers.ts";

const simulated = { ...ours, name: "gold, simulated silver", module: "gold/many-objects" };
const units: readonly PartitionUnit[] = ["month", "day"];
const today = "2026-11-27";

/** Runs without new silver. */
export interface EmptyRuns {
  readonly objects: number;
  /** The first run of a day, which lists all of silver. */
  readonly nightly: Sample;
  /** Another one. */
  readonly empty: Sample;
}

/** All results. */
export interface ManyObjectsResult {
  readonly size: Size["gold"];
  readonly runs: readonly EmptyRuns[];
  readonly small: Readonly<Record<PartitionUnit, { readonly ours: Sample; readonly peer: Sample }>>;
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
    const run = async (inDays: number) =>
      await runOnce(simulated, JSON.stringify({ ...order, inDays } satisfies ManyObjectsOrder));
    await run(0);
    const empty = await run(0);
    runs.push({ objects, empty, nightly: await run(1) });
  }
  const lake = join(directory, "small-files");
  const history = size.smallFiles * ordersPerFile;
  log(`gold: ${number(size.smallFiles)} silver files of ${ordersPerFile} rows`);
  const files: FilesOrder = {
    lake,
    days: size.days,
    ordersPerFile,
    history,
    newOrders: 0,
    newFile: 0,
    spread: "recent",
  };
  await runOnce(makeFiles, JSON.stringify(files));
  const both = async (unit: PartitionUnit) => {
    const gold = join(lake, `gold-${unit}`);
    const run: RunOrder = {
      lake,
      gold,
      scratch: join(lake, "scratch"),
      rebuild: false,
      unit,
      isCounted: false,
    };
    const peerOrder: PeerOrder = { lake, target: join(lake, `peer-${unit}`), unit, files: [] };
    return {
      peer: await runOnce(peer, JSON.stringify(peerOrder)),
      ours: await runOnce(ours, JSON.stringify(run)),
    };
  };
  return { size, runs, small: { month: await both("month"), day: await both("day") } };
}

const ordersPerFile = 10;

/** Its section of the report. */
export function manyObjectsSection({ size, runs, small }: ManyObjectsResult): Section {
  const calls = ({ facts }: Sample, kind: CallKind) => facts[kind] ?? 0;
  const rowOf = (what: string, objects: number, sample: Sample) => [
    `${what}, ${number(objects)} objects`,
    ...callKinds.map((kind) => number(calls(sample, kind))),
    number(callKinds.reduce((sum, kind) => sum + calls(sample, kind), 0) * secondsPerCall),
    number(sample.milliseconds / 1000),
    number(sample.cpuMilliseconds / 1000),
    number(sample.peakMib),
  ];
  const ratioOf = (unit: PartitionUnit) =>
    small[unit].ours.cpuMilliseconds / small[unit].peer.cpuMilliseconds;
  return {
    title: "Very many silver objects",
    text:
      `Silver of one table on ${size.days} days. In the first table it is simulated, so that listing takes no time: ` +
      "_s at 30 ms_ says what calls to S3 take, one after another. _Empty_ has no new silver, as most runs have. " +
      `_First of a day_ has none either, but lists all. Then ${number(size.smallFiles)} files of ${ordersPerFile} orders, a first ` +
      "run on a directory beside DuckDB alone, which reads them with one statement. One run each, in a new process.",
    grids: [
      {
        head: ["run", ...callKinds, "s at 30 ms", "s", "cpu s", "peak MiB"],
        rows: runs.flatMap(({ objects, empty, nightly }) => [
          rowOf("empty", objects, empty),
          rowOf("first of a day", objects, nightly),
        ]),
      },
      {
        head: ["small files", "s", "DuckDB, s", "cpu s", "DuckDB, cpu s", "ratio", "peak MiB"],
        rows: units.map((unit) => [
          `by ${unit}`,
          number(small[unit].ours.milliseconds / 1000),
          number(small[unit].peer.milliseconds / 1000),
          number(small[unit].ours.cpuMilliseconds / 1000),
          number(small[unit].peer.cpuMilliseconds / 1000),
          number(ratioOf(unit)),
          number(small[unit].ours.peakMib),
        ]),
      },
    ],
    targets: [
      ...runs.flatMap(({ objects, empty }) => {
        const what = `empty, ${number(objects)} objects`;
        return [
          { what: `${what}: time`, value: empty.milliseconds / 1000, limit: 5, unit: "s" },
          { what: `${what}: LIST calls`, value: calls(empty, "LIST"), limit: 10, unit: "" },
          { what: `${what}: peak memory`, value: empty.peakMib, limit: 512, unit: "MiB" },
        ] as const;
      }),
      ...units.flatMap(
        (unit) =>
          [
            {
              what: `small files by ${unit}: processor time to DuckDB alone`,
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
