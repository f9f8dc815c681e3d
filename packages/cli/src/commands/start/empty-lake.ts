/** Empties a lake that contains only samples. */
import type { Dirent } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { InvalidKeyError } from "@lakehouse/lake/errors";
import {
  bronzeKeyOfQuarantine,
  bronzeKeyOfSilver,
  modelOfGoldKey,
  quarantineRoot,
} from "@lakehouse/lake/keys";
import type { Lake, ObjectHead, ObjectStore } from "@lakehouse/lake/object-store";
import { isLog, runRecordKey, sequenceOf } from "@lakehouse/silver-gold/state-keys";
import { UsageError } from "../../errors.ts";

/** Metadata of the bronze objects that `start` makes. */
export const sampleMetadata = { "made-by": "start" };

const layers = ["bronze", "silver", "gold"] as const;
/** The store's own folder, which is removed with the layer. */
const privateFolder = ".lakehouse";

/**
 * Removes the layers of a lake.
 *
 * @throws UsageError, and removes nothing, if they contain files that this command did not make.
 */
export async function emptyLake(directory: string, lake: Lake): Promise<void> {
  const foreign: string[] = [];
  const counts: string[] = [];
  for (const layer of layers) {
    const folder = join(directory, layer);
    const files = await filesIn(folder);
    const made = files.length === 0 ? new Set() : await madeFiles(layer, lake);
    const others = files.filter((file) => !made.has(file));
    foreign.push(...others);
    if (others.length > 0) {
      counts.push(`${others.length} in ${folder}`);
    }
  }
  const [first] = foreign;
  if (first !== undefined) {
    throw new UsageError(
      `start did not make ${foreign.length === 1 ? "1 file" : `${foreign.length} files`} of this lake ` +
        `(${counts.join(", ")}), such as ${first}`,
      "--fresh removes only files that start made. Move the others away, or name another directory with --lake.",
    );
  }
  for (const layer of layers) {
    await rm(join(directory, layer), { recursive: true, force: true });
  }
}

/** All files and links in a layer's folder, including hidden ones. */
async function filesIn(folder: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") {
        return [];
      }
      throw error;
    },
  );
  const own = join(folder, privateFolder);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(own, "/")));
}

/** The paths of the objects of a layer that `start` made, or that were made from bronze objects. */
async function madeFiles(layer: keyof Lake, lake: Lake): Promise<Set<string>> {
  const store = lake[layer];
  const made = new Set<string>();
  for await (const key of keysOf(store)) {
    const head = await store.head(key);
    if (head !== undefined && (await isMade[layer](head, lake))) {
      made.add(await store.download(key, ""));
    }
  }
  return made;
}

/** The keys of a store, without files whose names are not keys. */
async function* keysOf(store: ObjectStore): AsyncGenerator<string> {
  for await (const { key } of store.list("", () => {})) {
    yield key;
  }
}

/** Only objects that a store wrote have metadata. Files that were added or changed by hand have none. */
const isMade: {
  readonly [L in keyof Lake]: (head: ObjectHead, lake: Lake) => boolean | Promise<boolean>;
} = {
  bronze: ({ metadata }) =>
    Object.entries(sampleMetadata).every(([name, value]) => metadata[name] === value),
  // It can be made again from its bronze object, so that object decides.
  silver: async ({ key, metadata }, { bronze }) => {
    const source = Object.keys(metadata).length === 0 ? undefined : sourceOf(key);
    return source !== undefined && (await bronze.head(source)) !== undefined;
  },
  gold: ({ key, metadata }) =>
    key === runRecordKey ||
    sequenceOf(key) !== undefined ||
    isLog(key) ||
    (modelOfGoldKey(key) !== undefined && Object.keys(metadata).length > 0),
};

function sourceOf(silverKey: string): string | undefined {
  try {
    return silverKey.startsWith(quarantineRoot)
      ? bronzeKeyOfQuarantine(silverKey)
      : bronzeKeyOfSilver(silverKey);
  } catch (error) {
    if (error instanceof InvalidKeyError) {
      return undefined;
    }
    throw error;
  }
}
