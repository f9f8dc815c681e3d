/** What every command is given: the lake, the catalog, a scratch folder, progress and a signal to stop. */
import type { Lake } from "@lakehouse/lake/object-store";
import type { Screen } from "@lakehouse/terminal/screen";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Progress } from "./output/progress.ts";

/** The surroundings of one run of a command. */
export interface Context {
  readonly catalog: Catalog;
  /** A directory, or `s3`. */
  readonly location: string;
  /** Opened when first asked for: a command that needs no lake needs no bucket either. */
  readonly lake: Lake;
  /** The process's variables; of a deployed environment, with those that lead to its lake. */
  readonly environment: NodeJS.ProcessEnv;
  /** A folder of this run alone; removed at its end, however it ends. */
  readonly scratch: string;
  /** Whether the result is asked for as one JSON document. */
  readonly json: boolean;
  /** Where the result goes when it is for people. */
  readonly screen: Screen;
  readonly progress: Progress;
  /** Aborted with an InterruptedError when the user wants the command to stop. */
  readonly signal: AbortSignal;
}

/** What a command ends with. */
export interface Outcome {
  /** Goes to stdout. */
  readonly output: string | AsyncIterable<string>;
  /** 0 when absent. */
  readonly exitCode?: number;
}
