/** The data files of a model that is an open table: one for each partition, named by its content. */
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Model } from "@lakehouse/transforms/model/model";
import type { Session } from "../engine/engine.ts";
import { unlessStateError } from "../errors.ts";
import type { RunScope } from "../run-scope.ts";
import { type ColumnIds, idsByName, nextColumnIds, noColumnIds } from "../state/column-ids.ts";
import { hashBytes, hashFile } from "../state/content-hash.ts";
import { encodeFileList, type FileList, noFiles } from "../state/file-list.ts";
import type { ModelRecord, Output } from "../state/run-record.ts";
import { dataKey, dataPath, fileListKey, isSameContent } from "../state/state-keys.ts";
import { tableOf } from "./model-plan.ts";

type Scope = Pick<RunScope, "files" | "lists" | "sequence">;

/** The files of one model during a run. */
export class OpenModel {
  readonly #scope: Scope;
  readonly #model: Model;
  readonly #before: ModelRecord | undefined;
  readonly #columnIds: ColumnIds;
  /** Data files by key: those of the last run, and new ones. */
  readonly #files: Map<string, DataFile>;
  /** What was written for a partition, until it has a key. */
  readonly #written = new Map<string, Omit<DataFile, "path" | "partition">>();
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
    const key = before?.files?.key;
    // A damaged list is made again, with all partitions.
    const list =
      key === undefined
        ? noFiles
        : ((await scope.lists.byKey(key).catch(unlessStateError)) ?? {
            ...noFiles,
            columnIds: before?.columnIds ?? noColumnIds,
          });
    return new OpenModel(scope, model, before, list);
  }

  /** Writes the rows of a view to a local file. @returns Their number. */
  async write(session: Session, view: string, value: string, path: string): Promise<number> {
    const written = await session.copyDataFile(view, path, this.#model.columns, this.fieldIds);
    this.note(value, written);
    return written.rows;
  }

  /** The ids of columns in data files. */
  get fieldIds(): Readonly<Record<string, number>> {
    return idsByName(this.#columnIds);
  }

  /** Notes what was written for a partition. */
  note(value: string, { rows, bytes, columns }: Omit<DataFile, "path" | "partition">): void {
    this.#written.set(value, { rows, bytes, columns });
  }

  /** Names the file of a partition. The same content keeps its name. @returns Undefined if it has no rows. */
  async output(value: string, path: string): Promise<Output | undefined> {
    const { name } = this.#model;
    const written = this.#written.get(value);
    if (written === undefined || written.rows === 0) {
      return undefined;
    }
    const hash = await hashFile(path);
    const known = this.#before?.outputs[value];
    const { files, sequence } = this.#scope;
    if (known?.hash === hash && this.#files.has(known.key) && (await files.isIntact(known.key))) {
      return known;
    }
    const partitionBy = tableOf(this.#model)?.partitionBy;
    const file = { path: dataPath({ partitionBy }, value, sequence, hash), partition: "" };
    const key = dataKey(name, file);
    this.#files.set(key, { ...file, ...written });
    files.set(key, path);
    this.#uploads.set(key, { path: await files.copy(path) });
    return { key, rows: written.rows, hash };
  }

  /** @param outputs All of the model's after this run. @returns What the record says of its files, and new objects. */
  async finish(outputs: ModelRecord["outputs"]): Promise<{
    readonly part: Pick<ModelRecord, "files" | "columnIds" | "open">;
    readonly uploads: ReadonlyMap<string, ObjectBody>;
  }> {
    const { name } = this.#model;
    const { lists, sequence } = this.#scope;
    const all = Object.values(outputs);
    const files = all.flatMap(({ key }) => this.#files.get(key) ?? []);
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
    const rows = all.reduce((sum, output) => sum + output.rows, 0);
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
