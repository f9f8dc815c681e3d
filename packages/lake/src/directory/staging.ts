/** The first half of a write to a directory store: the complete new file on disk, where no reader looks. */
import { hash, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { copyFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { digestOfFile } from "../digest.ts";
import type { ObjectBody } from "../object-store.ts";
import { type Version, versionOf, versionsText } from "./versions.ts";

/** A file to rename into place. */
export interface StagedFile {
  readonly path: string;
  readonly version: Version;
  /** Where to move it back if it is not used; undefined for a file created here. */
  readonly origin: string | undefined;
}

/** A JSON file of versions to rename into place. */
export interface StagedVersions {
  readonly path: string;
  readonly text: string;
}

const synchronizeFile = promisify(fsync);

const leftoverMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Creates a file with the new content.
 * @param temporary The folder for it.
 * @param root The store's directory. A file in it may be an object, so it is copied instead of moved.
 */
export async function stage(
  body: ObjectBody,
  metadata: Readonly<Record<string, string>>,
  temporary: string,
  root: string,
): Promise<StagedFile> {
  const path = join(temporary, randomUUID());
  let origin: string | undefined;
  try {
    if (body instanceof Uint8Array) {
      await writeFile(path, body, { flag: "wx" });
    } else {
      origin = await take(resolve(body.path), path, root);
    }
    // The disk works on another thread at the same time.
    const [content] = await Promise.all([
      body instanceof Uint8Array ? hash("sha256", body) : (body.sha256 ?? digestOfFile(path)),
      synchronize(path),
    ]);
    const stats = setModified(path, Date.now());
    return { path, version: versionOf(stats, content, metadata), origin };
  } catch (error) {
    discard({ path, origin });
    throw error;
  }
}

/** Changes the file's modification time, so that it can't be mistaken for the version that it replaces. */
export function makeNewer(staged: StagedFile): StagedFile {
  const stats = setModified(staged.path, Number(staged.version.modified) / 1e6 + 1);
  return { ...staged, version: { ...staged.version, modified: String(stats.mtimeNs) } };
}

/** Creates a file with the versions that an object has once a staged file is in place, as far as can be known before. */
export async function stageVersions(
  versions: readonly Version[],
  temporary: string,
): Promise<StagedVersions> {
  const path = join(temporary, randomUUID());
  const text = versionsText(versions);
  const file = openSync(path, "wx");
  try {
    writeFileSync(file, text);
    await synchronizeFile(file);
  } catch (error) {
    discard({ path });
    throw error;
  } finally {
    closeSync(file);
  }
  return { path, text };
}

/** Removes a staged file, unless it was renamed into place. */
export function discard({ path, origin }: Pick<StagedFile, "path"> & Partial<StagedFile>): void {
  if (!existsSync(path)) {
    return;
  }
  if (origin === undefined) {
    rmSync(path);
  } else {
    renameSync(path, origin);
  }
}

/** Removes what killed processes left behind, after a day. */
export async function removeLeftovers(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    const path = join(temporary, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.ctimeMs > leftoverMilliseconds) {
      await rm(path, { force: true });
    }
  }
}

/** Moves a file, or copies one that has to stay. @returns Where it was moved from. */
async function take(source: string, path: string, root: string): Promise<string | undefined> {
  if (!source.startsWith(root + sep)) {
    try {
      renameSync(source, path);
      return source;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EXDEV")) {
        throw error;
      }
    }
  }
  await copyFile(source, path);
  return undefined;
}

async function synchronize(path: string): Promise<void> {
  // Only the disk takes long enough for another thread.
  const file = openSync(path, "r+");
  try {
    await synchronizeFile(file);
  } finally {
    closeSync(file);
  }
}

/** Sets whole milliseconds. In practice, a file changed by hand never has the same time. */
function setModified(path: string, milliseconds: number) {
  const time = Math.round(milliseconds) / 1000;
  utimesSync(path, time, time);
  return statSync(path, { bigint: true });
}
