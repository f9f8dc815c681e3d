/** Finds Chromium, and starts it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { type Browser, chromium } from "playwright-core";
import { isContinuousIntegration, isRoot, programFolders } from "./runtime.ts";

/** Debian's Chromium, or a browser that is built from it. */
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const install =
  "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium fonts-dejavu-core";
const attempts = 12;
const pauseMilliseconds = 10_000;

/**
 * Starts Chromium. A machine without it can still pass the tests: this prints what is not tested, and the caller skips those
 * tests. With CI=true it is installed by apt, and required.
 *
 * @param untested What is not tested without it.
 * @returns undefined if there is none.
 */
export async function unlessUnavailable(untested: string): Promise<Browser | undefined> {
  const path = findChromium() ?? (await installChromium());
  if (path === undefined) {
    const how = "Install Chromium (Debian: apt-get install chromium).";
    if (isContinuousIntegration()) {
      throw new TypeError(`There is no Chromium. ${how}`);
    }
    process.stderr.write(`\n*** NOT TESTED: ${untested}. ${how}\n\n`);
    return undefined;
  }
  return await launchChromium(path);
}

/** Starts the browser at this path. */
export async function launchChromium(path: string): Promise<Browser> {
  return await chromium.launch({
    executablePath: path,
    args: ["--disable-dev-shm-usage"],
  });
}

/** The path of Chromium; undefined if it is not installed. */
export function findChromium(): string | undefined {
  return names
    .flatMap((name) => programFolders().map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Installs it in CI. Several tests may try at once: apt refuses all but one of them, and the others try again. */
async function installChromium(): Promise<string | undefined> {
  if (!isContinuousIntegration() || !isRoot()) {
    return undefined;
  }
  for (let attempt = 0; attempt < attempts && findChromium() === undefined; attempt += 1) {
    const { failed } = await execa("sh", ["-c", install], { reject: false });
    if (failed) {
      await setTimeout(pauseMilliseconds);
    }
  }
  return findChromium();
}
