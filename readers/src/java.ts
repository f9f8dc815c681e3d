/** Finds a Java runtime on this machine. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ReaderUnavailableError } from "./errors.ts";
import { javaHomes } from "./runtime.ts";

/** Where Debian's packages put Java runtimes. */
const installed = "/usr/lib/jvm";

/** Which major versions of Java a reader runs on. */
export interface JavaVersions {
  readonly minimum: number;
  readonly maximum?: number;
}

/**
 * Finds the `java` of a suitable JDK: in the folders of JAVA_HOME…, in /usr/lib/jvm, or on the PATH.
 *
 * @throws ReaderUnavailableError if there is none.
 */
export async function findJava({ minimum, maximum = Infinity }: JavaVersions): Promise<string> {
  const homes = [...javaHomes(), ...foldersIn(installed)];
  for (const java of [...homes.map((home) => join(home, "bin", "java")), "java"]) {
    const version = await versionOf(java);
    if (version >= minimum && version <= maximum) {
      return java;
    }
  }
  throw new ReaderUnavailableError(
    `There is no Java ${minimum}${maximum === Infinity ? " or later" : ` to ${maximum}`}: install its JDK, and set JAVA_HOME to its folder.`,
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
