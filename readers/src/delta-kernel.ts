/** Reads Delta tables with Delta Kernel, the library of Delta's own project, in Java. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { installed } from "./cache.ts";
import { ReaderError } from "./errors.ts";
import { findJava } from "./java.ts";
import { maven } from "./maven.ts";

/** Its Hadoop does not run on Java 24 and later. */
const javaVersions = { minimum: 17, maximum: 23 };
const source = fileURLToPath(new URL("../delta-kernel", import.meta.url));

/** Reads a table in a folder. Values are as in our canonical text, except doubles, which are as Java writes them. */
export type DeltaKernel = (
  folder: string,
  version?: number,
) => Promise<readonly (readonly (string | null)[])[]>;

/**
 * Installs Delta Kernel: 70 MB of JAR files.
 *
 * @throws ReaderUnavailableError if Java or Maven is missing.
 */
export async function openDeltaKernel(): Promise<DeltaKernel> {
  const java = await findJava(javaVersions);
  const jars = await installed("delta-kernel-4.0.0", async (folder) => {
    const repository = join(folder, "maven");
    await maven([
      `-Dmaven.repo.local=${repository}`,
      `--file=${join(source, "pom.xml")}`,
      "dependency:copy-dependencies",
      `-DoutputDirectory=${folder}`,
    ]);
    await rm(repository, { recursive: true });
  });
  return async (folder, version) => {
    const program = join(source, "ReadDelta.java");
    const options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", join(jars, "*")];
    const which = version === undefined ? [] : [String(version)];
    const { failed, stdout, stderr } = await execa(java, [...options, program, folder, ...which], {
      reject: false,
      // A value may end in any character.
      stripFinalNewline: false,
      maxBuffer: 1_000_000_000,
    });
    if (failed) {
      throw new ReaderError(`Delta Kernel failed:\n${stderr}`);
    }
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as (string | null)[]);
  };
}
