/** Profiles bronze to silver: the functions of its main thread, and the processor time of all threads. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { seededRandom } from "@lakehouse/tables/random";
import { Case, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { median } from "../measure.ts";
import { type Grid, number, profileGrid, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import { boundOfSilver } from "./bound.ts";
import { bronzeKey, type ObjectName } from "./layout.ts";
import { faults, goodLine } from "./lines.ts";
import { lakehouseCase, makeObjects } from "./silver.ts";

const rows = 25;
/** Of the objects that have one kind of fault each. */
const linesPerMebibyte = 1_500;
const linesPerFault = 50;
const faultRuns = 7;

const explanation =
  "One thread decodes: it scans the bytes (`#object`, `#value`, `#member`), cuts them into records (`next`, `#cut`), " +
  "and writes the columns (`addPlain`, `readDays`). " +
  "The dirty object's extra work is on that thread too, and hardly anything runs beside it. The exact path parses each " +
  "refused record again (`parseJson`, `keepSources`, `scaledInteger`, `exactValue`, `read`) and finds all its reasons. " +
  "The record becomes a line of quarantine with its raw text (`keep`). The garbage collector also costs time: zlib " +
  "allocates a new buffer for each 4 MiB, which is most of what decompressing takes of the main thread. Freeing the buffers with `ArrayBuffer.transfer` does not help: once one is " +
  "detached, V8 checks every access to any buffer, and scanning takes a tenth longer. Decompressing in a worker, into " +
  "reused shared memory, would save that.";

/** Profiles one run on the clean and one on the dirty object, after a warm-up. */
export async function profileSilver(
  size: Size["silver"],
  directory: string,
  log: Log,
): Promise<Section> {
  const lake = join(directory, "silver-lake");
  log(`silver: making ${size.mebibytes} MiB of orders`);
  await makeObjects(lake, size);
  const clean = await profiled(lake, "clean");
  const dirty = await profiled(lake, "dirty");
  const bound = await boundOfSilver(lakehouseCase(lake, "bound", "clean"), lake, directory, log);
  const costs = await costsOfFaults(lake, size.mebibytes * linesPerMebibyte, log);
  const times = ({ milliseconds, cpuMilliseconds }: Sample): string =>
    `${number(milliseconds)} ms (${number(cpuMilliseconds)} ms of processor time in all threads)`;
  return {
    title: "Profile of bronze to silver",
    text:
      `One run each on ${size.mebibytes} MiB, after two to warm up. The clean object (the first table) took ` +
      `${times(clean)}, the dirty one ${times(dirty)}. \`(idle)\` means that the main thread waits for others, ` +
      "`(program)` that it runs native code. The third table has the processor time of smaller objects, in which every " +
      `${linesPerFault}th line has the same fault, and what a refused record adds to that of a good one. Medians of ` +
      `${faultRuns} runs in turns, after two to warm up.`,
    grids: [
      profileGrid(clean.profile, rows),
      profileGrid(dirty.profile, rows),
      costs,
      ...bound.grids,
    ],
    targets: [],
    remarks: [bound.remark, explanation],
  };
}

async function profiled(lake: string, object: ObjectName): Promise<Sample> {
  const definition = lakehouseCase(lake, object, object);
  const running = new Case(definition);
  try {
    await running.run(definition.input(0));
    await running.run(definition.input(0));
    return await running.run(definition.input(0), true);
  } finally {
    await running.end();
  }
}

/** What refused records cost, by their fault. */
async function costsOfFaults(lake: string, lines: number, log: Log): Promise<Grid> {
  const store = new DirectoryStore(join(lake, "bronze"));
  const kinds = [{ name: "none", damage: (good: string) => good }, ...faults];
  const keys = kinds.map((_, index) => bronzeKey("clean").replace("clean", `fault-${index}`));
  for (const [index, { damage }] of kinds.entries()) {
    const random = seededRandom(1);
    const text = Array.from({ length: lines }, (_, order) => {
      const good = goodLine(order, random);
      return order % linesPerFault === 0 ? damage(good) : good;
    }).join("");
    await store.put(keys[index] ?? "", gzipSync(text, { level: 1 }));
  }
  log("silver: an object for each kind of fault");
  const running = new Case(lakehouseCase(lake, "faults", "clean"));
  const times = keys.map((): number[] => []);
  try {
    for (let run = -2; run < faultRuns; run++) {
      for (const [index, key] of keys.entries()) {
        const { cpuMilliseconds } = await running.run(key);
        times[index]?.push(...(run < 0 ? [] : [cpuMilliseconds]));
      }
    }
  } finally {
    await running.end();
  }
  const [good = 0, ...medians] = times.map(median);
  return {
    head: ["fault", "cpu ms", "µs a refused record"],
    rows: [
      ["none", number(good), "–"],
      ...medians.map((each, index) => [
        faults[index]?.name ?? "",
        number(each),
        number(((each - good) * 1000 * linesPerFault) / lines),
      ]),
    ],
  };
}
