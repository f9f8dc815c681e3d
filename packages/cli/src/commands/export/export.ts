/** Writes the rows of a relation to one file, which appears when it is complete. */
import { createWriteStream } from "node:fs";
import { link, open, rename, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileColumn } from "@lakehouse/formats/column";
import { ConfigurationError, ObjectNotFoundError } from "@lakehouse/lake/errors";
import { arrivalPartition } from "@lakehouse/lake/keys";
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import { openScratch, type Scratch } from "@lakehouse/lake/scratch";
import { EngineError, type Session, UnstorableValueError } from "@lakehouse/silver-gold/engine";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { asError } from "@lakehouse/transforms/errors";
import type { Context } from "../../context.ts";
import { DataError, UsageError, unknownName } from "../../errors.ts";
import { missingFile, type RelationView, viewsOf } from "../../sql/relations.ts";
import { formatRows } from "../query/format.ts";
import type { ExportFormat } from "./formats.ts";

/** How to export. */
export interface ExportSettings {
  readonly format: ExportFormat;
  /** A file or a folder. Default: the folder of the call. */
  readonly to?: string | undefined;
  /** Whether to overwrite a file. */
  readonly force?: boolean;
}

/** What was written. */
export interface ExportResult {
  readonly table: string;
  readonly format: ExportFormat;
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Exports the rows that a query reads.
 *
 * @throws UsageError if there is no such name, or the file can't be written there.
 */
export async function exportTable(
  context: Context,
  name: string,
  { format, to = ".", force = false }: ExportSettings,
): Promise<ExportResult> {
  const { catalog, folder, scratch, signal } = context;
  const relations = relationsOf(catalog);
  const relation = relations.find((each) => each.name === name);
  if (relation === undefined) {
    throw unknownName("table or model", name, relations);
  }
  const path = await placeFor(resolve(folder, to), `${name}.${format}`, force);
  using part = scratchBeside(path);
  try {
    const view = (await viewsOf(context, new Set([name]))).get(name);
    if (view === undefined) {
      throw new TypeError(`${name} has no view.`);
    }
    const directory = join(scratch, "sql");
    using engine = await openEngine({ directory, folders: [part.path], files: view.files, signal });
    using session = await engine.session();
    await session.define(name, view);
    const written = join(part.path, `${name}.${format}`);
    const rows = await watched(context, name, written, () =>
      write(session, context, relation, view, format, written),
    );
    signal.throwIfAborted();
    const { size } = await stat(written);
    await moveInto(written, path, force);
    return { table: name, format, path, rows, bytes: size };
  } catch (error) {
    signal.throwIfAborted();
    throw translated(error, name, format, path);
  }
}

async function write(
  session: Session,
  { screen, signal }: Context,
  { name }: Relation,
  view: RelationView,
  format: ExportFormat,
  path: string,
): Promise<number> {
  switch (format) {
    case "parquet":
      return await session.copy(name, path, "parquet", await columnsOf(session, name, view));
    case "duckdb":
      return await session.copyToDatabase(name, path);
    case "csv": {
      const { columns, batches } = await session.stream(`from "${name}"`);
      let rows = 0;
      const counted = async function* () {
        for await (const batch of batches) {
          rows += batch.length;
          yield batch;
        }
      };
      const pieces = formatRows({ columns, batches: counted() }, "csv", screen);
      await pipeline(Readable.from(pieces), createWriteStream(path), { signal });
      return rows;
    }
  }
}

/** All columns of a view. That of quarantine has the day of arrival from the names of folders, too. */
async function columnsOf(
  session: Session,
  name: string,
  { columns }: RelationView,
): Promise<readonly FileColumn[]> {
  const all = await session.describe(`from "${name}"`);
  const isArrival = all.some((column) => column.name === arrivalPartition);
  const isNamed = columns.some((column) => column.name === arrivalPartition);
  return isArrival && !isNamed
    ? [...columns, { name: arrivalPartition, type: { kind: "date" } }]
    : columns;
}

/** Shows how large the file is while it grows. */
async function watched<T>(
  { progress }: Context,
  name: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  const task = progress.start(`writing ${name}`, "bytes", undefined);
  const timer = setInterval(() => {
    stat(path).then(
      ({ size }) => task.reach(size),
      () => {},
    );
  }, 200);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    task.end();
  }
}

/** The path of the file. @throws UsageError if it must not be overwritten. */
async function placeFor(to: string, fileName: string, force: boolean): Promise<string> {
  const kindOf = async (path: string) => {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? undefined : found.isDirectory() ? "folder" : "file";
  };
  const path = (await kindOf(to)) === "folder" ? join(to, fileName) : to;
  const kind = await kindOf(path);
  if (kind === "folder") {
    throw new UsageError(`${path} is a folder`, "Name a file with --to.");
  }
  if (kind === "file" && !force) {
    throw existing(path);
  }
  return path;
}

/** A folder beside a file, because only there it can be moved into place at once. Removes what killed exports left. */
function scratchBeside(path: string): Scratch {
  try {
    return openScratch(dirname(path), ".lakehouse-export");
  } catch (error) {
    throw unwritable(path, error instanceof ConfigurationError ? (error.cause ?? error) : error);
  }
}

/** Moves a complete file into place. */
async function moveInto(written: string, path: string, force: boolean): Promise<void> {
  const file = await open(written, "r+");
  await file.sync();
  await file.close();
  if (force) {
    await rename(written, path);
    return;
  }
  try {
    // Unlike a rename, it fails if there is a file by now.
    await link(written, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") {
      throw existing(path);
    }
    // The file system has no links.
    await placeFor(path, "", false);
    await rename(written, path);
  }
}

function existing(path: string): UsageError {
  return new UsageError(
    `There is a file ${path} already`,
    "Name another with --to, or overwrite it with --force.",
  );
}

function unwritable(path: string, error: unknown): UsageError {
  return codeOf(error) === "ENOENT"
    ? new UsageError(
        `There is no folder ${dirname(path)}`,
        "Create it, or name another file with --to.",
      )
    : new UsageError(
        `${path} can't be written (${asError(error).message})`,
        "Name another file with --to.",
      );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function translated(error: unknown, name: string, format: ExportFormat, path: string): unknown {
  if (error instanceof ObjectNotFoundError) {
    return missingFile(error);
  }
  if (codeOf(error) === "ENOSPC" || codeOf(error) === "EACCES") {
    return unwritable(path, error);
  }
  if (error instanceof UnstorableValueError) {
    const { column = "a row", possible, rows } = error;
    return new DataError(
      `${name}.${column}: ${rows} rows have a value that ${format} can't hold: it has ${possible}. `,
      "Use --format csv.",
      { cause: error },
    );
  }
  return error instanceof EngineError
    ? new DataError(
        `${name} can't be exported. ${error.summary}\n`,
        "Free some space if the disk is full. Otherwise run lakehouse audit, which finds damaged files.",
        { cause: error },
      )
    : error;
}
