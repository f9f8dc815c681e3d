/** Reads many small silver objects as one frame. A frame for each takes ten times as long. */
import { hash } from "node:crypto";
import { type CanonicalTypes, UnreadableFileError } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type pl from "nodejs-polars";
import { SilverObjectError } from "../errors.ts";
import { inGroups } from "../in-groups.ts";
import { inParallel } from "../in-parallel.ts";
import { receiptOf, type SilverFrame, type SilverVersion, verify } from "./silver-frames.ts";
import type { SilverObject } from "./silver-objects.ts";
import type { SilverReader } from "./silver-reader.ts";

/** A larger object is read on its own. */
const smallBytes = 1024 * 1024;
/** How many small objects are read at once. */
const openObjects = 32;
/** The most objects of a group. */
const mostObjects = 2_000;

/** A silver object that was read whole. */
export interface WholeObject {
  readonly object: SilverObject;
  readonly bytes: Buffer;
  readonly version: SilverVersion;
  /** The number of its rows, as its receipt says. */
  readonly rows: number;
  /** Whether it is known to be what its contract made: by the digest of its receipt, or because an earlier run has read it. */
  readonly isKnown: boolean;
}

/** Where whole objects can be read instead of silver. */
export interface Copies {
  /** Undefined if there is no copy of what silver has. */
  readonly object: (object: SilverObject) => Promise<WholeObject | undefined>;
}

/** What was read of a group. */
export interface GroupRead {
  readonly frames: readonly SilverFrame[];
  readonly versions: ReadonlyMap<SilverObject, SilverVersion>;
}

/** Divides objects into groups that are read together, and those that are read on their own. */
export function groupSmall(
  objects: readonly SilverObject[],
  mostBytes: number,
): { readonly groups: readonly (readonly SilverObject[])[]; readonly single: SilverObject[] } {
  const { small = [], single = [] } = Object.groupBy(objects, ({ format, size }) =>
    size <= smallBytes && nativeFormats[format].together !== undefined ? "small" : "single",
  );
  return { groups: inGroups(small, ({ size }) => size, mostBytes, mostObjects), single };
}

/**
 * Reads the objects of a group, which have one format.
 *
 * @param copies Where to look first.
 * @returns Undefined if something is wrong with one of them. Read on its own, each says what.
 */
export async function readGroup(
  silver: ObjectStore,
  objects: readonly SilverObject[],
  reader: SilverReader,
  copies?: Copies,
): Promise<GroupRead | undefined> {
  const [first] = objects;
  if (first === undefined) {
    return { frames: [], versions: new Map() };
  }
  try {
    const contents = await inParallel(
      objects,
      openObjects,
      async (object) => (await copies?.object(object)) ?? (await readWhole(silver, object)),
    );
    const types = canonicalTypes(reader, contents);
    const read = nativeFormats[first.format].together?.(
      contents.map(({ bytes }) => bytes),
      types,
      types && contents.map(({ rows }) => rows),
    );
    const frames: SilverFrame[] = [];
    for (const { frame, files, rows } of read ?? []) {
      const members = files.flatMap((index) => contents[index] ?? []);
      const isWhole =
        members.every((member, index) => member.rows === rows[index]) &&
        rows.reduce((sum, each) => sum + each, 0) === frame.height;
      const typed = isWhole ? typeAll(reader, frame, members, rows, types) : undefined;
      if (typed === undefined) {
        return undefined;
      }
      const bytes = members.reduce((sum, member) => sum + member.bytes.length, 0);
      frames.push({ frame: typed, bytes });
    }
    const versions = new Map(contents.map(({ object, version }) => [object, version]));
    return read && { frames, versions };
  } catch (error) {
    if (error instanceof SilverObjectError || error instanceof UnreadableFileError) {
      return undefined;
    }
    throw error;
  }
}

/** Reads a small object. @throws SilverChangedError if it is not what its receipt says. */
export async function readWhole(silver: ObjectStore, object: SilverObject): Promise<WholeObject> {
  const { head, body } = await silver.open(object.key);
  const bytes = Buffer.concat(await Array.fromAsync(body as AsyncIterable<Uint8Array>));
  const receipt = receiptOf(object, head.metadata);
  const sha256 = hash("sha256", bytes);
  verify(object, receipt, sha256);
  const version = { etag: head.etag, sha256, contract: receipt.contract };
  return { object, bytes, version, rows: receipt.rows, isKnown: receipt.digests !== undefined };
}

/** The types to read files with, if their contract made all of them. */
function canonicalTypes(
  reader: SilverReader,
  contents: readonly WholeObject[],
): CanonicalTypes | undefined {
  const contracts = new Set(contents.map(({ version }) => version.contract));
  const types = [...contracts].map((contract) => reader.canonicalTypes(contract));
  const areKnown = contents.every(({ isKnown }) => isKnown);
  return areKnown && types.every((each) => each !== undefined) ? types[0] : undefined;
}

function typeAll(
  reader: SilverReader,
  frame: pl.DataFrame,
  members: readonly { readonly object: SilverObject }[],
  rows: readonly number[],
  types: CanonicalTypes | undefined,
): pl.DataFrame | undefined {
  const [first, ...others] = members.map(({ object }) => object);
  return first && reader.typeAll(frame, [first, ...others], rows, types);
}
