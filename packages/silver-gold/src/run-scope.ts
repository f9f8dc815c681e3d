/** What all steps of one run share. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Engine } from "./engine/engine.ts";
import type { LocalFiles } from "./state/local-files.ts";

/** The steps of a run, in order. */
export type Stage = "plan" | "merge" | "build" | "check" | "commit" | "publish";

/** How far a run is. */
export interface GoldProgress {
  readonly stage: Stage;
  /** The table or model, or what is counted. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

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
