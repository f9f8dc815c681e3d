/** Profiles gold: the processor time of each step, beside what the faster script takes and what a run can't do without. */
import { join } from "node:path";
import { Case, runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { type Grid, number, profileGrid, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import type { BoundOrder, PeerCase, RunOrder } from "./layout.ts";
import { kinds, limits, ours, runKinds, runPeer, smallFilesOf } from "./peers.ts";
import { stepsIn } from "./steps.ts";

const bound = { name: "bound", module: "gold/bound" };
const functions = 15;

/** One kind of run. */
interface Profiled {
  readonly kind: string;
  /** The limit of its processor time to the script's. */
  readonly limit: number;
  readonly ours: Sample;
  readonly polars: Sample;
  readonly bound: Sample;
  /** In a process that has run before. */
  readonly warm: Sample | undefined;
}

/** The runs on one history. */
interface ProfiledCase {
  readonly label: string;
  readonly runs: readonly Profiled[];
}

/** Profiles each kind of run on the histories beside peers, and a first run on small files. */
export async function profileGold(
  size: Size["gold"],
  directory: string,
  log: Log,
): Promise<Section> {
  const warm = new Case(ours);
  const profiled = new Case(ours);
  try {
    let functionTimes: Sample["profile"] | undefined;
    const profile = async (lake: string, { unit }: PeerCase, files: readonly string[]) => {
      const target = join(lake, "polars");
      const since = Date.now();
      const polars = await runPeer("polars", { lake, target, unit, files });
      const order: BoundOrder = {
        target,
        store: join(lake, "bound"),
        silver: join(lake, "silver"),
        files,
        since,
      };
      const run: RunOrder = {
        lake,
        scratch: join(lake, "scratch"),
        rebuild: false,
        unit,
        isCounted: false,
      };
      const onto = (gold: string): string =>
        JSON.stringify({ ...run, gold: join(lake, gold) } satisfies RunOrder);
      const isFirst = functionTimes === undefined;
      const again = await warm.run(onto("gold-warm"));
      const done = {
        polars,
        bound: await runOnce(bound, JSON.stringify(order)),
        ours: await runOnce(ours, JSON.stringify({ ...run, isProfiled: true })),
        warm: isFirst ? undefined : again,
      };
      functionTimes ??= (await profiled.run(onto("gold-profiled"), true)).profile;
      return done;
    };
    const cases: ProfiledCase[] = [];
    for (const [index, each] of size.peers.entries()) {
      const label = `${number(each.orders)} by ${each.unit}`;
      log(`gold: the steps of runs on ${label}`);
      const lake = join(directory, `profile-${index}`);
      const runs = await runKinds(size, each, lake, (files) => profile(lake, each, files));
      cases.push({
        label,
        runs: kinds.map((kind) => ({ kind, limit: limits[kind], ...runs[kind] })),
      });
    }
    const lake = join(directory, "profile-small");
    const { history, ...small } = await smallFilesOf(size, lake);
    log(`gold: the steps of a run on ${small.label}`);
    const first = await profile(lake, history, []);
    cases.push({ label: small.label, runs: [{ kind: "first", limit: limits.first, ...first }] });
    return section(size, cases, functionTimes ?? []);
  } finally {
    await Promise.all([warm.end(), profiled.end()]);
  }
}

function section(
  size: Size["gold"],
  cases: readonly ProfiledCase[],
  profile: Sample["profile"],
): Section {
  return {
    title: "Profile of silver to gold",
    text:
      `Orders on ${size.days} days, as in _Silver to gold beside DuckDB and Polars alone_ and _Very many silver objects_ of RESULTS.md. ` +
      "For each history, the first table divides the processor time of a run (all threads, in seconds) among its steps; those at the same time " +
      "share it. The second has what Polars' script takes, and what a run adds that can't be left out, measured on the " +
      "script's own files. _Least_ is their sum. It has no statistics, no log of a table, no run record, no checks, no search for keys that moved, no second " +
      "engine that works, and nothing that a process does once. The last table has the functions of the main thread of a first run.",
    grids: [
      ...cases.flatMap((each) => [stepsGrid(each), boundGrid(each)]),
      profileGrid(profile, functions),
    ],
    targets: [],
    remarks,
  };
}

const remarks = [
  "What each step is for: _listing_ finds lost, changed and foreign objects before anything is built on them, and links. _What models' SQL calls and " +
    "reads_ refuses a model that would give another result tomorrow. _Rest of merge_ is Polars, which reads silver " +
    "with its types. _Latest row of each key_ gives the same rows whatever the order of arrival, and finds keys that " +
    "moved. _Data files_ writes Parquet with exact statistics, a file for each day. _Rows of CSV models_ parses each file of the incremental model once, " +
    "for all that reads it. _Checks_ runs before anything is published. _Puts_ digests each file (SHA-256), flushes it with its note of " +
    "versions and renames both under a lock, so that a kill leaves no half. _Reads_ and the other _rests_ have the digests of what is read, " +
    "the names by content, the file list, the log of the open table, the run record, and V8, which compiles all of this.",
  "What each addition is for: silver that was changed by hand is refused, so its receipts and digests are compared. The script holds all rows in memory, whatever " +
    "their number; ours has a limit of memory, so new rows are on disk before they are merged (here: plain Parquet, without sorting). Arrival, object and row decide which row of a key is the latest, " +
    "in whatever order silver arrives, so current rows keep them (here: the time that the script's own data files take with these columns, less that without). " +
    "Models are SQL, so their engine is started. What was written is digested, flushed and put into the store. What is read of earlier runs is listed and digested. " +
    "The script writes each touched partition again, so _least_ is that of its way. Where ours appends to large files, it takes less.",
];

const seconds = (runs: readonly Profiled[], of: (run: Profiled) => number | undefined) =>
  runs.map((run) => {
    const milliseconds = of(run);
    return milliseconds === undefined ? "–" : number(milliseconds / 1000);
  });

function stepsGrid({ label, runs }: ProfiledCase): Grid {
  const names = new Set(runs.flatMap((run) => [...stepsIn(run.ours.facts).keys()]));
  const timeOf = (name: string) => (run: Profiled) => stepsIn(run.ours.facts).get(name) ?? 0;
  const all = (name: string) => runs.reduce((sum, run) => sum + timeOf(name)(run), 0);
  return {
    head: [`${label}: step, s`, ...runs.map(({ kind }) => kind)],
    rows: [
      ...[...names]
        .sort((a, b) => all(b) - all(a))
        .map((name) => [name, ...seconds(runs, timeOf(name))]),
      ["all", ...seconds(runs, (run) => run.ours.cpuMilliseconds)],
      [
        "all, in a process that has run before",
        ...seconds(runs, (run) => run.warm?.cpuMilliseconds),
      ],
    ],
  };
}

/** What can't be left out, and its fact. */
const additions: readonly (readonly [what: string, fact: string])[] = [
  ["listing gold", "list"],
  ["listing silver, receipts and digests", "silver"],
  ["new rows to disk and back", "disk"],
  ["columns that say where a row came from", "origins"],
  ["starting the models' engine", "engine"],
  ["putting what was written", "put"],
  ["digests of what is read of gold", "digest"],
];

function boundGrid({ label, runs }: ProfiledCase): Grid {
  const fact = (name: string) => (run: Profiled) => run.bound.facts[name] ?? 0;
  const least = (run: Profiled) =>
    additions.reduce((sum, [, name]) => sum + fact(name)(run), run.polars.cpuMilliseconds);
  const numbers = (of: (run: Profiled) => number) => runs.map((run) => number(of(run)));
  return {
    head: [`${label}: what, s`, ...runs.map(({ kind }) => kind)],
    rows: [
      ["Polars' script", ...seconds(runs, (run) => run.polars.cpuMilliseconds)],
      ...additions.map(([what, name]) => [what, ...seconds(runs, fact(name))]),
      ["least", ...seconds(runs, least)],
      ["files put", ...numbers(fact("written"))],
      ["files read of gold", ...numbers(fact("read"))],
      ["limit, ×", ...numbers(({ limit }) => limit)],
      ["least to the script, ×", ...numbers((run) => least(run) / run.polars.cpuMilliseconds)],
      [
        "ours to the script, ×",
        ...numbers((run) => run.ours.cpuMilliseconds / run.polars.cpuMilliseconds),
      ],
      ["ours to the least, ×", ...numbers((run) => run.ours.cpuMilliseconds / least(run))],
    ],
  };
}
