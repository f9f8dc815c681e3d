/** Where the time of bronze to silver goes: its main thread's functions, and how much all threads worked. */
import { join } from "node:path";
import { Case } from "../child/case.ts";
import type { Log } from "../log.ts";
import { number, profileGrid, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import { lakehouseCase, makeObjects } from "./silver.ts";

const rows = 25;

const explanation =
  "All threads together work about as long as DuckDB's, but DuckDB spreads it over all cores, while here one thread " +
  "decodes: it scans the bytes (`object`, `value`, `record`, `split`), and reads numbers and dates. A dirty object adds " +
  "the exact path, which is on that thread too. And the collector takes its share: zlib has a new buffer for each 4 MiB, " +
  "and V8 marks the whole heap once these are several times as much. Giving the buffers back with `ArrayBuffer.transfer` " +
  "is no way out: from the first one that is detached on, V8 checks each access to any, and scanning takes a tenth " +
  "longer. Decompressing in a worker, into shared memory that is used again, would be one.";

/** Profiles one run after a warm-up. */
export async function profileSilver(
  size: Size["silver"],
  directory: string,
  log: Log,
): Promise<Section> {
  const lake = join(directory, "silver-lake");
  log(`silver: making ${size.mebibytes} MiB of orders`);
  await makeObjects(lake, size);
  const definition = lakehouseCase(lake, "Lakehouse", "clean");
  const running = new Case(definition);
  try {
    await running.run(definition.input(0));
    await running.run(definition.input(0));
    const { milliseconds, cpuMilliseconds, profile } = await running.run(definition.input(0), true);
    return {
      title: "Profile of bronze to silver",
      text:
        `One run on ${size.mebibytes} MiB after two to warm up: ${number(milliseconds)} ms, in which all threads ` +
        `together worked ${number(cpuMilliseconds)} ms. \`(idle)\` is the main thread waiting for others, ` +
        "`(program)` native code that it called.",
      grids: [profileGrid(profile, rows)],
      targets: [],
      remarks: [explanation],
    };
  } finally {
    await running.end();
  }
}
