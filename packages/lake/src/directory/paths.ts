/**
 * Where a directory store keeps an object and its own files.
 *
 * `a` and `a/b` can both be keys, but not both be paths. Once there is a folder `a`, the object `a` is the file `a%`.
 * The store's own files are under `.lakehouse`, which no key can name.
 */
import {
  type BigIntStats,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  statSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { escapeName } from "./file-names.ts";

/** The folder in a store's root for everything that is not an object. */
export const privateFolder = ".lakehouse";

/** A file, and its state when it was read. */
export interface SeenFile {
  readonly path: string;
  readonly stats: BigIntStats;
}

/** The file that holds an object; undefined if there is none. */
export function findFile(root: string, key: string): SeenFile | undefined {
  const path = plainPath(root, key);
  for (const each of [path, besideFolder(path)]) {
    const stats = look(each);
    if (stats?.isFile() === true) {
      return { path: each, stats };
    }
  }
  return undefined;
}

/** Returns the path to write an object to. Creates its folders, and moves objects out of their way. */
export function makePlace(root: string, key: string): string {
  const path = plainPath(root, key);
  for (const folder of parents(root, path).reverse()) {
    if (look(folder)?.isFile() === true) {
      renameSync(folder, besideFolder(folder));
    }
  }
  mkdirSync(dirname(path), { recursive: true });
  const taken = look(path);
  const beside = taken === undefined ? look(besideFolder(path)) !== undefined : !taken.isFile();
  return beside ? besideFolder(path) : path;
}

/** Both paths that can hold an object. */
export function possiblePaths(root: string, key: string): readonly string[] {
  const path = plainPath(root, key);
  return [path, besideFolder(path)];
}

/** The key's part, for the name of an object beside a folder; undefined for any other name. */
export function nameBesideFolder(name: string): string | undefined {
  return name.endsWith("%") ? name.slice(0, -1) : undefined;
}

/** The file with the versions of an object. */
export function versionsPath(root: string, key: string): string {
  const names = key.split("/").map(escapeName);
  // A folder `a.json` must not collide with the file of an object `a`.
  const folders = names.slice(0, -1).map((name) => (name.endsWith(".json") ? `${name}%` : name));
  return join(root, privateFolder, "metadata", ...folders, `${names.at(-1)}.json`);
}

/** Every file system takes a name of this length, and a path. In UTF-16 code units. */
const shortName = 40;
const shortPath = 250;

/** Whether the file system can't hold the files of an object. Limits differ, so it is asked. */
export function isTooLong(root: string, key: string): boolean {
  // No other file of the object has a longer name.
  const path = versionsPath(root, key);
  const names = relative(root, path).split(sep);
  let folder = root;
  while (!existsSync(folder) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return (
    names.some((name) => name.length > shortName && isRefused(join(folder, name))) ||
    (path.length > shortPath && isRefused(path))
  );
}

/** Whether a path, or the last name in it, is too long. */
function isRefused(path: string): boolean {
  try {
    lstatSync(path, { throwIfNoEntry: false });
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENAMETOOLONG";
  }
}

/** Removes the folders that a removed file leaves empty, up to the root. */
export function removeEmptyFolders(root: string, file: string): void {
  for (const folder of parents(root, file)) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

function plainPath(root: string, key: string): string {
  return join(root, ...key.split("/").map(escapeName));
}

function besideFolder(path: string): string {
  return `${path}%`;
}

/** The folders between a file and the root, the deepest first. */
function parents(root: string, file: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); folder.length > root.length; folder = dirname(folder)) {
    folders.push(folder);
  }
  return folders;
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") {
      return undefined;
    }
    throw error;
  }
}
