/**
 * What no run can leave out, measured on the benchmark's objects and on what was made of them. Each part runs once to warm up and then
 * three times. The facts are medians, in milliseconds of processor time: `look` of the main thread, `look, others` of all others.
 */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip, gunzipSync } from "node:zlib";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import pl from "nodejs-polars";
import { serve } from "../child/serve.ts";
import { median } from "../measure.ts";
import type { BoundOrder } from "./layout.ts";

const runs = 3;
const pieceBytes = 4 * 1024 * 1024;
const quote = 0x22;

serve(async (input) => {
  const { clean, silver, quarantine, directory } = JSON.parse(input) as BoundOrder;
  await mkdir(directory, { recursive: true });
  const bytes = gunzipSync(readFileSync(clean));
  const rows = pl.readCSV(silver, {
    dtypes: { customer_id: pl.Int64, order_id: pl.Int64, amount: pl.Float64, order_date: pl.Date },
  });
  const lines = (await readFile(quarantine, "utf8")).trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as { readonly raw: string });
  const digest = (file: string): string =>
    createHash("sha256").update(readFileSync(file)).digest("hex");
  const put = async (file: string): Promise<void> => {
    const copy = join(directory, "copy");
    await copyFile(file, copy);
    const body = { path: copy, sha256: digest(file) };
    await new DirectoryStore(join(directory, "store")).put("object", body);
  };
  const parts: Readonly<Record<string, () => unknown>> = {
    decompress: async () => {
      const pieces = createReadStream(clean, { highWaterMark: pieceBytes });
      for await (const _ of pieces.pipe(createGunzip({ chunkSize: pieceBytes }))) {
        // Decompressing is all.
      }
    },
    look: () => look(bytes),
    write: () => rows.lazy().sinkCSV(join(directory, "rows.csv")).collect(),
    bronze: () => digest(clean),
    silver: () => put(silver),
    parse: () => entries.map(({ raw }) => parsed(raw)),
    lines: () => Buffer.from(entries.map((entry) => JSON.stringify(entry)).join("\n")),
    quarantine: () => put(quarantine),
  };
  const facts: Record<string, number> = { refused: entries.length };
  for (const [name, action] of Object.entries(parts)) {
    const { main, others } = await used(action);
    facts[name] = main;
    facts[`${name}, others`] = others;
  }
  return facts;
});

/** Looks at each byte, and remembers no more than how many quotes there are. */
function look(bytes: Uint8Array): number {
  let quotes = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === quote) {
      quotes++;
    }
  }
  return quotes;
}

/** What V8 makes of a record, or why it can't. Quarantine shows the reason. */
function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

/** The processor time of an action, on the main thread and on others. */
async function used(action: () => unknown): Promise<{ main: number; others: number }> {
  const times: { readonly main: number; readonly all: number }[] = [];
  for (let run = 0; run <= runs; run++) {
    const before = [process.threadCpuUsage(), process.cpuUsage()] as const;
    await action();
    const main = process.threadCpuUsage(before[0]);
    const all = process.cpuUsage(before[1]);
    times.push({ main: (main.user + main.system) / 1000, all: (all.user + all.system) / 1000 });
  }
  const measured = times.slice(1);
  return {
    main: median(measured.map(({ main }) => main)),
    others: median(measured.map(({ main, all }) => Math.max(0, all - main))),
  };
}
