/** A first run whose tasks this process does one after another, to time each kind. */
import { join } from "node:path";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import type { GoldOptions } from "@lakehouse/silver-gold/gold-run";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { runTask } from "@lakehouse/silver-gold/run-task";
import { taskResultKey } from "@lakehouse/silver-gold/state-keys";
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
  let deciding = 0;
  const cpuOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000;
  const doTasks: NonNullable<GoldOptions["tasks"]> = async (keys, onDone) => {
    for (const key of keys) {
      const before = process.cpuUsage();
      await runTask(stores, catalog, key, { scratch });
      const used = cpuOf(process.cpuUsage(before));
      const { kind, files = [] } = await resultOf(stores.gold, key);
      milliseconds[kind] = (milliseconds[kind] ?? 0) + used;
      for (const file of files) {
        deciding += (await stores.gold.head(file.deciding))?.size ?? 0;
      }
      onDone();
    }
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
  const objects = await Array.fromAsync(stores.silver.list(""));
  const silver = objects.reduce((sum, { size }) => sum + size, 0);
  return { ...milliseconds, own: all - tasks, silver, deciding };
});

interface Result {
  readonly kind: string;
  /** What a task has read. */
  readonly files?: readonly { readonly deciding: string }[];
}

async function resultOf(gold: DirectoryStore, task: string): Promise<Result> {
  const bytes = await Array.fromAsync<Uint8Array>(await gold.read(taskResultKey(task)));
  return JSON.parse(Buffer.concat(bytes).toString()) as Result;
}
