/** A worker process of a run: does the tasks that the run sends it. */
import { join } from "node:path";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { serveTasks, sessionsOfWorker } from "@lakehouse/silver-gold/worker-processes";
import type { TaskWorkerOrder } from "./layout.ts";
import { catalogOf } from "./order-catalog.ts";

const [, , order = "{}"] = process.argv;
const { lake, gold, scratch, unit, keys, wide, workers } = JSON.parse(order) as TaskWorkerOrder;
const stores = {
  silver: new DirectoryStore(join(lake, "silver")),
  gold: new DirectoryStore(gold),
};
const sessions = sessionsOfWorker(workers);
await serveTasks(stores, catalogOf(unit, keys, wide), { scratch, sessions });
