/** What runs of bronze to silver take, thread by thread, beside what no run can leave out. It shows which limits are out of reach. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { quarantineKey, silverKey } from "@lakehouse/lake/keys";
import { seededRandom } from "@lakehouse/tables/random";
import { Case, type CaseDefinition, runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { median } from "../measure.ts";
import { type Grid, number } from "../report.ts";
import { type BoundOrder, bronzeKey, type Conversion, objectPath } from "./layout.ts";
import { goodLine } from "./lines.ts";

const runs = 5;
const oneKey = bronzeKey("clean").replace("clean", "one");

/** Medians of runs, in milliseconds. */
interface Time {
  /** Elapsed. */
  readonly elapsed: number;
  /** Processor time of the main thread, and of all others. */
  readonly main: number;
  readonly others: number;
}

type Run = readonly [definition: CaseDefinition, input: string];
type Times = readonly [clean: Time, dirty: Time, one: Time, alone: Time];

/** The parts of a run on the clean object that none can leave out, and what the dirty one's refused records add. */
const parts = {
  decompress: "decompressing",
  look: "looking at each byte once",
  bronze: "digest of bronze",
  write: "writing CSV with Polars",
  silver: "digest, flush and put of silver",
} as const;
const partsOfRefused = {
  parse: "parsing refused records once (`JSON.parse`)",
  lines: "their lines of quarantine (`JSON.stringify`)",
  quarantine: "digest, flush and put of quarantine",
} as const;

/**
 * Measures.
 *
 * @param ours The function, on a lake that has the clean and the dirty object.
 * @returns The parts of a run, the runs, and what follows from both.
 */
export async function boundOfSilver(
  ours: CaseDefinition,
  lake: string,
  directory: string,
  log: Log,
): Promise<{ readonly grids: readonly Grid[]; readonly remark: string }> {
  log("silver: what no run can leave out");
  const store = new DirectoryStore(join(lake, "bronze"));
  await store.put(oneKey, gzipSync(goodLine(1, seededRandom(1))));
  const conversion: Conversion = {
    source: objectPath(lake, "clean"),
    target: join(directory, "bound.csv"),
  };
  const duckdb = { name: "DuckDB", module: "silver/duckdb" };
  const inTurns: readonly Run[] = [
    [ours, bronzeKey("clean")],
    [ours, bronzeKey("dirty")],
    [ours, oneKey],
    [duckdb, JSON.stringify(conversion)],
  ];
  const [clean, dirty, one, alone] = await warm(inTurns);
  const [first, , firstOne, firstAlone] = await fresh(inTurns);

  const made = (key: string): string => join(lake, "silver", ...key.split("/"));
  const order: BoundOrder = {
    clean: objectPath(lake, "clean"),
    silver: made(silverKey(bronzeKey("clean"), "csv")),
    quarantine: made(quarantineKey(bronzeKey("dirty"))),
    directory: join(directory, "bound"),
  };
  const bound = { name: "bound", module: "silver/bound" };
  const { facts } = await runOnce(bound, JSON.stringify(order));
  const part = (name: string) => ({
    main: facts[name] ?? 0,
    others: facts[`${name}, others`] ?? 0,
  });
  const sum = (names: object): Pick<Time, "main" | "others"> =>
    Object.keys(names)
      .map(part)
      .reduce((a, b) => ({ main: a.main + b.main, others: a.others + b.others }));
  const row = (what: string, { main, others }: Pick<Time, "main" | "others">) => [
    what,
    number(main),
    number(others),
  ];
  const run = (what: string, { elapsed, main, others }: Time) => [
    what,
    ...[elapsed, main, others].map(number),
  ];
  const refused = sum(partsOfRefused);
  const started = firstOne.elapsed - one.elapsed;
  return {
    grids: [
      {
        head: ["run", "ms", "main thread", "other threads"],
        rows: [
          run("clean object", clean),
          run("dirty object", dirty),
          run("a process's first object, clean", first),
          run("one record", one),
          run("a process's first object, one record", firstOne),
          run("DuckDB alone", alone),
          run("DuckDB, first object", firstAlone),
        ],
      },
      {
        head: ["part", "main thread", "other threads"],
        rows: [
          ...Object.entries(parts).map(([name, what]) => row(what, part(name))),
          row("**least of a clean object**", sum(parts)),
          ...Object.entries(partsOfRefused).map(([name, what]) => row(what, part(name))),
          row(`**least that ${number(facts["refused"] ?? 0)} refused records add**`, refused),
        ],
      },
      {
        head: ["in time", "measured", "least", "limit"],
        rows: [
          [
            "dirty object to the clean one (main thread), ×",
            number(dirty.main / clean.main),
            number((clean.main + refused.main) / clean.main),
            "1.15",
          ],
          [
            "first object to DuckDB's, ×",
            number(first.elapsed / firstAlone.elapsed),
            number((clean.elapsed + started) / firstAlone.elapsed),
            "1",
          ],
          ["clean object to DuckDB, ×", number(clean.elapsed / alone.elapsed), "–", "1"],
        ],
      },
    ],
    remark:
      "The three tables before are of other processes, without a profiler: medians of " +
      `${runs} runs in turns, in milliseconds. The first has elapsed time, and processor time by thread; a run takes at least as long as its main ` +
      "thread. The second has what no run leaves out, measured on the same objects: _looking_ is a loop in JavaScript that compares " +
      "each byte with a quote and finds no value. _Least_ of the dirty object is our clean one with the parts of its refused records, " +
      "which are on the main thread, and that of a first object is our clean one with what a new process takes longer for one record. " +
      "The ratios to DuckDB are of elapsed time: compare them on a quiet machine only.",
  };
}

/** Times in turns, each in a process that has had a run. */
async function warm(cases: readonly Run[]): Promise<Times> {
  const running = cases.map(([definition, input]) => ({ case: new Case(definition), input }));
  try {
    return await rounds(running.map((each) => () => each.case.run(each.input)));
  } finally {
    await Promise.all(running.map((each) => each.case.end()));
  }
}

/** Times in turns, each of the first run of a process. */
async function fresh(cases: readonly Run[]): Promise<Times> {
  return await rounds(
    cases.map(
      ([definition, input]) =>
        () =>
          runOnce(definition, input),
    ),
  );
}

/** Runs all once to warm up, and then several times. */
async function rounds(all: readonly (() => Promise<Sample>)[]): Promise<Times> {
  const samples = all.map((): Sample[] => []);
  for (let round = 0; round <= runs; round++) {
    for (const [index, run] of all.entries()) {
      samples[index]?.push(await run());
    }
  }
  return samples.map((each) => timeOf(each.slice(1))) as unknown as Times;
}

function timeOf(samples: readonly Sample[]): Time {
  const main = median(samples.map(({ mainCpuMilliseconds = Number.NaN }) => mainCpuMilliseconds));
  const all = median(samples.map(({ cpuMilliseconds }) => cpuMilliseconds));
  return {
    elapsed: median(samples.map(({ milliseconds }) => milliseconds)),
    main,
    others: Math.max(0, all - main),
  };
}
