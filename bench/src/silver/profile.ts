/** Where the time of bronze to silver goes: its main thread's functions, and how much all threads worked. */
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
  "What the dirty object adds is on that thread, too, and hardly anything runs beside it: each refused record is parsed " +
  "again by the exact path (`parseJson`, `keepSources`, `scaledInteger`, `exactValue`, `read`), with all its reasons, and " +
  "becomes a line of quarantine with its raw text (`keep`). The collector takes its share: zlib has a new buffer for each " +
  "4 MiB. Giving the buffers back with `ArrayBuffer.transfer` is no way out: from the first one that is detached on, V8 " +
  "checks each access to any, and scanning takes a tenth longer. Decompressing in a worker, into shared memory that is " +
  "used again, would be one.";

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
  const told = ({ milliseconds, cpuMilliseconds }: Sample): string =>
    `${number(milliseconds)} ms, in which all threads together worked ${number(cpuMilliseconds)} ms`;
  return {
    title: "Profile of bronze to silver",
    text:
      `One run each on ${size.mebibytes} MiB after two to warm up: the clean object (the first table) took ` +
      `${told(clean)}; the dirty one ${told(dirty)}. \`(idle)\` is the main thread waiting for others, ` +
      "`(program)` native code that it called.",
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
