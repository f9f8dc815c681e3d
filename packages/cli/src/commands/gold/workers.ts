/** The worker processes of `lakehouse gold --workers N`: processes of this program, with the same lake. */
import { spawn } from "node:child_process";
import {
  serveTasks,
  sessionsOfWorker,
  WorkerProcesses,
} from "@lakehouse/silver-gold/worker-processes";
import type { Context, Outcome } from "../../context.ts";
import { withTemporaryFolder } from "../../runtime.ts";

/** Prepares workers. Each starts with its first task. */
export function startWorkers(
  { lake, location, environment, scratch, signal }: Context,
  workers: number,
  memoryMib: number | undefined,
): WorkerProcesses {
  const [, program = ""] = process.argv;
  const where = environment === undefined ? ["--lake", location] : ["--env", environment];
  const memory = memoryMib === undefined ? [] : ["--memory-mib", `${memoryMib}`];
  const settings = ["--worker", "--workers", `${workers}`, ...memory];
  return new WorkerProcesses({
    gold: lake.gold,
    workers,
    signal,
    start: () =>
      spawn(process.execPath, [...process.execArgv, program, ...where, "gold", ...settings], {
        stdio: ["ignore", "ignore", "ignore", "ipc"],
        // What a killed worker leaves goes with this process's folder.
        env: withTemporaryFolder(scratch),
      }),
  });
}

/** Is a worker, until the process that started it ends. */
export async function worker(
  { lake, catalog, scratch }: Context,
  {
    memoryMib,
    workers = 1,
  }: { readonly memoryMib?: number | undefined; readonly workers?: number | undefined },
): Promise<Outcome> {
  const sessions = sessionsOfWorker(workers);
  await serveTasks(lake, catalog, { scratch, memoryLimitMib: memoryMib, sessions });
  return { output: "" };
}
