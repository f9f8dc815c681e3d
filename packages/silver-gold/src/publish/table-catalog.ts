/** A catalog of tables: where engines find tables by name. */
import type { TableSchema } from "@lakehouse/open-tables/table-schema";

/** A catalog of tables, such as a database of Glue. */
export interface TableCatalog {
  /** Its tables, by name. */
  tables(): Promise<ReadonlyMap<string, FoundTable>>;
  /** A table as it is now. */
  find(name: string): Promise<FoundTable | undefined>;
  /** Adds a table. @returns False if there is one already. */
  create(entry: CatalogEntry): Promise<boolean>;
  /** Replaces a table. @returns False if it is not this version any longer. */
  update(entry: CatalogEntry, version: string): Promise<boolean>;
  /** Removes a table, if it is there. */
  drop(name: string): Promise<void>;
}

/** A table that a catalog has. */
export interface FoundTable {
  readonly parameters: Readonly<Record<string, string>>;
  /** The address of its folder. */
  readonly location: string;
  /** Another one after each change. */
  readonly version: string;
}

/** An Iceberg table, as a catalog describes it. */
export interface CatalogEntry {
  readonly schema: TableSchema;
  /** The address of its folder. */
  readonly location: string;
  readonly parameters: Readonly<Record<string, string>>;
}
