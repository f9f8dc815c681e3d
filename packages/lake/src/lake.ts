/** Opens a lake: the one place that knows where its three stores are. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DirectoryStore } from "./directory-store.ts";
import { ConfigurationError } from "./errors.ts";
import type { Lake } from "./object-store.ts";
import { createS3Client, S3Store } from "./s3-store.ts";

/**
 * Opens the three stores of a lake. It connects to nothing yet, and makes nothing.
 * @param location A directory, as a path or `file:///dir`; or `s3`, with the buckets' names in
 *   BRONZE_BUCKET, SILVER_BUCKET and GOLD_BUCKET.
 * @param environment `process.env`.
 * @throws ConfigurationError when the location is neither, or a bucket's name is missing.
 */
export function openLake(location: string, environment: NodeJS.ProcessEnv): Lake {
  if (location === "s3") {
    const client = createS3Client(environment);
    const bucket = (variable: string) =>
      new S3Store(client, requireVariable(environment, variable));
    return {
      bronze: bucket("BRONZE_BUCKET"),
      silver: bucket("SILVER_BUCKET"),
      gold: bucket("GOLD_BUCKET"),
    };
  }
  const directory = directoryOf(location);
  return {
    bronze: new DirectoryStore(join(directory, "bronze")),
    silver: new DirectoryStore(join(directory, "silver")),
    gold: new DirectoryStore(join(directory, "gold")),
  };
}

/**
 * The directory that a location other than `s3` names, as an absolute path.
 * @throws ConfigurationError when it names none.
 */
export function directoryOf(location: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(location)?.[1]?.toLowerCase();
  if (location === "" || (scheme !== undefined && scheme !== "file")) {
    throw unknownLocation(location);
  }
  try {
    return resolve(scheme === "file" ? fileURLToPath(location) : location);
  } catch {
    throw unknownLocation(location);
  }
}

/** @throws ConfigurationError that names the variable, when it is missing or empty. */
export function requireVariable(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value === undefined || value === "") {
    throw new ConfigurationError(
      name,
      "is not set",
      `Set the environment variable ${name} (the deployment prints its value), or use a lake in a directory: --lake file:///dir.`,
    );
  }
  return value;
}

function unknownLocation(location: string): ConfigurationError {
  return new ConfigurationError(
    "The lake's location",
    `${JSON.stringify(location)} is neither a directory nor "s3"`,
    "Give a directory (.lake or file:///dir), or s3 with BRONZE_BUCKET, SILVER_BUCKET and GOLD_BUCKET set.",
  );
}
