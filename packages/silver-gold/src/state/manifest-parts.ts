/**
 * A table's manifest in parts, so that a run reads and writes only those parts whose silver it looks at. A part has the objects
 * of some days of arrival. A small manifest is one object, as in earlier versions. A larger one is an index of its parts.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { dayOfSilver } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { compareUtf8 } from "@lakehouse/lake/utf8";
import * as z from "zod";
import { StateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import { hashBytes } from "./content-hash.ts";
import { readIfThere, readIntact } from "./is-intact.ts";
import { decodeManifest, encodeManifest, type Manifest, type ManifestEntry } from "./manifest.ts";
import { contentHashOf, isManifestIndex, manifestIndexKey, manifestKey } from "./state-keys.ts";

/** A part with more objects, of more than one day, is divided. */
export const objectsPerPart = 2_000;
/** The number of parts that are read at once. */
export const readAtOnce = 8;
/** An index names at most this many partitions of a part. */
const mostPartitions = 64;

/** A part of a manifest. */
export interface ManifestPart {
  /** The key of the object of state with its entries. */
  readonly key: string;
  /** Its first day of arrival. It has all days up to that of the next part; the first part also has all earlier ones. */
  readonly from: string;
  readonly objects: number;
  /** The number of its objects that each contract made, by fingerprint. */
  readonly contracts: Readonly<Record<string, number>>;
  /** The partitions that its objects have rows in. Undefined if there are many, and in indexes of earlier versions. */
  readonly partitions?: readonly string[] | undefined;
}

/** A manifest of which a run has read some parts. */
export interface PartialManifest {
  /** The entries of those parts, with the changes of this run. */
  readonly entries: Manifest;
  /** The parts that this run leaves as they are. */
  readonly untouched: readonly ManifestPart[];
}

const indexSchema = z.object({
  parts: z.array(
    z.object({
      key: z.string(),
      from: z.string(),
      objects: z.number(),
      contracts: z.record(z.string(), z.number()),
      partitions: z.array(z.string()).optional(),
    }),
  ),
});

/** A manifest whose parts are read as they are needed. */
export interface StoredManifest {
  /** By first day. */
  readonly parts: readonly ManifestPart[];
  /** The entries of a part. @throws StateError if it is damaged. */
  readonly read: (part: ManifestPart) => Promise<Manifest>;
}

/** The manifest of a table without silver. */
export const noManifest: StoredManifest = { parts: [], read: async () => new Map() };

/** Opens a manifest. @throws StateError if it is missing or damaged. */
export async function openManifest(gold: ObjectStore, key: string): Promise<StoredManifest> {
  if (!isManifestIndex(key)) {
    const entries = await readPart(gold, key);
    return { parts: [partOf(key, entries)], read: async () => entries };
  }
  const bytes = await readIntact(gold, key);
  try {
    const json = (await promisify(gunzip)(bytes)).toString();
    return storedIn(gold, indexSchema.parse(JSON.parse(json)).parts);
  } catch {
    throw new StateError(key, "it is not the index of a manifest");
  }
}

/** The manifest with these parts. */
export function storedIn(gold: ObjectStore, parts: readonly ManifestPart[]): StoredManifest {
  return { parts, read: ({ key }) => readPart(gold, key) };
}

/** Whether a part may have an object with rows in one of these partitions. */
export function mayHaveRows(part: ManifestPart, partitions: ReadonlySet<string>): boolean {
  return part.partitions === undefined || part.partitions.some((value) => partitions.has(value));
}

/** All entries of a manifest. @throws StateError if it is missing or damaged. */
export async function readManifest(gold: ObjectStore, key: string): Promise<Manifest> {
  const { parts, read } = await openManifest(gold, key);
  const entries = await inParallel(parts, readAtOnce, read);
  return new Map(entries.flatMap((part) => [...part]));
}

/** A manifest, ready to be written. */
export interface EncodedManifest {
  /** The key that names it. */
  readonly key: string;
  readonly parts: readonly ManifestPart[];
  /** What to write, by key. */
  readonly uploads: ReadonlyMap<string, Uint8Array>;
}

/**
 * Encodes a manifest. Parts that are untouched keep their objects.
 *
 * @param sequence The number of the run.
 * @param size The most objects of a part of several days.
 */
export async function encodeParts(
  table: string,
  sequence: number,
  { entries, untouched }: PartialManifest,
  size: number = objectsPerPart,
): Promise<EncodedManifest> {
  const uploads = new Map<string, Uint8Array>();
  const upload = async (part: Manifest): Promise<string> => {
    const bytes = await encodeManifest(part);
    const key = manifestKey(table, sequence, hashBytes(bytes));
    uploads.set(key, bytes);
    return key;
  };
  const [only] = untouched;
  if (entries.size === 0 && untouched.length === 1 && only !== undefined) {
    return { key: only.key, parts: untouched, uploads };
  }
  if (untouched.length === 0 && entries.size <= size) {
    const key = await upload(entries);
    return { key, parts: [partOf(key, entries)], uploads };
  }
  const written: ManifestPart[] = [];
  for (const part of divide(entries, untouched, size)) {
    written.push(partOf(await upload(part), part));
  }
  const parts = [...untouched, ...written].sort((a, b) => compareUtf8(a.from, b.from));
  const bytes = await promisify(gzip)(JSON.stringify({ parts }));
  const key = manifestIndexKey(table, sequence, hashBytes(bytes));
  uploads.set(key, bytes);
  return { key, parts, uploads };
}

/** Divides entries into parts of whole days. None spans an untouched part. */
function divide(
  entries: Manifest,
  untouched: readonly ManifestPart[],
  size: number,
): readonly Manifest[] {
  const byDay = Map.groupBy(entries, ([key]) => dayOfSilver(key));
  const ends = untouched.map(({ from }) => from);
  const parts: (readonly [string, ManifestEntry])[][] = [];
  let first = "";
  for (const [day, objects] of [...byDay].sort(([a], [b]) => compareUtf8(a, b))) {
    const last = parts.at(-1);
    const isFull = last === undefined || last.length + objects.length > size;
    if (isFull || ends.some((end) => first < end && end <= day)) {
      parts.push([...objects]);
      first = day;
    } else {
      last.push(...objects);
    }
  }
  return parts.map((part) => new Map(part));
}

/** What an index says of a part. */
function partOf(key: string, entries: Manifest): ManifestPart {
  const contracts = new Map<string, number>();
  const values = new Set<string>();
  let from: string | undefined;
  for (const [object, { contract = "", partitions }] of entries) {
    const day = dayOfSilver(object);
    from = from === undefined || day < from ? day : from;
    if (contract !== "") {
      contracts.set(contract, (contracts.get(contract) ?? 0) + 1);
    }
    for (const value of partitions) {
      values.add(value);
    }
  }
  const sorted = [...contracts].sort(([a], [b]) => compareUtf8(a, b));
  return {
    key,
    from: from ?? "",
    objects: entries.size,
    contracts: Object.fromEntries(sorted),
    partitions: values.size > mostPartitions ? undefined : [...values].sort(compareUtf8),
  };
}

async function readPart(gold: ObjectStore, key: string): Promise<Manifest> {
  // Early versions wrote manifests without a digest in their names.
  const read = contentHashOf(key) === "" ? readIfThere : readIntact;
  return await decodeManifest(key, await read(gold, key));
}
