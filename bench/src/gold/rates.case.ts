/** A first run whose tasks this process does one after another, to time each kind. */

import { globSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import type { GoldOptions } from "@lakehouse/silver-gold/gold-run";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { runTask } from "@lakehouse/silver-gold/run-task";
import { serve } from "../child/serve.ts";
import type { RunOrder } from "./layout.ts";
import { catalogOf } from "./order-catalog.ts";

serve(async (input) => {
  const { lake, scratch, unit, taskMib } = JSON.parse(input) as RunOrder;
  const catalog = catalogOf(unit, "numbers", 1);
  const stores = {
    silver: new DirectoryStore(join(lake, "silver")),
    gold: new DirectoryStore(join(lake, "gold-rates")),
  };
  const milliseconds: Record<string, number> = { read: 0, write: 0, build: 0 };
  let rows = 0;
  const cpuOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000;
  const doTasks: NonNullable<GoldOptions["tasks"]> = async (keys, onDone) => {
    for (const key of keys) {
      const before = process.cpuUsage();
      await runTask(stores, catalog, key, { scratch });
      const kind = await kindOf(stores.gold, key);
      milliseconds[kind] = (milliseconds[kind] ?? 0) + cpuOf(process.cpuUsage(before));
      onDone();
    }
    rows ||= await bytesOf(join(lake, "gold-rates/_state/tasks"), "**/*.parquet");
  };
  let last = Promise.resolve();
  const start = process.cpuUsage();
  await runGold(stores, catalog, {
    scratch,
    taskMib,
    sliceMib: 65_536,
    tasks: (keys, onDone) => {
      // Models that are built side by side would count each other's time.
      last = last.then(() => doTasks(keys, onDone));
      return last;
    },
  });
  const all = cpuOf(process.cpuUsage(start));
  const tasks = Object.values(milliseconds).reduce((sum, each) => sum + each, 0);
  const silver = await bytesOf(join(lake, "silver"), "**/*.csv");
  return { ...milliseconds, own: all - tasks, silver, rows };
});

async function kindOf(gold: DirectoryStore, key: string): Promise<string> {
  const bytes = Buffer.concat(await Array.fromAsync<Uint8Array>(await gold.read(key)));
  return String((JSON.parse(bytes.toString()) as { kind: string }).kind);
}

async function bytesOf(folder: string, pattern: string): Promise<number> {
  const files = globSync(pattern, { cwd: folder });
  const sizes = await Promise.all(files.map((file) => stat(join(folder, file))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
