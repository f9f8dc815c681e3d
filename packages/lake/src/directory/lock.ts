/**
 * Mutual exclusion between processes. The lock is SQLite's on an empty database file, thus the operating
 * system's: it ends with the process that holds it, so a kill leaves nothing stale behind and a process
 * that is merely slow cannot lose it. What runs under it is synchronous, and takes milliseconds.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../errors.ts";

const patienceMilliseconds = 60_000;
const sqliteBusy = 5;

/**
 * Runs an action while no other process or thread runs one under the same lock.
 * @param path The lock's file; made if missing.
 * @throws StoreError when another process keeps it for a minute.
 */
export async function withLock<T>(path: string, action: () => T): Promise<T> {
  const deadline = Date.now() + patienceMilliseconds;
  do {
    const result = tryWithLock(path, action);
    if (result !== undefined) {
      return result.value;
    }
    await sleep(1 + Math.random() * 10);
  } while (Date.now() < deadline);
  throw new StoreError(
    `Another process has kept the lock ${path} for ${patienceMilliseconds / 1000} s. `,
    `Find it (lsof ${path}), end it, and run again.`,
  );
}

/** As `withLock`, but gives undefined at once when the lock is taken. */
export function tryWithLock<T>(path: string, action: () => T): { readonly value: T } | undefined {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    if (!begin(database)) {
      return undefined;
    }
    return { value: action() };
  } finally {
    database.close();
  }
}

function begin(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      "errcode" in error &&
      Number(error.errcode) % 256 === sqliteBusy
    ) {
      return false;
    }
    throw error;
  }
}
