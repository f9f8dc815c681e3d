/** What the names in a folder stand for: parts of keys, and names that somebody gave whom the store does not know. */
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
  /** A sentence or two on each file or folder that no key names. */
  readonly strangers: readonly Stranger[];
}

/** A file or folder that cannot be an object here. */
export interface Stranger {
  readonly path: string;
  readonly problem: string;
  readonly mend: string;
}

const moveOut = "move it out of the lake";
/** What Node puts in a name for bytes that are no UTF-8. */
const replacement = "\uFFFD";
const maximumNamed = 10;

/** Reads a folder. Hidden files are nobody's. */
export async function readFolder(path: string): Promise<FolderParts> {
  const parts = new Set<string>();
  const strangers: Stranger[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith(".")) {
      continue;
    }
    const place = join(path, name);
    // A name with a replacement character may be another in truth, and then nothing is there.
    const hasToBeLookedAt = entry.isSymbolicLink() || name.includes(replacement);
    const kind: Pick<Stats, "isFile" | "isDirectory"> | undefined = hasToBeLookedAt
      ? statSync(place, { throwIfNoEntry: false })
      : entry;
    const isFolder = kind?.isDirectory() === true;
    const part = unescapeName(isFolder ? name : (nameBesideFolder(name) ?? name));
    if (kind === undefined) {
      strangers.push(unreachable(place, entry.isSymbolicLink()));
    } else if (part === undefined && (isFolder || kind.isFile())) {
      strangers.push(misnamed(place, name));
    } else if (isFolder) {
      parts.add(`${part}/`);
    } else if (kind.isFile() && part !== undefined) {
      parts.add(part);
    }
  }
  return { parts: [...parts].sort(compareUtf8), strangers };
}

/** The error that names strangers, the first of them in its properties. */
export function strangersError(first: Stranger, others: readonly Stranger[]): InvalidKeyError {
  const named = others
    .slice(0, maximumNamed - 1)
    .map(({ path, problem, mend }) => new InvalidKeyError(path, problem, mend).message);
  const left = others.length - named.length;
  const more = left === 0 ? [] : [`There are ${left} more.`];
  return new InvalidKeyError(first.path, first.problem, [first.mend, ...named, ...more].join(" "));
}

function misnamed(path: string, name: string): Stranger {
  return {
    path,
    problem: "a file of this name cannot be an object here",
    mend: `Rename it to ${JSON.stringify(escapeName(name))}, or ${moveOut}.`,
  };
}

function unreachable(path: string, isLink: boolean): Stranger {
  return isLink
    ? { path, problem: "it is a link to nothing", mend: `Mend the link, or ${moveOut}.` }
    : { path, problem: "its name is not UTF-8", mend: `Rename it, or ${moveOut}.` };
}
