/**
 * What a gold run can't do without, beside what Polars' script does: measured on the script's own files, and on the silver that it
 * has read. Nothing is measured twice, so what is timed of silver is listing, receipts and digests, but not reading.
 */
import { hash } from "node:crypto";
import { globSync } from "node:fs";
import { cp, mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { digestOfFile } from "@lakehouse/lake/digest";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import pl from "nodejs-polars";
import { serve } from "../child/serve.ts";
import type { BoundOrder } from "./layout.ts";

/** Gold's concurrency. */
const atOnce = 16;
/** The rows of a piece that is on disk before it is merged. */
const rowsAtOnce = 150_000;
const parquet = { compression: "zstd" } as const;
const uncompressed = { compression: "uncompressed" } as const;
/** What says where a row came from. */
const origins = [
  pl.lit("2024-01-01T00:00:00").alias("_arrival"),
  pl
    .lit(
      "orders/2024/01/01/00/orders-1-2024-01-01-00-00-00-00000000-0000-4000-8000-000000000000.gz",
    )
    .alias("_object"),
  pl.col("order_id").alias("_row"),
];

serve(async (input) => {
  const { target, store, silver, files, since } = JSON.parse(input) as BoundOrder;
  const folder = `${store}-files`;
  const names = globSync("**/*.{csv,parquet}", { cwd: target });
  const times = new Map<string, number>();
  for (const name of names) {
    times.set(name, (await stat(join(target, name))).mtimeMs);
  }
  const isNew = (name: string) => (times.get(name) ?? 0) >= since;
  const written = names.filter(isNew);
  await mkdir(folder, { recursive: true });
  for (const name of written) {
    await cp(join(target, name), join(folder, name));
  }
  const objects = new DirectoryStore(store);
  const facts = {
    engine: await used(async () => {
      const instance = await DuckDBInstance.create(":memory:");
      await (await instance.connect()).run("select 1");
      instance.closeSync();
    }),
    list: await used(() => listAll(objects)),
    silver: await receiptsAndDigests(silver, files),
    disk: await toDiskAndBack(join(silver, "orders"), files, join(folder, "rows.parquet")),
    origins: await withOrigins(written.filter((name) => name.endsWith(".parquet")).map(pathOf)),
    put: await used(async () => {
      const left = [...written];
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (let name = left.pop(); name !== undefined; name = left.pop()) {
            await objects.put(name, { path: join(folder, name) });
          }
        }),
      );
    }),
  };
  const read = names.filter((name) => name.startsWith("customer_daily/") && !isNew(name));
  const digest = await used(async () => {
    for (const name of read) {
      await digestOfFile(pathOf(name));
    }
  });
  return { ...facts, digest, written: written.length, read: read.length };

  function pathOf(name: string): string {
    return join(target, name);
  }
});

/** Lists silver, and compares the new objects with their receipts. */
async function receiptsAndDigests(silver: string, files: readonly string[]): Promise<number> {
  const store = new DirectoryStore(silver);
  const keys = silverFiles(silver, files).map((path) => path.slice(silver.length + 1));
  let time = await used(() => listAll(store));
  for (const key of keys) {
    const bytes = await readFile(join(silver, key));
    time += await used(async () => {
      await store.head(key);
      hash("sha256", bytes);
    });
  }
  return time;
}

/** Writes the new rows to disk and reads them, because memory doesn't hold them all. */
async function toDiskAndBack(
  folder: string,
  files: readonly string[],
  path: string,
): Promise<number> {
  const patterns = files.length === 0 ? [join(folder, "**/*.csv")] : files;
  const rows = pl
    .concat(patterns.map((pattern) => pl.scanCSV(pattern)))
    .collectSync()
    .withColumns(...origins);
  let time = 0;
  for (let start = 0; start < rows.height; start += rowsAtOnce) {
    const piece = rows.slice(start, rowsAtOnce);
    time += await used(async () => {
      piece.writeParquet(path, uncompressed);
      pl.readParquet(path);
    });
    await rm(path);
  }
  return time;
}

/** How much longer data files take if each row says where it came from. */
async function withOrigins(paths: readonly string[]): Promise<number> {
  let time = 0;
  for (const path of paths) {
    const rows = pl.readParquet(path);
    const whole = rows.withColumns(...origins);
    const write = async (frame: pl.DataFrame) =>
      await used(async () => {
        frame.writeParquet(`${path}.copy`, parquet);
      });
    time += (await write(whole)) - (await write(rows));
    await rm(`${path}.copy`);
  }
  return Math.max(0, time);
}

function silverFiles(silver: string, files: readonly string[]): string[] {
  return globSync(files.length === 0 ? [join(silver, "orders/**/*.csv")] : [...files]);
}

async function listAll(store: DirectoryStore): Promise<void> {
  for await (const _ of store.list("")) {
    // Listing is all.
  }
}

/** The processor time that it takes, in milliseconds. */
async function used(action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
