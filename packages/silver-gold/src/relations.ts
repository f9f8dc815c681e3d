/** The tables and models of a run as views over local files, whole or one partition of them. */
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { inParallel } from "./in-parallel.ts";
import type { LocalFiles } from "./local-files.ts";
import { tableOf } from "./model-plan.ts";
import type { Relation } from "./relation.ts";
import type { ModelRecord, TableRecord } from "./run-record.ts";
import type { RunScope } from "./run-scope.ts";
import type { TypedColumn } from "./sql-text.ts";

/** A table's current rows, and what changed in them. */
export interface CurrentTable {
  readonly record: TableRecord;
  readonly changed: ReadonlySet<string>;
  readonly redefined: boolean;
}

/** One partition of a table. */
export interface PartitionOf {
  readonly table: string;
  readonly value: string;
}

interface Entry {
  readonly columns: readonly TypedColumn[];
  readonly format: Relation["format"];
  /** Keys by partition value. */
  readonly keys: ReadonlyMap<string, string>;
  readonly dividedBy: string | undefined;
}

/** Finds the files of tables and models by name. */
export class Relations {
  readonly #entries = new Map<string, Entry>();
  readonly #files: LocalFiles;
  readonly #concurrency: number;

  constructor(
    { files, concurrency }: Pick<RunScope, "files" | "concurrency">,
    catalog: Catalog,
    tables: ReadonlyMap<string, CurrentTable>,
  ) {
    this.#files = files;
    this.#concurrency = concurrency;
    for (const { name, columns } of catalog.tables) {
      const keys = keysOf(tables.get(name)?.record.partitions ?? {});
      this.#entries.set(name, { columns, format: "parquet", keys, dividedBy: name });
    }
  }

  /** Makes a model known as it will be after this run. */
  setModel(model: Model, { outputs }: ModelRecord): void {
    const { columns, format } = model;
    const dividedBy = tableOf(model)?.name;
    this.#entries.set(model.name, { columns, format, keys: keysOf(outputs), dividedBy });
  }

  /**
   * A table or model, by name.
   *
   * @param partition Only this partition, of what is divided by the same table; the whole of all else.
   */
  async of(name: string, partition?: PartitionOf): Promise<Relation> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw new Error(`${name} was not built yet.`);
    }
    const values =
      partition !== undefined && entry.dividedBy === partition.table
        ? [partition.value]
        : [...entry.keys.keys()];
    return await this.parts(name, values);
  }

  /** Some partitions of a table or model; those that it does not have are left out. */
  async parts(name: string, values: readonly string[]): Promise<Relation> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw new Error(`${name} was not built yet.`);
    }
    const keys = values.flatMap((value) => entry.keys.get(value) ?? []);
    const files = await inParallel(keys, this.#concurrency, (key) => this.#files.get(key));
    return { columns: entry.columns, format: entry.format, files };
  }
}

function keysOf(files: Readonly<Record<string, { readonly key: string }>>): Map<string, string> {
  return new Map(Object.entries(files).map(([value, { key }]) => [value, key]));
}
