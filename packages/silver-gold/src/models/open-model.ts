/** The data files of a model that is an open table: some for each partition, named by their content. */
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Model } from "@lakehouse/transforms/model/model";
import { unlessStateError } from "../errors.ts";
import type { RunScope } from "../run-scope.ts";
import { type ColumnIds, idsByName, nextColumnIds, noColumnIds } from "../state/column-ids.ts";
import { hashBytes, hashFile } from "../state/content-hash.ts";
import { encodeFileList, type FileList, noFiles } from "../state/file-list.ts";
import {
  filesOfOutput,
  type ModelRecord,
  type Output,
  type StoredFile,
} from "../state/run-record.ts";
import { dataKey, dataPath, fileListKey, isSameContent } from "../state/state-keys.ts";
import { isTaken } from "../state/taken-files.ts";
import type { StoredFile as TaskFile } from "./build-by-tasks.ts";
import type { BuiltFile } from "./build-values.ts";
import { tableOf } from "./model-plan.ts";

type Scope = Pick<RunScope, "files" | "lists" | "sequence">;

/** The ids that the columns of a model have in its next data files. @param before The model's part of the run record. */
export async function fieldIdsOf(
  lists: Pick<RunScope["lists"], "byKey">,
  { columns }: Model,
  before: ModelRecord | undefined,
): Promise<Readonly<Record<string, number>>> {
  return idsByName(nextColumnIds((await listBefore(lists, before)).columnIds, columns));
}

/** The file list of a model. A damaged list is made again, with all partitions. */
async function listBefore(
  lists: Pick<RunScope["lists"], "byKey">,
  before: ModelRecord | undefined,
): Promise<FileList> {
  const key = before?.files?.key;
  const lost = { ...noFiles, columnIds: before?.columnIds ?? noColumnIds };
  return key === undefined ? noFiles : ((await lists.byKey(key).catch(unlessStateError)) ?? lost);
}

/** The files of one model during a run. */
export class OpenModel {
  readonly #scope: Scope;
  readonly #model: Model;
  readonly #before: ModelRecord | undefined;
  readonly #columnIds: ColumnIds;
  /** Data files by key: those of the last run, and new ones. */
  readonly #files: Map<string, DataFile>;
  readonly #uploads = new Map<string, ObjectBody>();

  private constructor(scope: Scope, model: Model, before: ModelRecord | undefined, list: FileList) {
    this.#scope = scope;
    this.#model = model;
    this.#before = before;
    this.#columnIds = nextColumnIds(list.columnIds, model.columns);
    this.#files = new Map(list.files.map((file) => [dataKey(model.name, file), file]));
  }

  /** Starts with what the last run left. @param before The model's part of the run record. */
  static async of(scope: Scope, model: Model, before: ModelRecord | undefined): Promise<OpenModel> {
    return new OpenModel(scope, model, before, await listBefore(scope.lists, before));
  }

  /** The ids of columns in data files. */
  get fieldIds(): Readonly<Record<string, number>> {
    return idsByName(this.#columnIds);
  }

  /**
   * Names the files of a partition. The same content keeps its name.
   *
   * @param written Local files, or what tasks or Athena have already put in their place.
   * @returns Undefined if it has no rows.
   */
  async output(
    value: string,
    written: readonly (BuiltFile | TaskFile)[],
  ): Promise<Output | undefined> {
    const stored: StoredFile[] = [];
    const known = this.#before?.outputs[value];
    const kept = known === undefined ? [] : filesOfOutput(known);
    for (const file of written) {
      stored.push(await this.#store(value, file, kept));
    }
    const [first, ...others] = stored;
    if (first === undefined || others.length === 0) {
      return first;
    }
    const hash = hashBytes(Buffer.from(JSON.stringify(stored.map((file) => file.hash))));
    const isSame = known?.hash === hash && stored.every((file, index) => file === kept[index]);
    return isSame
      ? known
      : { key: this.#place(value, hash).key, rows: rowsOf(stored), hash, files: stored };
  }

  /** @param kept The files that the partition had. One with the same content stays. */
  async #store(
    value: string,
    written: BuiltFile | TaskFile,
    kept: readonly StoredFile[],
  ): Promise<StoredFile> {
    const { rows, bytes, columns } = written;
    const hash = "path" in written ? await hashFile(written.path) : written.hash;
    const { files } = this.#scope;
    const known = kept.find((file) => file.hash === hash);
    if (known !== undefined && this.#files.has(known.key) && (await files.isIntact(known.key))) {
      return known;
    }
    const { key, file } =
      "key" in written && isTaken(written.key)
        ? takenPlace(this.#model.name, written.key)
        : this.#place(value, hash);
    this.#files.set(key, { ...file, rows, bytes, columns });
    if ("path" in written) {
      files.set(key, written.path);
      this.#uploads.set(key, { path: await files.copy(written.path) });
    }
    return { key, rows, hash };
  }

  /** Where content of a partition is. */
  #place(value: string, hash: string) {
    const partitionBy = tableOf(this.#model)?.partitionBy;
    const path = dataPath({ partitionBy }, value, this.#scope.sequence, hash);
    const file = { path, partition: "" };
    return { file, key: dataKey(this.#model.name, file) };
  }

  /** @param outputs All of the model's after this run. @returns What the record says of its files, and new objects. */
  async finish(outputs: ModelRecord["outputs"]): Promise<{
    readonly part: Pick<ModelRecord, "files" | "columnIds" | "open">;
    readonly uploads: ReadonlyMap<string, ObjectBody>;
  }> {
    const { name } = this.#model;
    const { lists, sequence } = this.#scope;
    const all = Object.values(outputs);
    const stored = all.flatMap(filesOfOutput);
    const files = stored.flatMap(({ key }) => this.#files.get(key) ?? []);
    const list = { ...noFiles, columnIds: this.#columnIds, files };
    const bytes = await encodeFileList(list);
    const before = this.#before?.files;
    const made = fileListKey(name, sequence, hashBytes(bytes));
    const isSame = before !== undefined && isSameContent(before.key, made);
    const key = isSame ? before.key : made;
    lists.set(key, list);
    if (!isSame) {
      this.#uploads.set(key, bytes);
    }
    const rows = rowsOf(all);
    const open = this.#before?.open;
    return {
      part: {
        files: { key, rows, count: files.length },
        columnIds: this.#columnIds,
        ...(open && { open }),
      },
      uploads: this.#uploads,
    };
  }
}

/** Athena has named the file. */
function takenPlace(model: string, key: string) {
  return { file: { path: key.slice(model.length + 1), partition: "" }, key };
}

function rowsOf(files: readonly { readonly rows: number }[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}
