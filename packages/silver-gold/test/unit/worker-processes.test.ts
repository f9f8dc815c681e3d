/** Workers that die are replaced, and all of them end with the run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { TaskFailedError } from "../../src/errors.ts";
import { taskKey } from "../../src/state/state-keys.ts";
import { WorkerProcesses } from "../../src/tasks/worker-processes.ts";
import { MemoryStore } from "../support/memory-store.ts";

const key = taskKey(1, "0123456789abcdef");
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) {
    expect(child.exitCode ?? child.signalCode).not.toBeNull();
  }
});

/** @param answer What a worker does with its n-th message. */
async function workersOf(answer: string, signal = new AbortController().signal) {
  const gold = new MemoryStore();
  const task = { kind: "read", table: "readings", fingerprint: "f", objects: [], only: null };
  await gold.put(key, Buffer.from(JSON.stringify(task)));
  const program = `let n = 0; process.on("message", () => { n += 1; ${answer} }); process.on("disconnect", () => process.exit());`;
  return new WorkerProcesses({
    gold,
    workers: 2,
    signal,
    start: () => {
      const child = spawn(process.execPath, ["--eval", program], {
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
      started.push(child);
      return child;
    },
  });
}

test("a task is tried again, and its worker keeps its other tasks", async () => {
  await using workers = await workersOf(
    'process.send(n < 3 ? { error: "no disk" } : { done: true });',
  );
  let done = 0;
  await workers.dispatch([key], () => {
    done += 1;
  });
  await workers.dispatch([key], () => {
    done += 1;
  });
  expect({ done, started: started.length }).toEqual({ done: 2, started: 1 });
});

test("a task whose workers die is tried a few times, and the error names it", async () => {
  await using workers = await workersOf("process.exit(7);");
  const failed = workers.dispatch([key, key, key], () => {});
  await expect(failed).rejects.toThrow(
    expect.objectContaining({
      message: expect.stringContaining("failed 3 times at reading silver of table readings"),
      detail: "the worker process ended with exit code 7",
    }),
  );
  await expect(failed).rejects.toBeInstanceOf(TaskFailedError);
});

test("an abort ends all workers, and is the error", async () => {
  const controller = new AbortController();
  const workers = await workersOf("", controller.signal);
  const running = workers.dispatch([key, key], () => {});
  running.catch(() => {});
  await Promise.all(started.map((child) => once(child, "spawn")));
  controller.abort(new Error("stopped"));
  await expect(running).rejects.toThrow("stopped");
});
