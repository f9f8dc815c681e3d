// A lock between processes on one machine: a file that contains the id of the process that holds the lock.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Does the work while this process holds the lock.
 *
 * @template T
 * @param {string} file the lock; its folder must exist
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} what the work returns
 */
export async function withLock(file, work) {
  for (let attempt = 1; !acquire(file); attempt += 1) {
    if (attempt === 40) {
      process.stderr.write(`Waiting for another process to release ${file} …\n`);
    }
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file @returns {boolean} whether this process holds the lock now */
function acquire(file) {
  if (holderWasKilled(file)) {
    rmSync(file, { force: true });
  }
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/** @param {string} file */
function holderWasKilled(file) {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}
