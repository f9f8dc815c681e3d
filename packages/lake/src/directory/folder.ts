/** Reads a folder: the parts of keys in it, and the files whose names are not keys. */
import { type Stats, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InvalidKeyError } from "../errors.ts";
import { compareUtf8 } from "../utf8.ts";
import { escapeName, unescapeName } from "./file-names.ts";
import { nameBesideFolder } from "./paths.ts";

/** A folder's files and folders. */
export interface FolderParts {
  /** Parts of keys in order, those of folders with a slash. */
  readonly parts: readonly string[];
  /** The files and folders that are not parts of keys. */
  readonly invalid: readonly InvalidEntry[];
}

/** A file or folder that can't be an object. */
export interface InvalidEntry {
  readonly path: string;
  readonly problem: string;
  readonly hint: string;
}

const moveOut = "move it out of the lake";
/** Node puts it in a name for bytes that are not UTF-8. */
const replacement = "\uFFFD";
const maximumNamed = 10;

/** Reads a folder. Hidden files are ignored. */
export async function readFolder(path: string): Promise<FolderParts> {
  const parts = new Set<string>();
  const invalid: InvalidEntry[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith(".")) {
      continue;
    }
    const place = join(path, name);
    // A name with a replacement character may not be the real one. Then no such file exists.
    const mustStat = entry.isSymbolicLink() || name.includes(replacement);
    const kind: Pick<Stats, "isFile" | "isDirectory"> | undefined = mustStat
      ? statSync(place, { throwIfNoEntry: false })
      : entry;
    const isFolder = kind?.isDirectory() === true;
    const part = unescapeName(isFolder ? name : (nameBesideFolder(name) ?? name));
    if (kind === undefined) {
      invalid.push(unreachable(place, entry.isSymbolicLink()));
    } else if (part === undefined && (isFolder || kind.isFile())) {
      invalid.push(misnamed(place, name));
    } else if (isFolder) {
      parts.add(`${part}/`);
    } else if (kind.isFile() && part !== undefined) {
      parts.add(part);
    }
  }
  return { parts: [...parts].sort(compareUtf8), invalid };
}

/** The error that lists invalid entries. Its properties are those of the first. */
export function invalidEntriesError(
  first: InvalidEntry,
  others: readonly InvalidEntry[],
): InvalidKeyError {
  const named = others
    .slice(0, maximumNamed - 1)
    .map(({ path, problem, hint }) => new InvalidKeyError(path, problem, hint).message);
  const left = others.length - named.length;
  const more = left === 0 ? [] : [`There are ${left} more.`];
  return new InvalidKeyError(first.path, first.problem, [first.hint, ...named, ...more].join(" "));
}

function misnamed(path: string, name: string): InvalidEntry {
  return {
    path,
    problem: "a file with this name can't be an object",
    hint: `Rename it to ${JSON.stringify(escapeName(name))}, or ${moveOut}.`,
  };
}

function unreachable(path: string, isLink: boolean): InvalidEntry {
  return isLink
    ? { path, problem: "it is a broken link", hint: `Fix the link, or ${moveOut}.` }
    : { path, problem: "its name is not UTF-8", hint: `Rename it, or ${moveOut}.` };
}
