/** The variables that this package's programs read. It imports nothing installed: the Dockerfile runs tidy.ts. */
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UsageError } from "./errors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The prefix of the repositories' names. @throws UsageError if LAKEHOUSE_REGISTRY is not set. */
export function readRegistry(variables: Variables = process.env): string {
  const registry = variables["LAKEHOUSE_REGISTRY"] ?? "";
  if (registry === "") {
    throw new UsageError(
      "LAKEHOUSE_REGISTRY must name the registry to push to, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev. See --help.",
    );
  }
  return registry;
}

/** The last second of the year 9999. */
const latestEpoch = 253_402_300_799;

/** The time of an image's files, in seconds. @throws UsageError if SOURCE_DATE_EPOCH is not such a number. */
export function readSourceDateEpoch(variables: Variables = process.env): number {
  const text = variables["SOURCE_DATE_EPOCH"] || "0";
  if (!/^\d+$/.test(text) || Number(text) > latestEpoch) {
    throw new UsageError(
      `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}. Give whole seconds since 1970, at most ${latestEpoch}, or leave it out.`,
    );
  }
  return Number(text);
}

/** The folders in which programs are found. */
export function searchPath(variables: Variables = process.env): string[] {
  return (variables["PATH"] ?? "").split(delimiter);
}

/** Where builds are kept, outside the clone, so that every clone finds them again. */
export function cacheFolder(variables: Variables = process.env): string {
  return join(variables["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "lakehouse-docker");
}
