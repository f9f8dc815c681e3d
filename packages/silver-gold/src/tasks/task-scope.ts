/** What all kinds of tasks work with. */
import type { EngineOptions } from "../engine/engine.ts";
import type { RunScope } from "../run-scope.ts";

/** The stores, local files and engine of one task. */
export interface TaskScope
  extends Pick<RunScope, "gold" | "silver" | "files" | "lists" | "concurrency" | "sequence"> {
  /** How to open an engine, if the task needs one. */
  readonly engineOptions: EngineOptions;
  /** Writes a local file, which may be moved away, under a name with its digest. @returns Its key. */
  readonly store: (path: string) => Promise<string>;
}
