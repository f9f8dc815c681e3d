/** The lake that the page shows. The command and the gold function each have one. */
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { TableMistake } from "@lakehouse/tables/table-mistake";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Place } from "../inspect/engines.ts";

/** What the page's data is collected from. */
export interface PageLake {
  readonly lake: { readonly silver: ObjectStore; readonly gold: ObjectStore };
  /** The address of bronze; undefined if it can't be read. */
  readonly bronze: string | undefined;
  readonly catalog: Catalog;
  readonly mistakes: readonly TableMistake[];
  /** Where engines find gold. */
  readonly place: Place;
  readonly environment: string | undefined;
  readonly commandLine: string;
  /** A folder for the engine. */
  readonly scratch: string;
  readonly passOver: PassOver;
}
