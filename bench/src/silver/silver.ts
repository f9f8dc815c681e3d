/** Measures bronze to silver, against three other implementations. */
import { join } from "node:path";
import { nodeOptions } from "@lakehouse/lake/node-options";
import { lakeVariable } from "@lakehouse/lake/variables";
import { runOnce } from "../child/case.ts";
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
}

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
  const peer = (name: string, file: string): MeasuredCase => {
    const source = objectPath(lake, "clean");
    const conversion: Conversion = { source, target: join(directory, `${file}.csv`) };
    return { name, module: `silver/${file}`, input: () => JSON.stringify(conversion) };
  };
  const large = lakehouseCase(lake, "Lakehouse, large object", "large");
  const [clean, duckdb, jsonParse, polars, dirty, timed] = (await measure(
    [
      lakehouseCase(lake, "**Lakehouse**", "clean"),
      peer("(a) DuckDB alone", "duckdb"),
      peer("(b) JSON.parse + csv-stringify", "json-parse"),
      peer("(c) Polars, whole buffer", "polars"),
      lakehouseCase(lake, "Lakehouse, 2 % bad lines", "dirty"),
      {
        ...lakehouseCase(lake, "Lakehouse, the put timed apart", "clean"),
        module: "silver/timed-put",
      },
    ],
    size,
    log,
  )) as [Measurement, Measurement, Measurement, Measurement, Measurement, Measurement];
  log(`silver: the object of ${size.mebibytes * size.repeats} MiB`);
  const largeSample = await runOnce(large, large.input(0));
  for (const each of [clean, duckdb, jsonParse, polars, timed]) {
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
  };
}

/** Its section of the report. */
export function silverSection(result: SilverResult): Section {
  const { size, lines, clean, dirty, large, timedPut: timed, duckdb, jsonParse, polars } = result;
  const largeMebibytes = number(size.mebibytes * size.repeats);
  const rows = [clean, duckdb, jsonParse, polars, dirty, timed, large].map((each) => [
    each.name,
    number(each.milliseconds),
    `${number(each.milliseconds / duckdb.milliseconds)} ×`,
    number(each.cpuMilliseconds),
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
      "threads. _others_ is how many cores other processes kept busy.",
    grids: [{ head: ["case", "ms", "to (a)", "cpu ms", "others", "peak MiB", "rows"], rows }],
    targets: [
      ratio("time to DuckDB alone (a)", clean, duckdb, 1.25),
      { ...ratio("speed to JSON.parse (b)", jsonParse, clean, 3), atLeast: true },
      ratio("dirty object's time to the clean one's", dirty, clean, 1.3),
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
