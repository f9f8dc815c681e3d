/** Reads a folder: the parts of keys in it, and the entries that can't be objects. */
import { isUtf8 } from "node:buffer";
import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, sep } from "node:path";
import { InvalidKeyError } from "../errors.ts";
import { keyProblem } from "../object-rules.ts";
import type { PassOver } from "../object-store.ts";
import { compareUtf8 } from "../utf8.ts";
import { escapeName, unescapeName } from "./file-names.ts";
import { nameBesideFolder } from "./paths.ts";

/** A folder to read. */
export interface Folder {
  /** What the keys in it start with: `""` or `a/b/`. */
  readonly prefix: string;
  readonly path: string;
  /** The paths of the folders that it is in, and its own. */
  readonly chain: readonly string[];
  /** Whether a listing has just seen it as a folder. If it is not one now, a writer has removed or replaced it since. */
  readonly isListed: boolean;
}

type Kind = Pick<Stats, "isFile" | "isDirectory" | "isFIFO" | "isSocket">;

const moveOut = "move it out of the lake";
/** Node puts it in a name for bytes that are not UTF-8. */
const replacement = "\uFFFD";

/**
 * Reads a folder. Hidden files are ignored.
 *
 * @param passOver Receives what can't be an object.
 * @returns Parts of keys in order, those of folders with a slash.
 */
export function readFolder(folder: Folder, passOver: PassOver): readonly string[] {
  const parts = new Set<string>();
  for (const entry of entriesOf(folder.path, passOver)) {
    if (!entry.name.startsWith(".")) {
      const part = partOf(folder, entry);
      if (part instanceof InvalidKeyError) {
        passOver(part);
      } else {
        parts.add(part);
      }
    }
  }
  return [...parts].sort(compareUtf8);
}

/**
 * What is in the way if a folder can't be read: a file or a broken link.
 *
 * @param chain The paths of the folders that it is in, and its own.
 * @returns undefined if there is nothing.
 */
export function obstacle(chain: readonly string[]): InvalidKeyError | undefined {
  for (const path of chain) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      return undefined;
    }
    const kind = found.isSymbolicLink() ? follow(path) : found;
    if (typeof kind === "string") {
      return brokenLink(path, kind);
    }
    if (!kind.isDirectory()) {
      return new InvalidKeyError(path, "it is not a folder", `Rename it, or ${moveOut}.`);
    }
  }
  return undefined;
}

/** The entries whose names are UTF-8. Another thread would take longer to read a small folder than reading it takes. */
function entriesOf(path: string, passOver: PassOver): Dirent[] {
  const entries = readdirSync(path, { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes(replacement))) {
    return entries;
  }
  const names = new Set<string>();
  for (const bytes of readdirSync(path, { encoding: "buffer" })) {
    if (isUtf8(bytes)) {
      names.add(bytes.toString());
    } else {
      const place = join(path, readable(bytes));
      passOver(new InvalidKeyError(place, "its name is not UTF-8", `Rename it, or ${moveOut}.`));
    }
  }
  // Of two entries with the same decoded name, only one has it.
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return [...byName.values()].filter(({ name }) => names.has(name));
}

/** The part of a key that an entry stands for, with a slash if it is a folder. */
function partOf({ prefix, path, chain }: Folder, entry: Dirent): string | InvalidKeyError {
  const { name } = entry;
  const place = join(path, name);
  const isLink = entry.isSymbolicLink();
  // A name with a replacement character may be another entry's.
  const kind = isLink || name.includes(replacement) ? follow(place) : entry;
  const part = unescapeName(nameBesideFolder(name) ?? name);
  const hides = part === undefined ? {} : { hides: prefix + part };
  if (typeof kind === "string") {
    return brokenLink(place, kind, hides);
  }
  if (kind.isDirectory()) {
    const folder = unescapeName(name);
    if (folder === undefined) {
      return misnamed(place, name);
    }
    const isCycle = isLink && leadsInto(place, chain);
    return isCycle
      ? new InvalidKeyError(
          place,
          "it is a link to a folder that it is in",
          `Remove the link, or ${moveOut}.`,
        )
      : (badKey(place, `${prefix}${folder}`) ?? `${folder}/`);
  }
  if (!kind.isFile()) {
    const what = kind.isFIFO() ? "a pipe" : kind.isSocket() ? "a socket" : "a device";
    const hint = `Copy its content to a file, or ${moveOut}.`;
    return new InvalidKeyError(place, `it is ${what}, not a file`, hint, hides);
  }
  if (part === undefined) {
    return misnamed(place, name);
  }
  return badKey(place, prefix + part) ?? part;
}

/** What a path leads to, or why it leads nowhere. */
function follow(path: string): Kind | string {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? "it is a broken link";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ELOOP"
      ? "it is a link in a circle of links"
      : `it is a link that can't be followed (${String(code)})`;
  }
}

/** Whether a link leads to a folder of the chain, or to one that such a folder is in. */
function leadsInto(link: string, chain: readonly string[]): boolean {
  const target = realpathSync(link);
  return chain.some((each) => {
    const real = realpathSync(each);
    return real === target || real.startsWith(target.endsWith(sep) ? target : target + sep);
  });
}

function badKey(place: string, key: string): InvalidKeyError | undefined {
  const problem = keyProblem(key);
  return problem === undefined
    ? undefined
    : new InvalidKeyError(place, problem, `Rename it, or ${moveOut}.`);
}

function misnamed(path: string, name: string): InvalidKeyError {
  return new InvalidKeyError(
    path,
    "a file with this name can't be an object",
    `Rename it to ${JSON.stringify(escapeName(name))}, or ${moveOut}.`,
  );
}

function brokenLink(
  path: string,
  problem: string,
  options?: { readonly hides?: string },
): InvalidKeyError {
  return new InvalidKeyError(path, problem, `Fix the link, or ${moveOut}.`, options);
}

/** Bytes as text, with an escape for each byte that is not printable ASCII. */
function readable(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}
