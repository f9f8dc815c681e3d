/**
 * Copies small silver objects of earlier days into packs. Nothing depends on a pack, and its name says of which part of a manifest
 * it is. So a part is packed once, and its packs go when something in it changes.
 */
import { hash } from "node:crypto";
import { rm } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { dayOfSilver, removalPlanKey } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { receiptFromMetadata } from "@lakehouse/lake/receipt";
import { compareUtf8 } from "@lakehouse/lake/utf8";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { unlessStateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { FileLists } from "../state/file-list.ts";
import type { LocalFiles } from "../state/local-files.ts";
import type { ManifestEntry } from "../state/manifest.ts";
import type { ManifestPart, StoredManifest } from "../state/manifest-parts.ts";
import type { RunRecord } from "../state/run-record.ts";
import { contentHashOf, packedPartOf, packKey, volumeOfPack } from "../state/state-keys.ts";
import { type PackedObject, writePackFile } from "./pack-file.ts";
import { packsByPart } from "./silver-packs.ts";

/** The most objects of a pack. A part with more has several packs. */
const objectsPerPack = 2_000;
/** The most bytes of objects in a pack, so that it fits on the disk of a function. */
const bytesPerPack = 128 * 1024 * 1024;
/** A larger object is read on its own. */
const smallBytes = 256 * 1024;
/** The number of objects that are read at once. */
const readAtOnce = 32;
/** The fewest objects of a part that are worth a pack. */
const leastObjects = 20;
/** A function makes packs for this time, so that the next run is not late … */
const mostMilliseconds = 60_000;
/** … and begins none with less time left than this, so that no alarm rings. */
const leastMilliseconds = 120_000;
const millisecondsPerDay = 86_400_000;
const dayLength = "yyyy-MM-dd".length;

/** Which silver goes into packs. */
export interface PackOptions {
  /** Objects that arrived more than this number of days ago (UTC). */
  readonly afterDays: number;
  /** The fewest objects that are worth a pack. Default 20. */
  readonly least?: number;
}

/** What packs are made of. */
interface PackInput extends PackOptions {
  readonly catalog: Catalog;
  readonly record: RunRecord;
  /** The keys of all objects of gold. */
  readonly keys: Iterable<string>;
  /** The keys of packs that could not be read. */
  readonly damaged: ReadonlySet<string>;
  /** Whether the run listed all of silver, so that it may look into the last part of each manifest. */
  readonly isWhole: boolean;
  readonly now: Date;
  readonly remainingMilliseconds: (() => number) | undefined;
}

/** The packs that a run made. */
export interface MadePacks {
  readonly packs: number;
  /** The silver objects in them. */
  readonly objects: number;
}

/** What packs are made with. */
interface Scope {
  readonly gold: ObjectStore;
  readonly silver: ObjectStore;
  readonly files: LocalFiles;
  readonly lists: FileLists;
  readonly progress: (stage: "pack", table: string, done: number, total: number) => void;
}

/** Makes the packs that are missing, while time is left. The next run goes on. */
export async function makePacks(scope: Scope, input: PackInput): Promise<MadePacks> {
  const { catalog, record, damaged, now, afterDays } = input;
  await scope.gold.deleteAll(damaged);
  const before = new Date(now.getTime() - afterDays * millisecondsPerDay);
  const packs = packsByPart([...input.keys].filter((key) => !damaged.has(key)));
  const hasTime = deadline(input.remainingMilliseconds);
  const made = { packs: 0, objects: 0 };
  for (const { name } of catalog.tables) {
    const recorded = record.tables[name];
    const manifest =
      recorded && (await scope.lists.manifest(recorded.manifest).catch(unlessStateError));
    for (const [index, part] of (manifest?.parts ?? []).entries()) {
      const has = new Set(packs.get(packedPartOf(part.key) ?? "")?.map(volumeOfPack));
      const volumes = Math.ceil(part.objects / objectsPerPack);
      const isOpen = part.objects < (input.least ?? leastObjects) || has.size >= volumes;
      if (manifest === undefined || isOpen || contentHashOf(part.key) === "") {
        continue;
      }
      const day = before.toISOString().slice(0, dayLength);
      if (!(await isBefore(manifest, index, day, input.isWhole))) {
        continue;
      }
      const entries = await manifest.read(part).catch(unlessStateError);
      const sorted = [...(entries ?? [])].sort(([a], [b]) => compareUtf8(a, b));
      for (let volume = 0; volume < volumes; volume += 1) {
        const first = volume * objectsPerPack;
        const members = sorted.slice(first, first + objectsPerPack);
        if (has.has(volume)) {
          continue;
        }
        if (!hasTime()) {
          return made;
        }
        const objects = await makePack(scope, name, part, volume, record.sequence, members);
        if (objects === undefined) {
          break;
        }
        made.packs += 1;
        made.objects += objects;
      }
    }
  }
  return made;
}

/** Whether all objects of a part arrived before a day. */
async function isBefore(
  { parts, read }: StoredManifest,
  index: number,
  day: string,
  isWhole: boolean,
): Promise<boolean> {
  const [part, next] = parts.slice(index, index + 2);
  if (next !== undefined || part === undefined) {
    return next !== undefined && next.from <= day;
  }
  if (!isWhole || part.from >= day) {
    return false;
  }
  const entries = await read(part).catch(unlessStateError);
  return [...(entries?.keys() ?? [])].every((key) => dayOfSilver(key) < day);
}

/** @returns The number of objects in it; undefined if records of the table are being removed. */
async function makePack(
  { gold, silver, files, progress }: Scope,
  table: string,
  part: ManifestPart,
  volume: number,
  sequence: number,
  members: readonly (readonly [key: string, entry: ManifestEntry])[],
): Promise<number | undefined> {
  // Such a removal ends with the versions of all objects that hold the records.
  const isBeingCleaned = async () => (await gold.head(removalPlanKey(table))) !== undefined;
  if (await isBeingCleaned()) {
    return undefined;
  }
  const path = files.newPath("pack");
  let packed = 0;
  try {
    const objects = copiesOf(silver, members, (done) =>
      progress("pack", table, done, members.length),
    );
    await writePackFile(
      path,
      (async function* () {
        for await (const object of objects) {
          packed += 1;
          yield object;
        }
      })(),
    );
    if (await isBeingCleaned()) {
      return undefined;
    }
    await gold.put(packKey(table, volume, sequence, contentHashOf(part.key)), { path });
    return packed;
  } finally {
    await rm(path, { force: true });
  }
}

/** Reads the small ones of some objects, as the manifest has them. If most of the first are large, so are the others. */
async function* copiesOf(
  silver: ObjectStore,
  members: readonly (readonly [key: string, entry: ManifestEntry])[],
  onProgress: (done: number) => void,
): AsyncGenerator<PackedObject> {
  let bytes = 0;
  let packed = 0;
  for (let first = 0; first < members.length; first += readAtOnce) {
    const group = members.slice(first, first + readAtOnce);
    const found = await inParallel(group, readAtOnce, ([key, { sha256 }]) =>
      copyOf(silver, key, sha256),
    );
    for (const object of found) {
      if (object !== undefined) {
        bytes += object.bytes.length;
        packed += 1;
        yield object;
      }
    }
    const done = first + group.length;
    onProgress(done);
    if (bytes >= bytesPerPack || packed * 2 < done) {
      return;
    }
  }
}

/** @returns Undefined if the object is large, or is no longer what the manifest has. */
async function copyOf(
  silver: ObjectStore,
  key: string,
  sha256: string | undefined,
): Promise<PackedObject | undefined> {
  try {
    const { head, body } = await silver.open(key);
    const receipt = receiptFromMetadata(head.metadata);
    if (head.size > smallBytes || receipt === undefined) {
      body.destroy();
      return undefined;
    }
    const bytes = await buffer(body);
    const isSame = hash("sha256", bytes) === sha256;
    return isSame ? { key, sha256, rows: receipt.rows, bytes } : undefined;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether there is time for another pack. On a laptop there always is. */
function deadline(remainingMilliseconds: (() => number) | undefined): () => boolean {
  const began = performance.now();
  return () =>
    remainingMilliseconds === undefined ||
    (performance.now() - began < mostMilliseconds && remainingMilliseconds() > leastMilliseconds);
}
