/** What all steps of one run share. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Engine } from "./engine/engine.ts";
import type { Stage } from "./gold-run.ts";
import type { LocalFiles } from "./state/local-files.ts";

/** What all steps of one run share. */
export interface RunScope {
  readonly gold: ObjectStore;
  readonly silver: ObjectStore;
  readonly engine: Engine;
  readonly files: LocalFiles;
  /** The number that this run commits under, if it does. */
  readonly sequence: number;
  /** How many objects are read or written at once. */
  readonly concurrency: number;
  readonly progress: (stage: Stage, name: string, done: number, total: number) => void;
}
