/** What an open table remembers between versions: when files came and went, and which versions are kept. */

/** A version that readers can still ask for. */
export interface Version {
  /** 0, 1, 2, … */
  readonly version: number;
  /** When the run committed it, in milliseconds since 1970. Later versions have later times. */
  readonly at: number;
  /** The run that committed it. */
  readonly run: number;
  readonly operation: Operation;
  readonly changed: FileCounts & { readonly removedFiles: number; readonly removedRows: number };
  readonly total: FileCounts;
}

/** Numbers of files, of rows in them, and of bytes. */
export interface FileCounts {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * What a version did.
 *
 * - append: only added rows
 * - overwrite: replaced or removed rows
 * - replace: has the same rows in other files
 */
export type Operation = "append" | "overwrite" | "replace";

/** The version that a file was added in or removed in, and its time. */
export interface Moment {
  readonly version: number;
  readonly at: number;
}

/** A file that the current version does not have. Kept versions may. */
export interface RemovedFile {
  readonly path: string;
  /** The version that it was added in. What an earlier version of this program wrote has none. */
  readonly added?: number | undefined;
  readonly removed: Moment;
}

/**
 * The versions that are kept: the current one, and all that were current within the retention.
 *
 * @param versions Oldest first.
 * @param retention In milliseconds.
 */
export function keptVersions(versions: readonly Version[], retention: number): readonly Version[] {
  const now = versions.at(-1)?.at ?? 0;
  const first = versions.findIndex((_, index) => {
    const next = versions[index + 1];
    return next === undefined || next.at > now - retention;
  });
  return versions.slice(Math.max(first, 0));
}

/** Divides removed files by whether a kept version has them. @param oldest The oldest version that is kept. */
export function expired<F extends RemovedFile>(
  files: readonly F[],
  oldest: number,
): { readonly kept: readonly F[]; readonly gone: readonly F[] } {
  return {
    kept: files.filter(({ removed }) => removed.version > oldest),
    gone: files.filter(({ removed }) => removed.version <= oldest),
  };
}
