/** Finds a Java runtime on this machine. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ReaderUnavailableError } from "./errors.ts";
import { javaHomes } from "./runtime.ts";

/** Where Debian's packages put Java runtimes. */
const installed = "/usr/lib/jvm";

/**
 * Finds the `java` of a JDK that is new enough: in the folders of JAVA_HOME…, on the PATH, or in /usr/lib/jvm.
 *
 * @throws ReaderUnavailableError if there is none.
 */
export async function findJava(minimum: number): Promise<string> {
  const homes = [...javaHomes(), ...foldersIn(installed)];
  for (const java of [...homes.map((home) => join(home, "bin", "java")), "java"]) {
    if ((await versionOf(java)) >= minimum) {
      return java;
    }
  }
  throw new ReaderUnavailableError(
    `There is no Java ${minimum} or later: install one, and set JAVA_HOME to its folder.`,
  );
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The major version; 0 if it can't be run. */
async function versionOf(java: string): Promise<number> {
  const { stderr } = await execa(java, ["-version"], { reject: false });
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
}
