/** What every command gets: the lake, the catalog, a scratch folder, progress and a signal to stop. */
import type { DeployedLake } from "@lakehouse/lake/deployed-lake";
import type { LakeSettings } from "@lakehouse/lake/lake-settings";
import type { Lake, PassOver } from "@lakehouse/lake/object-store";
import type { FindPersonalKey } from "@lakehouse/lake/personal-key";
import type { TableMistake } from "@lakehouse/tables/table-mistake";
import type { Screen } from "@lakehouse/terminal/screen";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Progress } from "./output/progress.ts";

/** The context of one run of a command. */
export interface Context {
  /** All tables and models without mistakes. */
  readonly catalog: Catalog;
  /** What is not in the catalog, because it can't be used. Empty for commands that change the lake. */
  readonly mistakes: readonly TableMistake[];
  /** A directory, or `s3`. */
  readonly location: string;
  /** Whether the command line names the location. */
  readonly hasOwnLocation?: boolean;
  /** The deployed environment that the lake is of, if it was named. */
  readonly environment?: string | undefined;
  /** What its deployment wrote. */
  readonly deployed?: DeployedLake | undefined;
  /** Opened on first use, so that a command without a lake needs no bucket. */
  readonly lake: Lake;
  /** What a user types before a command's name to run it on this lake: `npm run -s lakehouse -- --env dev`. */
  readonly commandLine: string;
  /** The lake's settings. */
  readonly settings: LakeSettings;
  /** Finds the key for hashes of personal data. */
  readonly findPersonalKey?: FindPersonalKey;
  /** Where relative paths on the command line start. */
  readonly folder: string;
  /** The folder with the built page. Absent where no command shows it. */
  readonly page?: string;
  /** A folder for this run only. It is always removed at the end. */
  readonly scratch: string;
  /** Whether to print the result as one JSON document. */
  readonly json: boolean;
  /** Where text for people goes. */
  readonly screen: Screen;
  readonly progress: Progress;
  /** Asks the person at the terminal. Absent if there is no terminal, or with `--json`. */
  readonly ask?: (question: string) => Promise<string>;
  /** Prints what a listing passes over at the end of the command, each file once. */
  readonly passOver: PassOver;
  /** Aborted with an InterruptedError when the user wants the command to stop. */
  readonly signal: AbortSignal;
}

/** The result of a command. */
export interface Outcome {
  /** Goes to stdout. */
  readonly output: string | AsyncIterable<string>;
  /** 0 when absent. */
  readonly exitCode?: number;
  /** Whether a signal is how it ends, so that it is no error. */
  readonly endsBySignal?: true;
}
