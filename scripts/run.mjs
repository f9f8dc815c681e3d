// Runs a program in place of this process: with the same stdin and stdout, signals and exit code.
import { spawn } from "node:child_process";

/** @type {NodeJS.Signals[]} */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * @typedef {object} End how a program ended
 * @property {number} code its exit code; 1 if a signal ended it
 * @property {NodeJS.Signals | null} signal the signal that ended it
 * @property {boolean} stopped whether this process received a signal meanwhile
 * @property {string} output what it wrote to pipes, if `stdio` has any
 */

/**
 * Runs a program until it ends, and passes on the signals that this process receives.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<End>}
 */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit", ...options });
    let stopped = false;
    let output = "";
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      stopped = true;
      // A terminal sends Ctrl-C to the whole process group. The child could take a second one for "stop at once".
      if (signal !== "SIGINT" || !process.stdin.isTTY) {
        child.kill(signal);
      }
    };
    for (const signal of signals) {
      process.on(signal, forward);
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      for (const each of signals) {
        process.off(each, forward);
      }
      resolve({ code: code ?? 1, signal, stopped, output });
    });
  });
}

/** @param {Pick<End, "code" | "signal">} end how the program ended, and how this process ends */
export function endAs({ code, signal }) {
  if (signal === null) {
    process.exitCode = code;
  } else {
    process.kill(process.pid, signal);
  }
}
