/** A gold run whose tasks are killed, repeated, delayed and out of order is the same as one without tasks. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "@lakehouse/docker/testing/execution-environment";
import { describe, expect, it } from "vitest";
import { endOf, redriveExecution, startExecution } from "../../src/executions.ts";
import type { FunctionProcess } from "../../src/function-process.ts";
import { assumeRole } from "../../src/roles.ts";
import type { System } from "../../src/system.ts";
import { keysIn, textOf } from "../support/lake.ts";

/** So small that the test's silver makes many tasks. */
const variables = { TASK_MIB: "0.004" };
/** Execution environments of gold-task. The state machine starts three tasks at once, so one waits. */
const environments = 2;

/** What gold holds: the published files, and the names of the data files of current rows, which have their digests. */
async function goldOf({ s3, lake }: System): Promise<unknown> {
  const { gold } = lake.buckets;
  const published = (await keysIn(s3, gold)).filter((key) => key.endsWith(".csv"));
  const texts = published.map(async (key) => [key, await textOf(s3, gold, key)] as const);
  const record = JSON.parse(await textOf(s3, gold, "_state/run.json")) as {
    readonly sequence: number;
    readonly tables: Readonly<Record<string, { readonly partitions?: unknown }>>;
    readonly models: unknown;
  };
  const { tables, models } = record;
  // A run's number and time are part of names.
  const text = JSON.stringify({ tables, models }).replaceAll(/\d{8}-(?=[0-9a-f]{16})/g, "");
  return { published: await Promise.all(texts), record: JSON.parse(text) as unknown };
}

/** Execution environments that each handle one event at a time. */
class Pool {
  readonly #free: FunctionProcess[];
  readonly #waiting: ((process: FunctionProcess) => void)[] = [];

  constructor(processes: readonly FunctionProcess[]) {
    this.#free = [...processes];
  }

  async with(action: (process: FunctionProcess) => Promise<Outcome>): Promise<Outcome> {
    const process =
      this.#free.pop() ??
      (await new Promise<FunctionProcess>((resolve) => this.#waiting.push(resolve)));
    try {
      return await action(process);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#free.push(process);
      } else {
        next(process);
      }
    }
  }
}

/** Kills the process soon after it got the event. */
async function killed(
  { environment }: FunctionProcess,
  event: unknown,
  afterMilliseconds: number,
): Promise<Outcome> {
  const outcome = environment.invoke(event);
  if (afterMilliseconds > 0) {
    await sleep(afterMilliseconds);
  }
  await environment.kill();
  return await outcome;
}

export function fanOut(started: () => System): void {
  describe("a gold run that is spread over many invocations", () => {
    it("is the same as one that is not, whatever happens to its tasks, and goes on where it failed", async () => {
      const system = started();
      const { emulator } = system;
      const deployment = await system.spreadGold();
      const { fanOut: deployed, schedule } = deployment;
      if (deployed === undefined || schedule.targetArn !== deployed.arn) {
        throw new Error(`The schedule starts ${schedule.targetArn}.`);
      }
      await assumeRole(emulator, deployed.roleArn, "states.amazonaws.com");
      const { task } = deployed;
      const with_ = { variables: { ...task.variables, ...variables } };
      await using silverGold = await system.run({ ...deployment.silverGold, ...with_ });
      const { environment } = silverGold;
      expect(await environment.invoke({ rebuild: true })).toMatchObject({ kind: "succeeded" });
      const expected = await goldOf(system);

      const processes = await Promise.all(
        Array.from({ length: environments }, () => system.run({ ...task, ...with_ })),
      );
      const pool = new Pool(processes);
      const attempts = new Map<string, number>();
      let poisoned: string | undefined;
      let beside: (() => Promise<void>) | undefined;
      system.functions.serve(async (name, event) => {
        if (name === deployment.silverGold.name) {
          await beside?.();
          return await environment.invoke(event);
        }
        const { task: key } = event as { readonly task: string };
        const attempt = (attempts.get(key) ?? 0) + 1;
        attempts.set(key, attempt);
        poisoned ??= key;
        const kind = [...attempts.keys()].indexOf(key) % 3;
        if (poisoned === key) {
          return await pool.with((process) => killed(process, event, 0));
        }
        if (kind === 0 && attempt === 1) {
          return await pool.with((process) => killed(process, event, 20));
        }
        if (kind === 1) {
          await sleep(300);
        }
        const both = [pool.with((process) => process.environment.invoke(event))];
        if (kind === 2) {
          both.push(pool.with((process) => process.environment.invoke(event)));
        }
        const [outcome] = await Promise.all(both);
        return outcome as Outcome;
      });
      try {
        const arn = await startExecution(emulator, deployment, { rebuild: true });
        const failed = await endOf(emulator, arn);
        expect(failed, silverGold.environment.log).toMatchObject({ status: "FAILED" });
        // Tried four times, and nothing of the run is in gold.
        expect(attempts.get(poisoned ?? "")).toBe(4);
        expect(await goldOf(system)).toEqual(expected);

        const healed = poisoned ?? "";
        poisoned = "";
        await redriveExecution(emulator, arn);
        const ended = await endOf(emulator, arn);
        expect(ended, silverGold.environment.log).toMatchObject({
          status: "SUCCEEDED",
          output: { status: "done", outcome: "published" },
        });
        expect(attempts.get(healed)).toBeGreaterThan(4);
        expect(await goldOf(system)).toEqual(expected);
        // Each of the three kinds of trouble happened.
        expect(attempts.size).toBeGreaterThan(3);

        // Of two executions beside a run, the first waits and runs after it. The second ends at once.
        let next = "";
        beside = async () => {
          beside = undefined;
          next = await startExecution(emulator, deployment);
          const last = await endOf(emulator, await startExecution(emulator, deployment));
          expect(last).toMatchObject({ status: "SUCCEEDED", output: { request: {} } });
        };
        const first = await endOf(emulator, await startExecution(emulator, deployment));
        for (const each of [first, await endOf(emulator, next)]) {
          expect(each).toMatchObject({ output: { status: "done", outcome: "nothing-new" } });
        }
      } finally {
        await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()));
      }
    }, 300_000);
  });
}
