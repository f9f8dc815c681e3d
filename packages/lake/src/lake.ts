/** Opens a lake: the one place that knows where its three stores are. */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { DirectoryStore } from "./directory-store.ts";
import { ConfigurationError } from "./errors.ts";
import type { LakeSettings } from "./lake-settings.ts";
import type { Lake, ObjectStore } from "./object-store.ts";
import { createS3Client, S3Store } from "./s3-store.ts";
import { bucketVariables } from "./variables.ts";

/** The setting that says where a lake is: `s3` or a directory. */
export const lakeLocation = z.string().refine(
  (location) => {
    try {
      return location === "s3" || directoryOf(location) !== "";
    } catch {
      return false;
    }
  },
  { error: "Use s3, a directory, or file:///dir." },
);

/** A layer of a lake. Each has its own store. */
export type Layer = keyof Lake;

const allLayers: readonly Layer[] = ["bronze", "silver", "gold"];

/**
 * Opens the stores of a lake. It does not connect or create anything yet.
 * @param location A directory, as a path or `file:///dir`; or `s3`, with the buckets' names in
 *   BRONZE_BUCKET, SILVER_BUCKET and GOLD_BUCKET.
 * @param settings The settings of a lake in S3. For a directory, `{}`.
 * @param layers The layers that are needed. Buckets of other layers need no name. Default: all.
 * @throws ConfigurationError if the location is neither, is a file, or a bucket's name is missing.
 */
export function openLake(location: string, settings: LakeSettings): Lake;
export function openLake<L extends Layer>(
  location: string,
  settings: LakeSettings,
  layers: readonly L[],
): Pick<Lake, L>;
export function openLake(
  location: string,
  settings: LakeSettings,
  layers: readonly Layer[] = allLayers,
): Partial<Lake> {
  const open = location === "s3" ? bucketsOf(settings) : foldersOf(location);
  return Object.fromEntries(layers.map((layer) => [layer, open(layer)]));
}

function bucketsOf(settings: LakeSettings): (layer: Layer) => ObjectStore {
  const client = createS3Client(settings);
  return (layer) => new S3Store(client, bucketOf(settings, layer));
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
 * Whether there is a lake at a location: a directory with at least one layer's folder. Buckets are not checked.
 * @throws ConfigurationError like `openLake`.
 */
export function isLake(location: string): boolean {
  if (location === "s3") {
    return true;
  }
  const directory = directoryOf(location);
  return isFolder(directory) && allLayers.some((layer) => isFolder(join(directory, layer)));
}

/**
 * Whether a folder exists.
 * @throws ConfigurationError if it is not a folder, which would look like an empty lake.
 */
function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === false) {
    throw new ConfigurationError(
      "The lake's location is not a directory:",
      `${path} is a file`,
      "Name a directory, or move the file away.",
    );
  }
  return found !== undefined;
}

/**
 * The directory that a location other than `s3` names, as an absolute path.
 * @param base The directory that a relative path starts from.
 * @throws ConfigurationError if it does not name a directory.
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

/** @throws ConfigurationError that names the variable if it is missing or empty. */
function bucketOf({ buckets }: LakeSettings, layer: Layer): string {
  const bucket = buckets?.[layer];
  if (bucket === undefined) {
    const name = bucketVariables[layer];
    throw new ConfigurationError(
      name,
      "is not set",
      `Set the environment variable ${name} (the deployment prints its value). Or name the deployed environment (--env dev), or a lake in a directory (--lake file:///dir).`,
    );
  }
  return bucket;
}

function unknownLocation(location: string): ConfigurationError {
  return new ConfigurationError(
    "The lake's location",
    `${JSON.stringify(location)} is neither a directory nor "s3"`,
    "Use a directory (.lake or file:///dir), s3 with BRONZE_BUCKET, SILVER_BUCKET and GOLD_BUCKET set, or a deployed environment with --env.",
  );
}
