/** Profiles gold: the processor time of each step, beside what the faster script takes and what a run can't do without. */
import { join } from "node:path";
import { Case, runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { type Grid, number, profileGrid, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import type { BoundOrder, PeerCase, RunOrder } from "./layout.ts";
import { type Kind, kinds, ours, runKinds, runPeer } from "./peers.ts";
import { stepsIn } from "./steps.ts";

const bound = { name: "bound", module: "gold/bound" };
const functions = 15;

/** One kind of run. */
interface Profiled {
  readonly ours: Sample;
  readonly polars: Sample;
  readonly bound: Sample;
  /** In a process that has run before, except for the first run. */
  readonly warm: Sample;
}

/** Profiles each kind of run on the smallest history beside peers. */
export async function profileGold(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<Section> {
  const [history = { orders: 0, unit: "day" }]: readonly PeerCase[] = size.peers;
  const lake = join(directory, "profile");
  const target = join(lake, "polars");
  const run: RunOrder = {
    lake,
    scratch: join(lake, "scratch"),
    rebuild: false,
    unit: history.unit,
    isCounted: false,
  };
  const warm = new Case(ours);
  const profiled = new Case(ours);
  try {
    let first: Sample | undefined;
    const runs = await runKinds(size, history, lake, async (files): Promise<Profiled> => {
      log("gold: the steps of a run");
      const since = Date.now();
      const polars = await runPeer("polars", { lake, target, unit: history.unit, files });
      const order: BoundOrder = { target, store: join(lake, "bound"), since };
      const onto = (gold: string): string =>
        JSON.stringify({ ...run, gold: join(lake, gold) } satisfies RunOrder);
      const done = {
        polars,
        bound: await runOnce(bound, JSON.stringify(order)),
        ours: await runOnce(ours, JSON.stringify({ ...run, isProfiled: true })),
        warm: await warm.run(onto("gold-warm")),
      };
      first ??= await profiled.run(onto("gold-profiled"), true);
      return done;
    });
    return section(size, history, runs, first?.profile ?? []);
  } finally {
    await Promise.all([warm.end(), profiled.end()]);
  }
}

function section(
  size: Size["gold"],
  history: PeerCase,
  runs: Readonly<Record<Kind, Profiled>>,
  profile: Sample["profile"],
): Section {
  return {
    title: "Profile of silver to gold",
    text:
      `${number(history.orders)} orders on ${size.days} days, as in _Silver to gold beside DuckDB and Polars alone_ of RESULTS.md. ` +
      "The first table divides the processor time of a run (all threads, in seconds) among its steps; those at the same time " +
      "share it. The second has what Polars' script takes, and what a run adds that can't be left out, measured on the " +
      "script's own files: gold is listed, what was written is digested, flushed and put into the store, and what is read of earlier runs is " +
      "digested. _Least_ is their sum. It has no statistics, no log of a table, no run record, no checks and no second engine. The third has the functions of a first run's main thread.",
    grids: [stepsGrid(runs), boundGrid(runs), profileGrid(profile, functions)],
    targets: [],
    remarks,
  };
}

const remarks = [
  "What each step is for: _listing_ finds lost, changed and foreign objects before anything is built on them, and links. _What models' SQL calls and " +
    "reads_ refuses a model that would give another result tomorrow. _Rest of merge_ is Polars, which reads silver, and checks " +
    "each text against its type. _Latest row of each key_ gives the same rows whatever the order of arrival, and finds keys that " +
    "moved. _Data files_ writes Parquet with exact statistics, a file for each day. _Rows of CSV models_ parses each file of the incremental model once, " +
    "for all that reads it. _Checks_ runs before anything is published. _Puts_ digests each file (SHA-256), flushes it with its note of " +
    "versions and renames both under a lock, so that a kill leaves no half. _Reads_ and the other _rests_ have the digests of what is read, " +
    "the names by content, the file list, the log of the open table, the run record, and V8, which compiles all of this.",
];

const column = (runs: Readonly<Record<Kind, Profiled>>, of: (run: Profiled) => number) =>
  kinds.map((kind) => number(of(runs[kind]) / 1000));

function stepsGrid(runs: Readonly<Record<Kind, Profiled>>): Grid {
  const names = new Set(kinds.flatMap((kind) => [...stepsIn(runs[kind].ours.facts).keys()]));
  const timeOf = (name: string) => (run: Profiled) => stepsIn(run.ours.facts).get(name) ?? 0;
  const all = (name: string) => kinds.reduce((sum, kind) => sum + timeOf(name)(runs[kind]), 0);
  return {
    head: ["step, s", ...kinds],
    rows: [
      ...[...names]
        .sort((a, b) => all(b) - all(a))
        .map((name) => [name, ...column(runs, timeOf(name))]),
      ["all", ...column(runs, (run) => run.ours.cpuMilliseconds)],
      [
        "all, in a process that has run before",
        "–",
        ...column(runs, (run) => run.warm.cpuMilliseconds).slice(1),
      ],
    ],
  };
}

function boundGrid(runs: Readonly<Record<Kind, Profiled>>): Grid {
  const fact = (name: string) => (run: Profiled) => run.bound.facts[name] ?? 0;
  const least = (run: Profiled) =>
    run.polars.cpuMilliseconds + fact("list")(run) + fact("put")(run) + fact("digest")(run);
  const ratios = (of: (run: Profiled) => number) => kinds.map((kind) => number(of(runs[kind])));
  return {
    head: ["what, s", ...kinds],
    rows: [
      ["Polars' script", ...column(runs, (run) => run.polars.cpuMilliseconds)],
      ["listing gold", ...column(runs, fact("list"))],
      ["putting what was written", ...column(runs, fact("put"))],
      ["digests of what is read", ...column(runs, fact("digest"))],
      ["least", ...column(runs, least)],
      ["files put", ...ratios(fact("written"))],
      ["files read", ...ratios(fact("read"))],
      ["least to the script, ×", ...ratios((run) => least(run) / run.polars.cpuMilliseconds)],
      [
        "ours to the script, ×",
        ...ratios((run) => run.ours.cpuMilliseconds / run.polars.cpuMilliseconds),
      ],
      ["ours to the least, ×", ...ratios((run) => run.ours.cpuMilliseconds / least(run))],
    ],
  };
}
