/** A catalog of tables in memory. As Glue, it gives a table another version with each change. */
import type { CatalogEntry, FoundTable, TableCatalog } from "../../src/publish/table-catalog.ts";
import type { Watcher } from "./watched-store.ts";

/** A catalog that tests can look into. */
export class MemoryCatalog implements TableCatalog {
  readonly entries = new Map<string, FoundTable>();
  /** All changes, in order: `create readings`. */
  readonly changes: string[] = [];
  #versions = 0;

  async tables(): Promise<ReadonlyMap<string, FoundTable>> {
    return new Map(this.entries);
  }

  async find(name: string): Promise<FoundTable | undefined> {
    return this.entries.get(name);
  }

  async create({ schema, location, parameters }: CatalogEntry): Promise<boolean> {
    if (this.entries.has(schema.name)) {
      return false;
    }
    this.put("create", schema.name, { location, parameters });
    return true;
  }

  async update({ schema, location, parameters }: CatalogEntry, version: string): Promise<boolean> {
    if (this.entries.get(schema.name)?.version !== version) {
      return false;
    }
    this.put("update", schema.name, { location, parameters });
    return true;
  }

  async drop(name: string): Promise<void> {
    this.changes.push(`drop ${name}`);
    this.entries.delete(name);
  }

  /** Adds or replaces a table. */
  put(change: string, name: string, table: Omit<FoundTable, "version">): void {
    this.changes.push(`${change} ${name}`);
    this.#versions += 1;
    this.entries.set(name, { ...table, version: String(this.#versions) });
  }

  /** Where a table's metadata is. */
  metadataOf(name: string): string | undefined {
    return this.entries.get(name)?.parameters["metadata_location"];
  }

  /** A catalog with the same tables. */
  copy(): MemoryCatalog {
    const other = new MemoryCatalog();
    for (const [name, { location, parameters }] of this.entries) {
      other.put("copy", name, { location, parameters });
    }
    return other;
  }
}

/** A catalog whose calls a watcher sees. */
export function watchedCatalog(catalog: TableCatalog, watcher: Watcher): TableCatalog {
  const watch = async <T>(call: string, action: () => Promise<T>): Promise<T> => {
    await watcher.before(call);
    const result = await action();
    await watcher.after(call);
    return result;
  };
  return {
    tables: () => watch("catalog tables", () => catalog.tables()),
    find: (name) => watch(`catalog find ${name}`, () => catalog.find(name)),
    create: (entry) => watch(`catalog create ${entry.schema.name}`, () => catalog.create(entry)),
    update: (entry, version) =>
      watch(`catalog update ${entry.schema.name}`, () => catalog.update(entry, version)),
    drop: (name) => watch(`catalog drop ${name}`, () => catalog.drop(name)),
  };
}
