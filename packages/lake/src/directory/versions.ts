/**
 * What a data file can't hold: the object's etag and metadata. They are in a JSON file beside the data.
 *
 * That file lists the last two versions, and is written before the data is replaced. The data file's size and
 * modification time, otherwise its content, decide which of the two it is. So an object is read correctly after a kill,
 * in a copy of the lake (other times), and after a change by hand (other content, so no metadata).
 */
import { createHash, hash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";

import { bufferSize } from "../digest.ts";

/** One version of an object. */
export interface Version {
  /** The same for the same content and metadata, in any store. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** The data file's modification time, in nanoseconds since 1970. */
  readonly modified: string;
  /** SHA-256 of the content, in hexadecimal. */
  readonly content: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The version of a file with this content and metadata. */
export function versionOf(
  stats: BigIntStats,
  content: string,
  metadata: Readonly<Record<string, string>> = {},
): Version {
  const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  const etag = hash("sha256", `${content} ${JSON.stringify(sorted)}`).slice(0, 32);
  return {
    etag,
    size: Number(stats.size),
    modified: String(stats.mtimeNs),
    content,
    metadata: sorted,
  };
}

/**
 * Finds a data file's version without reading the file.
 * @returns undefined if no version fits, or several.
 */
export function versionByTime(
  versions: readonly Version[],
  stats: BigIntStats,
): Version | undefined {
  const [first, ...others] = versions.filter(
    ({ size, modified }) => size === Number(stats.size) && modified === String(stats.mtimeNs),
  );
  return others.every(({ etag }) => etag === first?.etag) ? first : undefined;
}

/** Finds a data file's version by its content. A file changed by hand is a version without metadata. */
export function versionByContent(
  versions: readonly Version[],
  stats: BigIntStats,
  content: string,
): Version {
  const written = versions.find((version) => version.content === content);
  return versionOf(stats, content, written?.metadata);
}

/** Whether a file is the same and unchanged. */
export function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ino === b.ino && a.dev === b.dev;
}

/** The versions in a JSON file; none if it is missing or invalid. */
export function readVersions(path: string): readonly Version[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && missingCodes.has(String(error.code))) {
      return [];
    }
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isVersion) : [];
  } catch {
    return [];
  }
}

/** The content of a JSON file of versions. */
export function versionsText(versions: readonly Version[]): string {
  return `${JSON.stringify(versions, undefined, 1)}\n`;
}

/** Replaces a JSON file of versions atomically. @param temporary A path in the same file system. */
export function writeVersions(path: string, temporary: string, versions: readonly Version[]): void {
  const file = openSync(temporary, "wx");
  try {
    writeFileSync(file, versionsText(versions));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/** SHA-256 of an open file's bytes, in hexadecimal. */
export function hashFile(file: number): string {
  const digest = createHash("sha256");
  const buffer = Buffer.allocUnsafe(bufferSize(fstatSync(file).size));
  for (let position = 0; ; ) {
    const length = readSync(file, buffer, 0, buffer.length, position);
    if (length === 0) {
      return digest.digest("hex");
    }
    digest.update(buffer.subarray(0, length));
    position += length;
  }
}

// A file that was added by hand may have a name that is too long for a file beside it.
const missingCodes = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

function isVersion(value: unknown): value is Version {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const version: Partial<Record<keyof Version, unknown>> = value;
  return (
    typeof version.etag === "string" &&
    typeof version.size === "number" &&
    typeof version.modified === "string" &&
    typeof version.content === "string" &&
    typeof version.metadata === "object" &&
    version.metadata !== null
  );
}
