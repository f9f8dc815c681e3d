/** Opens a lake: the one place that knows where its three stores are. */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DirectoryStore } from "./directory-store.ts";
import { ConfigurationError } from "./errors.ts";
import type { Lake, ObjectStore } from "./object-store.ts";
import { createS3Client, S3Store } from "./s3-store.ts";
import { bucketVariables } from "./variables.ts";

/** A layer of a lake, each in a store of its own. */
export type Layer = keyof Lake;

const allLayers: readonly Layer[] = ["bronze", "silver", "gold"];

/**
 * Opens the stores of a lake. It connects to nothing yet, and makes nothing.
 * @param location A directory, as a path or `file:///dir`; or `s3`, with the buckets' names in
 *   BRONZE_BUCKET, SILVER_BUCKET and GOLD_BUCKET.
 * @param environment `process.env`.
 * @param layers The layers that are needed: no bucket of another has to be named. Default: all.
 * @throws ConfigurationError when the location is neither, a file is in its place, or a bucket's name is missing.
 */
export function openLake(location: string, environment: NodeJS.ProcessEnv): Lake;
export function openLake<L extends Layer>(
  location: string,
  environment: NodeJS.ProcessEnv,
  layers: readonly L[],
): Pick<Lake, L>;
export function openLake(
  location: string,
  environment: NodeJS.ProcessEnv,
  layers: readonly Layer[] = allLayers,
): Partial<Lake> {
  const open = location === "s3" ? bucketsOf(environment) : foldersOf(location);
  return Object.fromEntries(layers.map((layer) => [layer, open(layer)]));
}

function bucketsOf(environment: NodeJS.ProcessEnv): (layer: Layer) => ObjectStore {
  const client = createS3Client(environment);
  return (layer) => new S3Store(client, requireVariable(environment, bucketVariables[layer]));
}

function foldersOf(location: string): (layer: Layer) => ObjectStore {
  const directory = directoryOf(location);
  isFolder(directory);
  return (layer) => {
    const folder = join(directory, layer);
    isFolder(folder);
    return new DirectoryStore(folder);
  };
}

/**
 * Whether there is a lake where a location says: a directory in which a layer has begun. Buckets are taken at
 * their word.
 * @throws ConfigurationError as `openLake` does.
 */
export function isLake(location: string): boolean {
  if (location === "s3") {
    return true;
  }
  const directory = directoryOf(location);
  return isFolder(directory) && allLayers.some((layer) => isFolder(join(directory, layer)));
}

/**
 * Whether a folder is there.
 * @throws ConfigurationError when something else is in its place, which would read as a lake without objects.
 */
function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === false) {
    throw new ConfigurationError(
      "The lake's location is no directory:",
      `${path} is a file`,
      "Give a directory, or move away what is in its place.",
    );
  }
  return found !== undefined;
}

/**
 * The directory that a location other than `s3` names, as an absolute path.
 * @param base Where a relative path begins.
 * @throws ConfigurationError when it names none.
 */
export function directoryOf(location: string, base: string = process.cwd()): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(location)?.[1]?.toLowerCase();
  if (location === "" || (scheme !== undefined && scheme !== "file")) {
    throw unknownLocation(location);
  }
  try {
    return resolve(base, scheme === "file" ? fileURLToPath(location) : location);
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
      `Set the environment variable ${name} (the deployment prints its value), or name the deployed environment (--env dev), or a lake in a directory (--lake file:///dir).`,
    );
  }
  return value;
}

function unknownLocation(location: string): ConfigurationError {
  return new ConfigurationError(
    "The lake's location",
    `${JSON.stringify(location)} is neither a directory nor "s3"`,
    "Give a directory (.lake or file:///dir), or s3 with BRONZE_BUCKET, SILVER_BUCKET and GOLD_BUCKET set, or a deployed environment with --env.",
  );
}
