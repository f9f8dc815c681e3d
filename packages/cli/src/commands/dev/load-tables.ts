/** Loads the user's tables as they are on disk now. Each time they are new modules. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SampleGenerator } from "@lakehouse/tables/sample-generator";
import type { TableMistake } from "@lakehouse/tables/table-mistake";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { framework } from "../check/folders.ts";

/** The tables and models without mistakes, and the mistakes. */
export interface LoadedTables {
  readonly catalog: Catalog;
  readonly mistakes: readonly TableMistake[];
  sampleGenerator(table: Table): SampleGenerator;
}

interface Bundler {
  bundleCatalog(tables: string, outfile: string): Promise<readonly TableMistake[]>;
}

/** Loads tables from one folder, again and again. */
export class TableLoader {
  #count = 0;
  readonly #tables: string;
  readonly #scratch: string;

  /** @param tables The folder with the tables' folders. @param scratch A folder for bundles. */
  constructor(tables: string, scratch: string) {
    this.#tables = tables;
    this.#scratch = scratch;
  }

  /** @throws Error if what is bundled can't be read. */
  async load(): Promise<LoadedTables> {
    // It is not part of the command's bundle, because it needs the bundler itself.
    const script = pathToFileURL(join(framework, "scripts/load-catalog.mjs")).href;
    const { bundleCatalog }: Bundler = await import(script);
    this.#count += 1;
    const file = join(this.#scratch, `tables-${this.#count}.mjs`);
    const mistakes = await bundleCatalog(this.#tables, file);
    const { catalog, sampleGenerator }: Omit<LoadedTables, "mistakes"> = await import(
      pathToFileURL(file).href
    );
    return { catalog, sampleGenerator, mistakes };
  }
}
