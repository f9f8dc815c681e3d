/** What a run answers the state machine that spreads it over many invocations (infra/src/fan-out/definition.ts). */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Request } from "./event.ts";
import type { GoldRun } from "./gold-run.ts";
import { hashBytes } from "./state/content-hash.ts";
import { sequenceOf, taskListKey } from "./state/state-keys.ts";
import { createOnly } from "./tasks/stored-tasks.ts";

/** How the state machine goes on: with tasks and then the same request, with another run, or not at all. */
export type Advance =
  | {
      readonly status: "tasks";
      /** The gold bucket. */
      readonly bucket: string | undefined;
      /** The key of the list of tasks. */
      readonly key: string;
      readonly request: Request;
    }
  | (GoldRun & { readonly status: "again" | "done"; readonly request: object });

/** What follows a run: another one, if its time was up. That one need not be asked to rebuild again. */
export function afterRun(run: GoldRun): Advance {
  const isLeft = run.remaining.objects > 0 && run.outcome !== "superseded";
  return { status: isLeft ? "again" : "done", request: {}, ...run };
}

/**
 * Writes the list of tasks, a JSON array of their keys, which the state machine reads.
 *
 * @returns Its key. It goes when the tasks go.
 */
export async function listTasks(gold: ObjectStore, tasks: readonly string[]): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(tasks));
  const key = taskListKey(sequenceOf(tasks[0] ?? "") ?? 0, hashBytes(bytes));
  await createOnly(gold, key, bytes);
  return key;
}
