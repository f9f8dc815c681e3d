/** Defines the tables and models of a run as views over local files, whole or by partition. */
import { writeFile } from "node:fs/promises";
import type { FileColumn } from "@lakehouse/formats/column";
import { bronzeKeyOfSilver } from "@lakehouse/lake/keys";
import { type CurrentRelation, type ModelRelation, relationsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { FileView, SilverView } from "../engine/engine.ts";
import { SilverChangedError, StateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { SilverPacks } from "../packs/silver-packs.ts";
import type { RunScope } from "../run-scope.ts";
import { shortHash } from "../state/content-hash.ts";
import { LocalFiles } from "../state/local-files.ts";
import type { PartialManifest } from "../state/manifest-parts.ts";
import { filesOfOutput, type ModelRecord, type TableRecord } from "../state/run-record.ts";
import { tableOf } from "./model-plan.ts";
import { isSilver, type SilverInput, type SilverInputs } from "./silver-inputs.ts";

/** A table's current rows, and what changed in them. */
export interface CurrentTable {
  readonly record: TableRecord;
  /** The silver objects in it. */
  readonly silver: PartialManifest;
  /** The keys of its data files by partition. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  readonly changed: ReadonlySet<string>;
  readonly redefined: boolean;
}

/** One partition of a table. */
export interface PartitionOf {
  readonly table: string;
  readonly value: string;
}

/** A file as the run record names it. The key of current rows contains the digest. */
interface RecordedFile {
  readonly key: string;
  readonly hash?: string | undefined;
}

/** The files of a table or model by the value of their partition. */
export type SourceFiles = ReadonlyMap<string, readonly RecordedFile[]>;

/** Finds the files of tables and models by name. */
export class Relations {
  readonly #relations: ReadonlyMap<string, CurrentRelation | ModelRelation>;
  /** Each relation's files by partition value. A model has none until it is built. */
  readonly #keys = new Map<string, SourceFiles>();
  readonly #files: LocalFiles;
  readonly #silver: SilverInputs;
  /** Objects of the silver store. */
  readonly #silverFiles: LocalFiles;
  /** Undefined if the silver store's own files are read. */
  readonly #packs: SilverPacks | undefined;
  /** By table. */
  readonly #unpacked = new Map<string, Promise<void>>();
  readonly #concurrency: number;

  constructor(
    {
      silver,
      files,
      packs,
      concurrency,
    }: Pick<RunScope, "silver" | "files" | "packs" | "concurrency">,
    catalog: Catalog,
    tables: ReadonlyMap<string, CurrentTable>,
    inputs: SilverInputs = new Map(),
  ) {
    this.#silver = inputs;
    this.#silverFiles = new LocalFiles(silver, files.directory);
    this.#packs = silver.folders === undefined ? packs : undefined;
    this.#files = files;
    this.#concurrency = concurrency;
    const relations = relationsOf(catalog).filter((relation) => !isSilver(relation));
    this.#relations = new Map(relations.map((relation) => [relation.name, relation]));
    for (const { name } of catalog.tables) {
      const files = tables.get(name)?.files ?? new Map<string, readonly string[]>();
      const keys = [...files].map(
        ([value, all]) => [value, all.map((key): RecordedFile => ({ key }))] as const,
      );
      this.#keys.set(name, new Map(keys));
    }
  }

  /** Adds a model in its state after this run. */
  setModel({ name }: Model, { outputs }: ModelRecord): void {
    const keys = Object.entries(outputs).map(
      ([value, output]) => [value, filesOfOutput(output)] as const,
    );
    this.setFiles(name, new Map(keys));
  }

  /** Sets the files of a table or model. */
  setFiles(name: string, files: SourceFiles): void {
    this.#keys.set(name, files);
  }

  /** The files of a table or model; undefined for what is read of silver. */
  sourceOf(name: string): SourceFiles | undefined {
    return this.#silver.has(name) ? undefined : this.#entry(name).keys;
  }

  /**
   * A table or model, by name.
   *
   * @param partition If the relation is divided by the same table, only this partition of it.
   */
  async of(name: string, partition?: PartitionOf): Promise<FileView | SilverView> {
    const input = this.#silver.get(name);
    if (input !== undefined) {
      return await this.#silverView(input);
    }
    return await this.parts(name, this.#valuesOf(name, partition));
  }

  /**
   * Some partitions of a table or model. Partitions that it does not have are left out.
   *
   * @throws StateError that names the first file that is not what a run wrote.
   */
  async parts(name: string, values: readonly string[]): Promise<FileView> {
    const { relation, keys } = this.#entry(name);
    const { columns, format } = relation;
    const found = values.flatMap((value) => keys.get(value) ?? []);
    const files = await inParallel(found, this.#concurrency, ({ key, hash }) =>
      this.#files.verified(key, hash),
    );
    return { kind: "files", columns, format, files, isShared: true };
  }

  /** Whether the relation has the partitions of a table. */
  isDividedBy(name: string, table: string): boolean {
    const relation = this.#relations.get(name);
    return relation !== undefined && dividedBy(relation) === table;
  }

  /** The columns of a relation, and the primary key of a table. */
  definitionOf(name: string): {
    readonly columns: readonly FileColumn[];
    readonly primaryKey: readonly string[];
  } {
    const relation = this.#silver.get(name)?.relation ?? this.#entry(name).relation;
    const { columns } = relation;
    return { columns, primaryKey: relation.kind === "current" ? relation.table.primaryKey : [] };
  }

  /** Some partitions of a relation as one view, with the place of its partition in the list beside each row. */
  async numbered(name: string, values: readonly string[]): Promise<FileView> {
    const { keys } = this.#entry(name);
    const partitions = values.flatMap((value, index) => (keys.get(value) ?? []).map(() => index));
    return { ...(await this.parts(name, values)), partitions };
  }

  async #silverView({ relation, objects }: SilverInput): Promise<FileView | SilverView> {
    const { kind, columns, format } = relation;
    if (kind === "silver") {
      const { name } = relation.table;
      const unpacked = this.#unpacked.get(name) ?? this.#unpack(name, objects);
      this.#unpacked.set(name, unpacked);
      await unpacked;
    }
    const files = await inParallel(objects, this.#concurrency, (object) =>
      this.#silverFile(object),
    );
    return kind === "silver" ? { kind, columns, files } : { kind: "files", columns, format, files };
  }

  /** Makes local files of the objects that packs have. */
  async #unpack(table: string, objects: SilverInput["objects"]): Promise<void> {
    const missing = objects.filter(({ key }) => !this.#silverFiles.has(key));
    const copies = await this.#packs?.of(
      table,
      missing.map(({ key }) => key),
    );
    try {
      for (const { key, sha256 } of copies === undefined ? [] : missing) {
        const copy = sha256 && (await copies?.bytes(key, sha256));
        if (copy) {
          const path = this.#silverFiles.newPath(key.slice(key.lastIndexOf(".") + 1));
          await writeFile(path, copy.bytes);
          this.#silverFiles.set(key, path);
        }
      }
    } finally {
      await copies?.close();
    }
  }

  async #silverFile({ key, sha256 }: SilverInput["objects"][number]): Promise<string> {
    if (sha256 === undefined) {
      return await this.#silverFiles.get(key);
    }
    return await this.#silverFiles.verified(key, shortHash(sha256)).catch((error: unknown) => {
      if (!(error instanceof StateError)) {
        throw error;
      }
      const problem = "its content has changed since a gold run merged it";
      throw new SilverChangedError({ key, bronzeKey: bronzeKeyOfSilver(key) }, problem);
    });
  }

  #valuesOf(name: string, partition: PartitionOf | undefined): readonly string[] {
    const { relation, keys } = this.#entry(name);
    return partition !== undefined && dividedBy(relation) === partition.table
      ? [partition.value]
      : [...keys.keys()];
  }

  #entry(name: string) {
    const relation = this.#relations.get(name);
    const keys = this.#keys.get(name);
    if (relation === undefined || keys === undefined) {
      throw new Error(`${name} was not built yet.`);
    }
    return { relation, keys };
  }
}

/** The table whose partitions divide the relation. */
function dividedBy(relation: CurrentRelation | ModelRelation): string | undefined {
  return relation.kind === "current" ? relation.name : tableOf(relation.model)?.name;
}
