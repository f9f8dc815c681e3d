/** Measures bronze to silver, against four other implementations. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeOptions } from "@lakehouse/lake/node-options";
import { lakeVariable } from "@lakehouse/lake/variables";
import { runOnce, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { type MeasuredCase, type Measurement, measure, summarize } from "../measure.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import { bronzeKey, type Conversion, type ObjectName, objectPath } from "./layout.ts";
import type { ObjectsOrder } from "./make-objects.case.ts";

/** Everything that was measured. */
export interface SilverResult {
  readonly size: Size["silver"];
  /** Lines of the clean and of the dirty object. */
  readonly lines: { readonly clean: number; readonly dirty: number };
  readonly clean: Measurement;
  readonly dirty: Measurement;
  readonly large: Measurement;
  readonly timedPut: Measurement;
  readonly duckdb: Measurement;
  readonly jsonParse: Measurement;
  readonly polars: Measurement;
  /** Undefined where Polars for Python is not installed. */
  readonly python: Measurement | undefined;
  /** The first object of a new process: ours, and DuckDB's. */
  readonly first: { readonly ours: Measurement; readonly duckdb: Measurement };
}

const pythonHandler = fileURLToPath(new URL("peers/handler.py", import.meta.url));

type SixMeasurements = [
  Measurement,
  Measurement,
  Measurement,
  Measurement,
  Measurement,
  Measurement,
];

/** Our own case: the Lambda's handler on one object. */
export function lakehouseCase(lake: string, name: string, object: ObjectName): MeasuredCase {
  return {
    name,
    module: "silver/lakehouse",
    environment: { [lakeVariable]: lake, NODE_OPTIONS: nodeOptions },
    input: () => bronzeKey(object),
  };
}

/** Writes the objects to the directory `lake`. @returns How many lines the first two have. */
export async function makeObjects(
  lake: string,
  { mebibytes, repeats }: Size["silver"],
): Promise<SilverResult["lines"]> {
  const order: ObjectsOrder = { lake, mebibytes, repeats };
  const made = { name: "bronze objects", module: "silver/make-objects" };
  const { facts } = await runOnce(made, JSON.stringify(order));
  return { clean: facts["clean"] ?? 0, dirty: facts["dirty"] ?? 0 };
}

/** Measures. @param directory Holds the lake meanwhile. */
export async function measureSilver(
  size: Size["silver"],
  directory: string,
  log: Log,
): Promise<SilverResult> {
  const lake = join(directory, "silver-lake");
  log(`silver: making ${size.mebibytes} MiB of orders`);
  const lines = await makeObjects(lake, size);
  const peer = (name: string, file: string, python?: string): MeasuredCase => {
    const source = objectPath(lake, "clean");
    const conversion: Conversion = { source, target: join(directory, `${file}.csv`) };
    const input = () => JSON.stringify(conversion);
    return { name, module: `silver/${file}`, ...(python && { python }), input };
  };
  const ours = lakehouseCase(lake, "**Lakehouse**", "clean");
  const alone = peer("(a) DuckDB alone", "duckdb");
  const hasPython = spawnSync("python3", ["-c", "import polars"]).status === 0;
  const large = lakehouseCase(lake, "Lakehouse, large object", "large");
  const [clean, duckdb, jsonParse, polars, dirty, timed, python] = (await measure(
    [
      ours,
      alone,
      peer("(b) JSON.parse + csv-stringify", "json-parse"),
      peer("(c) Polars handler, in Node.js", "polars"),
      lakehouseCase(lake, "Lakehouse, 2 % bad lines", "dirty"),
      {
        ...lakehouseCase(lake, "Lakehouse, the put timed apart", "clean"),
        module: "silver/timed-put",
      },
      ...(hasPython ? [peer("(d) Polars handler, in Python", "python", pythonHandler)] : []),
    ],
    size,
    log,
  )) as [...SixMeasurements, Measurement | undefined];
  const first = await measureFirst([ours, alone], size.runs, log);
  log(`silver: the object of ${size.mebibytes * size.repeats} MiB`);
  const largeSample = await runOnce(large, large.input(0));
  const good = [clean, duckdb, jsonParse, polars, timed, first.ours, first.duckdb];
  for (const each of python === undefined ? good : [...good, python]) {
    checkRows(each, lines.clean);
  }
  return {
    size,
    lines,
    clean,
    dirty,
    large: summarize(large.name, [largeSample]),
    timedPut: timed,
    duckdb,
    jsonParse,
    polars,
    python,
    first,
  };
}

/** Measures the first object of new processes, in turns. */
async function measureFirst(
  [ours, duckdb]: readonly [MeasuredCase, MeasuredCase],
  runs: number,
  log: Log,
): Promise<SilverResult["first"]> {
  const samples: { readonly ours: Sample[]; readonly duckdb: Sample[] } = { ours: [], duckdb: [] };
  for (let run = 1; run <= runs; run++) {
    log(`silver: a process's first object, run ${run}`);
    samples.ours.push(await runOnce(ours, ours.input(run)));
    samples.duckdb.push(await runOnce(duckdb, duckdb.input(run)));
  }
  return {
    ours: summarize("Lakehouse, first object", samples.ours),
    duckdb: summarize("(a) DuckDB, first object", samples.duckdb),
  };
}

/** Its section of the report. */
export function silverSection(result: SilverResult): Section {
  const { size, lines, clean, dirty, large, timedPut: timed, duckdb, jsonParse, polars } = result;
  const { python, first } = result;
  const largeMebibytes = number(size.mebibytes * size.repeats);
  const peers = [duckdb, jsonParse, polars, ...(python === undefined ? [] : [python])];
  const cases = [clean, ...peers, dirty, timed, first.ours, first.duckdb, large];
  const rows = cases.map((each) => [
    each.name,
    number(each.milliseconds),
    `${number(each.milliseconds / duckdb.milliseconds)} ×`,
    number(each.cpuMilliseconds),
    `${number(each.cpuMilliseconds / duckdb.cpuMilliseconds)} ×`,
    number(each.othersCores),
    number(each.peakMib),
    number(each.samples[0]?.facts["rows"] ?? Number.NaN),
  ]);
  const put = fact(timed, "putMilliseconds");
  const withoutPut = timed.milliseconds - put;
  return {
    title: "Bronze to silver",
    text:
      `One gzip object with ${size.mebibytes} MiB of NDJSON, ${number(lines.clean)} orders, becomes one CSV file. ` +
      `The dirty object has ${number(lines.dirty)} lines, of which 2 % are bad, in eleven ways. The large one repeats ` +
      `the clean one's gzip member ${size.repeats} times (${largeMebibytes} MiB), and is measured once. Medians of ` +
      `${size.runs} runs in turns, each case in its own process after a warm-up. _cpu_ is the processor time of all ` +
      "threads. A _first object_ is that of a new process, whose modules are loaded. _others_ is how many cores other processes kept busy.",
    grids: [
      { head: ["case", "ms", "to (a)", "cpu ms", "to (a)", "others", "peak MiB", "rows"], rows },
    ],
    targets: [
      ratio("time to DuckDB alone (a)", clean, duckdb, 1),
      ratio("a process's first object: time to DuckDB's", first.ours, first.duckdb, 1),
      { ...ratio("speed to JSON.parse (b)", jsonParse, clean, 3), atLeast: true },
      ratio("dirty object's time to the clean one's", dirty, clean, 1.15),
      {
        what: `peak memory, ${size.mebibytes} MiB object`,
        value: clean.peakMib,
        limit: 400,
        unit: "MiB",
      },
      { what: "peak memory, dirty object", value: dirty.peakMib, limit: 400, unit: "MiB" },
      {
        what: `peak memory, ${largeMebibytes} MiB object`,
        value: large.peakMib,
        limit: 400,
        unit: "MiB",
      },
    ],
    remarks: [
      `The peers write a plain file. Ours writes an object of the directory store: hashed (SHA-256, for its etag), ` +
        `flushed to disk (fsync) and renamed into place with its receipt. That takes ${number(put)} of ` +
        `${number(timed.milliseconds)} ms. Without it the ratio to (a) is ${number(withoutPut / duckdb.milliseconds)} ×. ` +
        "The peers also silently drop what they cannot cast, and (a) and (c) round: they cast `12.505` to 12.51. Ours " +
        "quarantines each such record with its reasons.",
      "(c) and (d) are the same handler as in a Lambda with Polars: they read the object whole, filter, cast and write CSV." +
        (python === undefined
          ? " (d), `bench/src/silver/peers/handler.py`, was not run: Polars for Python is not installed " +
            "(`pip install -r bench/src/silver/peers/requirements.txt`)."
          : ""),
    ],
  };
}

/** @throws Error if a case dropped rows, because then the comparison is unfair. */
function checkRows({ name, samples }: Measurement, rows: number): void {
  const wrong = samples.find(({ facts }) => facts["rows"] !== rows);
  if (wrong !== undefined) {
    throw new Error(`${name} wrote ${wrong.facts["rows"]} rows of ${rows}.`);
  }
}

function fact({ samples }: Measurement, name: string): number {
  return samples.reduce((sum, { facts }) => sum + (facts[name] ?? Number.NaN), 0) / samples.length;
}

function ratio(what: string, above: Measurement, below: Measurement, limit: number) {
  return { what, value: above.milliseconds / below.milliseconds, limit, unit: "×" } as const;
}
