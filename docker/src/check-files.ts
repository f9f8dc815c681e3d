/** Checks assembled files against the platform that they are for, without running them. */
import { basename, join } from "node:path";
import { readElf } from "./elf.ts";
import type { FunctionName } from "./functions.ts";
import { images, type Platform, platforms, systemLibraries } from "./images.ts";
import { sizesOf, totalMib } from "./measure.ts";

/** What the files are held to, for tests that tighten it. */
export interface Limits {
  readonly GLIBC: string;
  readonly GLIBCXX: string;
  readonly mib: number;
}

/** The libraries that Lambda's base image has. */
const provided = /^(?:lib(?:c|m|dl|rt|pthread|gcc_s|stdc\+\+)|ld-linux-[\w-]+)\.so\.\d+$/;

/**
 * Looks for whatever would keep the files from working in Lambda's base image.
 *
 * @param folder What `assemble` made.
 * @returns A sentence for each problem; none if all is well.
 * @throws ReadelfMissingError.
 */
export async function problemsOf(
  folder: string,
  name: FunctionName,
  platform: Platform,
  limits: Limits = { ...systemLibraries, mib: images[name].limitMib },
): Promise<string[]> {
  const sizes = await sizesOf(folder);
  const present = new Set([...sizes.keys()].map((file) => basename(file)));
  const problems: string[] = [];
  let elves = 0;
  for (const file of sizes.keys()) {
    const elf = await readElf(join(folder, file));
    if (elf === undefined) {
      continue;
    }
    elves++;
    if (elf.machine !== platforms[platform].machine) {
      problems.push(`${file} is for ${elf.machine}, not for ${platform}`);
    }
    for (const version of elf.versions.filter((each) => isTooNew(each, limits))) {
      problems.push(`${file} needs ${version}, newer than Lambda's base image has`);
    }
    for (const library of elf.libraries) {
      if (!provided.test(library) && !present.has(library)) {
        problems.push(`${file} needs ${library}, which is missing`);
      }
    }
  }
  if (elves < images[name].packages.length) {
    problems.push("native code is missing");
  }
  const mib = totalMib(sizes);
  if (mib > limits.mib) {
    problems.push(`the files have ${mib.toFixed(1)} MiB together, more than ${limits.mib} MiB`);
  }
  return problems;
}

function isTooNew(version: string, limits: Limits): boolean {
  const [library = "", number = ""] = version.split("_");
  if (library !== "GLIBC" && library !== "GLIBCXX") {
    return false;
  }
  const limit = limits[library].split(".").map(Number);
  const [major = 0, minor = 0, patch = 0] = number.split(".").map(Number);
  const [limitMajor = 0, limitMinor = 0, limitPatch = 0] = limit;
  return (major - limitMajor || minor - limitMinor || patch - limitPatch) > 0;
}
