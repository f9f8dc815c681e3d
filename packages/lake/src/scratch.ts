/** A process's own folder for temporary files, and the removal of those that killed processes left. */
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asError } from "@lakehouse/transforms/errors";
import { createLock, type Lock, tryLock } from "./directory/lock.ts";
import { ConfigurationError } from "./errors.ts";

/** The file in a scratch folder that its process holds locked. It also marks the folder as ours. */
const lockName = "lakehouse.lock";
const maximumAttempts = 10;

/** A folder for temporary files. Disposing of it removes it. */
export interface Scratch extends Disposable {
  readonly path: string;
}

/**
 * Creates a scratch folder, after removing those of the same name whose processes were killed. The folder is locked as
 * long as its process lives, so no other process removes it, however old it is.
 *
 * @param directory Where to create it, such as the system's folder for temporary files.
 * @param name What the folder's name starts with: `bronze-silver`.
 * @throws ConfigurationError if the folder can't be made. Its cause is what the file system says.
 */
export function openScratch(directory: string, name: string): Scratch {
  removeAbandoned(directory, name);
  try {
    for (let attempt = 0; attempt < maximumAttempts; attempt += 1) {
      const path = mkdtempSync(join(directory, `${name}-`));
      const lock = createLock(join(path, lockName));
      // Another process may take the folder for an abandoned one until it is locked.
      if (lock !== undefined && existsSync(join(path, lockName))) {
        return { path, [Symbol.dispose]: () => removeLocked(path, lock) };
      }
      lock?.[Symbol.dispose]();
    }
  } catch (error) {
    throw unusable(asError(error).message, error);
  }
  throw unusable(`other processes remove what this one makes in ${directory}`);
}

/** Removes the folders that `openScratch` made in processes that have ended. */
function removeAbandoned(directory: string, name: string): void {
  const pattern = new RegExp(`^${name}-[A-Za-z0-9]{6}$`);
  for (const each of namesIn(directory).filter((found) => pattern.test(found))) {
    const path = join(directory, each);
    try {
      if (isOurs(path)) {
        const lock = tryLock(join(path, lockName));
        if (lock !== undefined) {
          removeLocked(path, lock);
        }
      }
    } catch {
      // Its process, or another one, is removing it. Or it belongs to another user.
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // It does not exist, or may not be listed.
    return [];
  }
}

/** Whether a path is a folder, not a link to one, with a lock that this user made. */
function isOurs(path: string): boolean {
  const folder = lstatSync(path);
  const lock = lstatSync(join(path, lockName), { throwIfNoEntry: false });
  return (
    folder.isDirectory() &&
    lock?.isFile() === true &&
    (process.getuid === undefined || lock.uid === process.getuid())
  );
}

function removeLocked(path: string, lock: Lock): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Windows does not remove a file that is open. The second try is without the lock.
  }
  lock[Symbol.dispose]();
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

function unusable(reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    "The folder for temporary files",
    `can't be used (${reason})`,
    "Set TMPDIR (on Windows TEMP) to a writable folder.",
    { cause },
  );
}
