/** A run of silver to gold, on orders by day. Bundled, because the models' SQL is in files. */

import { fork } from "node:child_process";
import { join } from "node:path";
import { orders as ordersByMonth } from "@lakehouse/fixtures/orders/contract";
import { customerDaily } from "@lakehouse/fixtures/orders/models";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { engineMemoryMib } from "@lakehouse/silver-gold/engine-memory";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { WorkerProcesses } from "@lakehouse/silver-gold/worker-processes";
import { serve } from "../child/serve.ts";
import { CountedStore } from "./counted-store.ts";
import { callKinds, type RunOrder, type TaskWorkerOrder } from "./layout.ts";
import { catalogOf } from "./order-catalog.ts";
import { watchSteps } from "./steps.ts";

const invocationMilliseconds = 900_000;

/** The fact with the processor time of a stage. */
const cpuOf = (stage: string): string => `${stage}, cpu`;

serve(async (input) => {
  const order = JSON.parse(input) as RunOrder;
  const { lake, gold = join(lake, "gold"), scratch, rebuild, unit, keys, isCounted } = order;
  const { packAfterDays: afterDays, isProfiled = false, workers, wide, taskMib } = order;
  const { memoryMib } = order;
  const end = performance.now() + invocationMilliseconds;
  const steps = isProfiled ? watchSteps() : undefined;
  const stages: Record<string, number> = {};
  let last = performance.now();
  let cpu = process.cpuUsage();
  const stores = {
    silver: new DirectoryStore(join(lake, "silver")),
    gold: new DirectoryStore(gold),
  };
  const counted = {
    silver: new CountedStore(stores.silver),
    gold: new CountedStore(stores.gold),
  };
  const task = { lake, gold, scratch, unit, keys: keys ?? "numbers", wide };
  await using processes =
    workers === undefined
      ? undefined
      : new WorkerProcesses({
          gold: stores.gold,
          workers,
          signal: new AbortController().signal,
          start: () => {
            const of: TaskWorkerOrder = { ...task, workers };
            return fork(new URL("task-worker.mjs", import.meta.url), [JSON.stringify(of)]);
          },
        });
  const run = await runGold(
    isCounted ? counted : stores,
    catalogOf(unit, keys ?? "numbers", wide),
    {
      scratch,
      rebuild,
      tasks: processes?.dispatch,
      taskMib,
      packs: afterDays === undefined ? undefined : { afterDays },
      ...(memoryMib !== undefined && {
        memoryLimitMib: engineMemoryMib(memoryMib),
        remainingMilliseconds: () => end - performance.now(),
      }),
      // The last call of a part of a stage. It took the time since that of the previous part. Asking costs microseconds.
      onProgress({ stage, done, total }) {
        if (done < total) {
          return;
        }
        steps?.stageDone(stage);
        const now = performance.now();
        stages[stage] = (stages[stage] ?? 0) + now - last;
        last = now;
        const { user, system } = process.cpuUsage(cpu);
        stages[cpuOf(stage)] = (stages[cpuOf(stage)] ?? 0) + (user + system) / 1000;
        cpu = process.cpuUsage();
      },
    },
  );
  const daily = run.models.find(({ name }) => name === customerDaily.name);
  const calls = callKinds.map((kind) => [
    kind,
    counted.silver.calls[kind] + counted.gold.calls[kind],
  ]);
  return {
    ...stages,
    ...steps?.facts(),
    ...Object.fromEntries(calls),
    ...Object.fromEntries([...counted.gold.puts].map(([kind, count]) => [`PUT ${kind}`, count])),
    rows: run.currentRows[ordersByMonth.name] ?? 0,
    newObjects: run.newObjects,
    packs: run.packed?.packs ?? 0,
    partitions: daily?.built ?? 0,
  };
});
