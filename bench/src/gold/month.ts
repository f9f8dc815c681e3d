/** Measures gold runs on a partition with very many rows, beside DuckDB alone. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, type Section, type Target } from "../report.ts";
import type { Size } from "../sizes.ts";
import type {
  FilesOrder,
  MonthCase,
  OrderKeys,
  PeerOrder,
  RunOrder,
  Spread,
  StatementOrder,
} from "./layout.ts";
import { makeFiles, newestFile, ours, peer } from "./peers.ts";

const statement = { name: "one statement of DuckDB", module: "gold/statement" };

/** All orders are of January. */
const days = 31;
const unit = "month";
/** A run of both. */
interface MonthRun {
  readonly of: MonthCase;
  readonly kind: "first" | "rebuild" | "late" | "new";
  readonly ours: Sample;
  /** Undefined if there is no peer for such a run. */
  readonly peer: Sample | undefined;
  /** What DuckDB takes for the same merge with one statement, and to copy the files that ours has rewritten. */
  readonly statements?: { readonly merge: Sample; readonly copy: Sample };
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
    const month = new Month(each, join(directory, `month-${index}`), size.runs);
    runs.push(...(each.keys === "numbers" ? await month.runAll() : await month.runNew()));
  }
  return runs;
}

/** One history in one month. */
class Month {
  readonly #case: MonthCase;
  readonly #lake: string;
  readonly #newRuns: number;

  /** @param newRuns How often to add new orders, because such a merge takes little time. The median is reported. */
  constructor(each: MonthCase, lake: string, newRuns: number) {
    this.#case = each;
    this.#lake = lake;
    this.#newRuns = newRuns;
  }

  /** All kinds of runs, beside peers. */
  async runAll(): Promise<MonthRun[]> {
    await this.#make(0, 0, "recent");
    const first = await this.#beside("first", []);
    const late = await this.#runLate();
    const fresh = await this.#runNewest((files) => this.#beside("new", files));
    return [first, late, fresh, await this.#alone("rebuild")];
  }

  /** A first run, and runs of new orders. */
  async runNew(): Promise<MonthRun[]> {
    await this.#make(0, 0, "recent");
    const first = await this.#alone("first");
    return [first, await this.#runNewest(() => this.#alone("new"))];
  }

  async #runLate(): Promise<MonthRun> {
    const { late } = this.#case;
    await this.#make(late, 0, "late");
    const silver = this.#silverOf(0);
    const { live } = await dataFiles(this.#lake);
    const run = await this.#beside("late", [silver]);
    const { removed } = await dataFiles(this.#lake);
    const alone = async (files: readonly string[], silver: string | undefined) => {
      const order: StatementOrder = { files, silver, target: join(this.#lake, "statement") };
      return await runOnce(statement, JSON.stringify(order));
    };
    const statements = {
      merge: await alone(live, silver),
      copy: await alone(removed, undefined),
    };
    return { ...run, statements };
  }

  /** @returns The run with the median time of the merge. */
  async #runNewest(run: (files: readonly string[]) => Promise<MonthRun>): Promise<MonthRun> {
    const runs: MonthRun[] = [];
    for (let newFile = 1; newFile <= this.#newRuns; newFile += 1) {
      await this.#make(this.#case.late, newFile, "scattered");
      runs.push(await run([this.#silverOf(newFile)]));
    }
    runs.sort((a, b) => mergeOf(a) - mergeOf(b));
    return runs[Math.floor(this.#newRuns / 2)] as MonthRun;
  }

  async #beside(kind: MonthRun["kind"], files: readonly string[]): Promise<MonthRun> {
    const order: PeerOrder = { lake: this.#lake, target: join(this.#lake, "peer"), unit, files };
    const alone = await runOnce(peer, JSON.stringify(order));
    return { ...(await this.#alone(kind)), peer: alone };
  }

  async #alone(kind: MonthRun["kind"]): Promise<MonthRun> {
    const order: RunOrder = {
      lake: this.#lake,
      scratch: join(this.#lake, "scratch"),
      rebuild: kind === "rebuild",
      unit,
      keys: this.#case.keys,
      isCounted: false,
    };
    const run = await runOnce(ours, JSON.stringify(order));
    return { of: this.#case, kind, peer: undefined, ours: run };
  }

  async #make(newOrders: number, newFile: number, spread: Spread): Promise<void> {
    const { orders, ordersPerFile, keys } = this.#case;
    const order: FilesOrder = {
      lake: this.#lake,
      days,
      ordersPerFile,
      history: orders,
      newOrders,
      newFile,
      spread,
      keys,
    };
    await runOnce(makeFiles, JSON.stringify(order));
  }

  #silverOf(newFile: number): string {
    const name = newestFile(newFile, this.#case.late);
    return join(this.#lake, `silver/orders/**/*${name}*.csv`);
  }
}

/** The data files of orders: those of the current version, and those that it removed. The table's log lists them. */
async function dataFiles(
  lake: string,
): Promise<{ readonly live: string[]; readonly removed: string[] }> {
  const folder = join(lake, "gold/orders");
  const versions = (await readdir(join(folder, "_delta_log"))).filter((name) =>
    /^\d+\.json$/.test(name),
  );
  const live = new Set<string>();
  let removed: string[] = [];
  for (const version of versions.sort()) {
    const lines = (await readFile(join(folder, "_delta_log", version), "utf8")).split("\n");
    const actions = lines.filter(Boolean).map((line) => JSON.parse(line) as LogAction);
    const pathOf = (path: string): string => join(folder, decodeURIComponent(path));
    for (const { add } of actions) {
      if (add !== undefined) {
        live.add(pathOf(add.path));
      }
    }
    removed = actions.flatMap(({ remove }) => (remove === undefined ? [] : pathOf(remove.path)));
    for (const path of removed) {
      live.delete(path);
    }
  }
  return { live: [...live], removed };
}

/** A line of the log. */
interface LogAction {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
}

const keyNames: Readonly<Record<OrderKeys, string>> = {
  numbers: "",
  strings: ", random strings as keys",
};

function label({ orders, ordersPerFile, keys }: MonthCase): string {
  return `${number(orders)}, ${number(ordersPerFile)} a file${keyNames[keys]}`;
}

/** The processor time of reading and merging, without models, in milliseconds. */
function mergeOf({ ours: { facts } }: MonthRun): number {
  return facts["merge, cpu"] ?? 0;
}

/** Its section of the report. */
export function monthSection(runs: readonly MonthRun[]): Section {
  const ratio = (run: MonthRun) => run.peer && run.ours.cpuMilliseconds / run.peer.cpuMilliseconds;
  const find = (at: number, kind: MonthRun["kind"], keys: OrderKeys = "numbers") =>
    runs.filter((run) => run.kind === kind && run.of.keys === keys).at(at) as MonthRun;
  const [first, late] = [find(0, "first"), find(0, "late")];
  const name = number(first.of.orders);
  const lateRuns = runs.flatMap(({ statements, ...run }) =>
    statements === undefined ? [] : [{ run, ...statements }],
  );
  const lateTargets = lateRuns.slice(0, 1).flatMap(({ run, merge, copy }): Target[] => [
    {
      what: `late, ${name} orders: processor time of the merge to one statement of DuckDB`,
      value: mergeOf(run) / merge.cpuMilliseconds,
      limit: 0.7,
      unit: "×",
    },
    {
      what: `late, ${name} orders: processor time of the merge to a copy of the files that it writes again`,
      value: mergeOf(run) / copy.cpuMilliseconds,
      limit: 1.3,
      unit: "×",
    },
  ]);
  const newTarget = (keys: OrderKeys, limit: number): Target => {
    const [large, small] = [find(0, "new", keys), find(-1, "new", keys)];
    return {
      what: `new: processor time of the merge into ${label(large.of)}, to that into ${number(small.of.orders)}`,
      value: mergeOf(large) / mergeOf(small),
      limit,
      unit: "×",
    };
  };
  const targets: Target[] = [
    ...lateTargets,
    newTarget("numbers", 1.2),
    newTarget("strings", 2),
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
  const seconds = ({ cpuMilliseconds }: Sample) => number(cpuMilliseconds / 1000);
  return {
    title: "Silver to gold with a large month",
    text:
      "Orders of one month, which is one partition. _First_ reads all of them. _Late_ are orders that exist, all over the " +
      "month, _new_ are as many with new keys (the median of several merges), and _rebuild_ reads all silver again. The " +
      "peer is the script of DuckDB above. One run each, in a new process, in seconds of processor time.",
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
          seconds(run.ours),
          number(mergeOf(run) / 1000),
          run.peer === undefined ? "–" : seconds(run.peer),
          run.peer === undefined ? "–" : number(ratio(run) ?? 0),
          number(run.ours.peakMib),
          run.peer === undefined ? "–" : number(run.peer.peakMib),
        ]),
      },
      {
        head: [
          "late orders into",
          "our merge, s",
          "one statement, s",
          "ratio",
          "copy, s",
          "ratio",
          "peak MiB",
          "statement, peak MiB",
        ],
        rows: lateRuns.map(({ run, merge, copy }) => [
          label(run.of),
          number(mergeOf(run) / 1000),
          seconds(merge),
          number(mergeOf(run) / merge.cpuMilliseconds),
          seconds(copy),
          number(mergeOf(run) / copy.cpuMilliseconds),
          number(run.ours.peakMib),
          number(merge.peakMib),
        ]),
      },
    ],
    targets,
    remarks: [
      "_Our merge_ reads the late orders' silver file with Polars, finds the rows that they replace, writes the data files again and hashes " +
        "them. _One statement_ is `copy (old rows anti join new ones union all new ones order by key)` into one file. _Copy_ reads and " +
        "writes each of the files that our merge wrote again. Both are DuckDB with its defaults (all cores, no limit of memory) " +
        "and with the options of our data files.",
    ],
  };
}
