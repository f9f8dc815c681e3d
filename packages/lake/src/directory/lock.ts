/**
 * Mutual exclusion between processes. It is SQLite's lock on an empty database file, and so the operating system's. It
 * ends with the process that holds it: a kill leaves no stale lock, and a slow process can't lose it. What runs under
 * it is synchronous, and takes milliseconds.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { StoreError } from "../errors.ts";

const timeoutMilliseconds = 60_000;
const sqliteBusy = 5;

/** A lock that is held until it is disposed of, or its process ends. */
export type Lock = Disposable;

/** Locks a file, and creates it if missing. @returns undefined if another process or thread holds it. */
export function createLock(path: string): Lock | undefined {
  return lock(new DatabaseSync(path, { timeout: 0 }));
}

/** Locks a file that exists. @returns undefined if another process or thread holds it. */
export function tryLock(path: string): Lock | undefined {
  return lock(new DatabaseSync(`${pathToFileURL(path)}?mode=rw`, { timeout: 0 }));
}

/**
 * Runs an action while no other process or thread runs one under the same lock.
 * @param path The lock's file. It is created if missing.
 * @throws StoreError if another process holds it for a minute.
 */
export async function withLock<T>(path: string, action: () => T): Promise<T> {
  const deadline = Date.now() + timeoutMilliseconds;
  do {
    const result = tryWithLock(path, action);
    if (result !== undefined) {
      return result.value;
    }
    await sleep(1 + Math.random() * 10);
  } while (Date.now() < deadline);
  throw new StoreError(
    `Another process has held the lock ${path} for ${timeoutMilliseconds / 1000} s. `,
    `Find it (lsof ${path}), stop it, and run again.`,
  );
}

/** Like `withLock`, but returns undefined at once if the lock is held. */
export function tryWithLock<T>(path: string, action: () => T): { readonly value: T } | undefined {
  mkdirSync(dirname(path), { recursive: true });
  using held = createLock(path);
  return held && { value: action() };
}

function lock(database: DatabaseSync): Lock | undefined {
  let isHeld = false;
  try {
    isHeld = begin(database);
  } finally {
    if (!isHeld) {
      database.close();
    }
  }
  return isHeld ? { [Symbol.dispose]: () => database.close() } : undefined;
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
