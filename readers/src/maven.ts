/** Downloads files from Maven Central with Maven, as this machine is set up to reach it. */
import { join } from "node:path";
import { execa } from "execa";
import { ReaderUnavailableError } from "./errors.ts";

/** A file of Maven Central. */
export interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
  /** `jar`, `tar.gz`, … */
  readonly packaging: string;
}

const timeoutMilliseconds = 15 * 60_000;

/**
 * Downloads a file, without what it depends on.
 *
 * @param repository A folder for the file and Maven's own plugins.
 * @returns The file's path.
 * @throws ReaderUnavailableError if Maven is missing or can't download it.
 */
export async function download(artifact: Artifact, repository: string): Promise<string> {
  const { group, name, version, packaging } = artifact;
  await maven([
    `-Dmaven.repo.local=${repository}`,
    "dependency:get",
    `-Dartifact=${group}:${name}:${version}:${packaging}`,
    "-Dtransitive=false",
  ]);
  const folder = join(repository, ...group.split("."), name, version);
  return join(folder, `${name}-${version}.${packaging}`);
}

/** Runs Maven. @throws ReaderUnavailableError if it is missing or fails. */
export async function maven(args: readonly string[], folder?: string): Promise<void> {
  const { failed, code, all } = await execa("mvn", ["--batch-mode", "--quiet", ...args], {
    all: true,
    reject: false,
    timeout: timeoutMilliseconds,
    ...(folder !== undefined && { cwd: folder }),
  });
  if (failed) {
    const reason = code === "ENOENT" ? "mvn (Apache Maven) is not on the PATH." : all;
    throw new ReaderUnavailableError(`Maven downloaded nothing: ${reason}`);
  }
}
