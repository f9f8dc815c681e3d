/** Profiles bronze to silver: the functions of its main thread, and the processor time of all threads. */
import { join } from "node:path";
import { Case, type Sample } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, profileGrid, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import type { ObjectName } from "./layout.ts";
import { lakehouseCase, makeObjects } from "./silver.ts";

const rows = 25;

const explanation =
  "One thread decodes: it scans the bytes (`#object`, `#value`, `#member`), cuts them into records (`next`, `#cut`), " +
  "and writes the columns (`addPlain`, `readDays`). " +
  "The dirty object's extra work is on that thread too, and hardly anything runs beside it. The exact path parses each " +
  "refused record again (`parseJson`, `keepSources`, `scaledInteger`, `exactValue`, `read`) and finds all its reasons. " +
  "The record becomes a line of quarantine with its raw text (`keep`). The garbage collector also costs time: zlib " +
  "allocates a new buffer for each 4 MiB. Freeing the buffers with `ArrayBuffer.transfer` does not help: once one is " +
  "detached, V8 checks every access to any buffer, and scanning takes a tenth longer. Decompressing in a worker, into " +
  "reused shared memory, would help.";

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
  const times = ({ milliseconds, cpuMilliseconds }: Sample): string =>
    `${number(milliseconds)} ms (${number(cpuMilliseconds)} ms of processor time in all threads)`;
  return {
    title: "Profile of bronze to silver",
    text:
      `One run each on ${size.mebibytes} MiB, after two to warm up. The clean object (the first table) took ` +
      `${times(clean)}, the dirty one ${times(dirty)}. \`(idle)\` means that the main thread waits for others, ` +
      "`(program)` that it runs native code.",
    grids: [profileGrid(clean.profile, rows), profileGrid(dirty.profile, rows)],
    targets: [],
    remarks: [explanation],
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
