/** Finds Chromium, and starts it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { type Browser, chromium } from "playwright-core";
import { isContinuousIntegration, isRoot, programFolders } from "./runtime.ts";

/** Debian's Chromium, or a browser that is built from it. */
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

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

/** Installs it in CI. Several tests may try at once: apt waits for the lock. */
async function installChromium(): Promise<string | undefined> {
  if (!isContinuousIntegration() || !isRoot()) {
    return undefined;
  }
  const lock = ["-o", "DPkg::Lock::Timeout=300"];
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, reject: false };
  await execa("apt-get", [...lock, "update"], options);
  const packages = ["chromium", "fonts-dejavu-core"];
  await execa(
    "apt-get",
    [...lock, "install", "--yes", "--no-install-recommends", ...packages],
    options,
  );
  return findChromium();
}
