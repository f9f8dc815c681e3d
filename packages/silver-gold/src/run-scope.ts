/** The scope of a run, which all of its steps share. */
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { Engine } from "./engine/engine.ts";
import type { Stage } from "./gold-run.ts";
import type { SilverPacks } from "./packs/silver-packs.ts";
import type { TableCatalog } from "./publish/table-catalog.ts";
import type { FileLists } from "./state/file-list.ts";
import type { LocalFiles } from "./state/local-files.ts";
import type { Tasks } from "./tasks/tasks.ts";

/** The stores, the engine, local files and progress of one run. */
export interface RunScope {
  readonly gold: ObjectStore;
  readonly silver: ObjectStore;
  readonly engine: Engine;
  /** Opens another engine, whose queries use all cores, for what does not depend on the order in which rows are seen. */
  readonly openWide: () => Promise<Engine>;
  readonly files: LocalFiles;
  readonly lists: FileLists;
  /** Copies of silver objects of earlier days. */
  readonly packs: SilverPacks;
  /** Where engines find tables by name; undefined if only folders name them. */
  readonly catalog: TableCatalog | undefined;
  /** Does parts of the run elsewhere; undefined if this process does everything. */
  readonly tasks?: Tasks | undefined;
  /** About how many bytes of silver a task reads. */
  readonly taskBytes: number;
  /** The sequence number of this run, if it commits. */
  readonly sequence: number;
  /** The number of objects that are read or written at once. */
  readonly concurrency: number;
  /** The most objects of a part of a manifest; undefined for the default. */
  readonly objectsPerPart?: number | undefined;
  /** The most rows of a data file of a model; undefined for the default. */
  readonly rowsPerFile?: number | undefined;
  /** Receives the files of both layers that are not objects. */
  readonly passOver: PassOver;
  readonly progress: (stage: Stage, name: string, done: number, total: number) => void;
}
