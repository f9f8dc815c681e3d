/** The tables and models of a run as views over local files, whole or one partition of them. */
import { currentFormat, statePrefix } from "@lakehouse/lake/keys";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { FileRelation, TypedColumn } from "../engine/engine.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import type { LocalFiles } from "../state/local-files.ts";
import type { ModelRecord, TableRecord } from "../state/run-record.ts";
import { tableOf } from "./model-plan.ts";

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
  readonly format: FileRelation["format"];
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
      this.#entries.set(name, { columns, format: currentFormat, keys, dividedBy: name });
    }
  }

  /** Adds a model as it will be after this run. */
  setModel(model: Model, { outputs }: ModelRecord): void {
    const { columns, format } = model;
    const dividedBy = tableOf(model)?.name;
    this.#entries.set(model.name, { columns, format, keys: keysOf(outputs), dividedBy });
  }

  /**
   * A table or model, by name.
   *
   * @param partition Only this partition, of what is divided by the same table; everything else is whole.
   */
  async of(name: string, partition?: PartitionOf): Promise<FileRelation> {
    return await this.parts(name, this.#valuesOf(name, partition));
  }

  /** Some partitions of a table or model; those that it does not have are left out. */
  async parts(name: string, values: readonly string[]): Promise<FileRelation> {
    const { columns, format, keys } = this.#entry(name);
    const found = values.flatMap((value) => keys.get(value) ?? []);
    const files = await inParallel(found, this.#concurrency, (key) => this.#files.get(key));
    return { kind: "files", columns, format, files };
  }

  /**
   * Verifies that current rows are those that a run wrote. Outputs of models are not verified.
   *
   * @param partition As for `of`.
   * @throws StateError that names the first object that is not.
   */
  async verify(name: string, partition?: PartitionOf): Promise<void> {
    const { keys } = this.#entry(name);
    for (const value of this.#valuesOf(name, partition)) {
      const key = keys.get(value) ?? "";
      if (key.startsWith(statePrefix)) {
        await this.#files.verified(key);
      }
    }
  }

  #valuesOf(name: string, partition: PartitionOf | undefined): readonly string[] {
    const { keys, dividedBy } = this.#entry(name);
    return partition !== undefined && dividedBy === partition.table
      ? [partition.value]
      : [...keys.keys()];
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw new Error(`${name} was not built yet.`);
    }
    return entry;
  }
}

function keysOf(files: Readonly<Record<string, { readonly key: string }>>): Map<string, string> {
  return new Map(Object.entries(files).map(([value, { key }]) => [value, key]));
}
