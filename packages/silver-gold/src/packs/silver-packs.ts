/**
 * Reads small silver objects from packs, a call for many of them. A pack is a copy and decides nothing: its bytes are used only if
 * they have the digest that a manifest has of the object. Everything else is read from silver.
 */
import { hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { rm } from "node:fs/promises";
import { ObjectNotFoundError, StoreError } from "@lakehouse/lake/errors";
import { dayOfSilver } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { isKnown, type KnownContracts, knownUntil } from "../current/silver-contracts.ts";
import type { WholeObject } from "../current/silver-groups.ts";
import type { SilverObject } from "../current/silver-objects.ts";
import { unlessStateError } from "../errors.ts";
import type { FileLists } from "../state/file-list.ts";
import type { LocalFiles } from "../state/local-files.ts";
import type { Manifest } from "../state/manifest.ts";
import { type ManifestPart, noManifest, type StoredManifest } from "../state/manifest-parts.ts";
import type { RunRecord } from "../state/run-record.ts";
import { packedPartOf, volumeOfPack } from "../state/state-keys.ts";
import { type Slice, unpack } from "./pack-file.ts";

/** A pack is read if at least this share of its part of the manifest is wanted. Each pack takes disk space. */
const wantedShare = 1 / 4;
/** The most packs of a table on local disk at once. Objects are read in the order of their keys, as packs have them. */
const openPacks = 4;

/** What packs are read with. */
interface PackScope {
  readonly gold: ObjectStore;
  readonly files: LocalFiles;
  readonly lists: FileLists;
}

/** The packs of a lake, as a run finds them. */
export class SilverPacks {
  /** The keys of packs that could not be read. */
  readonly damaged = new Set<string>();
  readonly #scope: PackScope;
  readonly #record: Pick<RunRecord, "tables" | "run">;
  readonly #keys: ReadonlyMap<string, readonly string[]>;

  /**
   * @param record The record of the last run.
   * @param keys The keys of all objects of gold.
   */
  constructor(scope: PackScope, record: Pick<RunRecord, "tables" | "run">, keys: Iterable<string>) {
    this.#scope = scope;
    this.#record = record;
    this.#keys = packsByPart(keys);
  }

  /**
   * Opens the packs of a table.
   *
   * @param wanted The keys of the silver objects that will be read.
   */
  async of(table: string, wanted: readonly string[]): Promise<TablePacks> {
    const recorded = this.#record.tables[table];
    const isPossible = recorded !== undefined && wanted.length > 0 && this.#keys.size > 0;
    // Whoever needs the manifest says that it is damaged.
    const manifest = isPossible
      ? await this.#scope.lists.manifest(recorded.manifest).catch(unlessStateError)
      : undefined;
    const until = knownUntil(this.#record.run);
    return new TablePacks({
      ...this.#scope,
      manifest: manifest ?? noManifest,
      packs: this.#keys,
      wanted,
      until,
      onDamage: (key) => this.damaged.add(key),
    });
  }
}

/** The keys of packs, by what they have in common with their part of a manifest, in the order of their numbers. */
export function packsByPart(keys: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  for (const key of keys) {
    const part = volumeOfPack(key) === undefined ? undefined : packedPartOf(key);
    if (part !== undefined) {
      parts.set(part, [...(parts.get(part) ?? []), key]);
    }
  }
  for (const packs of parts.values()) {
    packs.sort((a, b) => (volumeOfPack(a) ?? 0) - (volumeOfPack(b) ?? 0));
  }
  return parts;
}

interface TablePacksInput extends Omit<PackScope, "lists"> {
  readonly manifest: StoredManifest;
  readonly packs: ReadonlyMap<string, readonly string[]>;
  readonly wanted: readonly string[];
  readonly until: KnownContracts["until"];
  readonly onDamage: (key: string) => void;
}

/** The packs of a part of a manifest. */
interface PackedPart {
  readonly part: ManifestPart;
  readonly packs: readonly string[];
}

/** A pack, and its local file with the bytes. */
interface OpenPack {
  readonly path: string;
  /** Undefined once it is closed. */
  file: number | undefined;
  readonly slices: ReadonlyMap<string, Slice>;
}

/** The packs of one table. Some take disk space until they are closed. */
export class TablePacks {
  readonly #input: TablePacksInput;
  /** By day of arrival. */
  readonly #days = new Map<string, PackedPart | undefined>();
  readonly #entries = new Map<ManifestPart, Promise<Manifest | undefined>>();
  readonly #found = new Map<string, Promise<OpenPack | undefined>>();
  /** Those with a local file, in the order in which they were opened. */
  readonly #open: OpenPack[] = [];

  constructor(input: TablePacksInput) {
    this.#input = input;
    const { parts } = input.manifest;
    const wanted = Map.groupBy(parts.length === 0 ? [] : input.wanted, dayOfSilver);
    for (const [part, days] of Map.groupBy(wanted, ([day]) => partOfDay(parts, day))) {
      const packs = part && input.packs.get(packedPartOf(part.key) ?? "");
      const count = days.reduce((sum, [, keys]) => sum + keys.length, 0);
      if (part !== undefined && packs !== undefined && count >= part.objects * wantedShare) {
        for (const [day] of days) {
          this.#days.set(day, { part, packs });
        }
      }
    }
  }

  /** An object as the last run merged it; undefined if it is not in a pack, or has changed since. */
  async object(object: SilverObject): Promise<WholeObject | undefined> {
    const { manifest, until } = this.#input;
    const part = this.#days.get(dayOfSilver(object.key))?.part;
    if (part === undefined) {
      return undefined;
    }
    const reading = this.#entries.get(part) ?? manifest.read(part).catch(unlessStateError);
    this.#entries.set(part, reading);
    const entries = await reading;
    const { sha256, contract } = entries?.get(object.key) ?? {};
    if (entries === undefined || sha256 === undefined || contract === undefined) {
      return undefined;
    }
    // Its receipt may be newer than the pack, even if its content is the same.
    const slice = isKnown({ manifest: entries, until }, object)
      ? await this.bytes(object.key, sha256)
      : undefined;
    const version = { etag: object.etag, sha256, contract };
    return slice && { ...slice, object, version, isKnown: true };
  }

  /** The bytes of an object, and the number of its rows; undefined if no pack has this content. @param sha256 In hexadecimal. */
  async bytes(
    key: string,
    sha256: string,
  ): Promise<Pick<WholeObject, "bytes" | "rows"> | undefined> {
    for (const pack of this.#days.get(dayOfSilver(key))?.packs ?? []) {
      const finding = this.#found.get(pack) ?? this.#unpack(pack);
      this.#found.set(pack, finding);
      const { file, slices } = (await finding) ?? {};
      const slice = slices?.get(key);
      if (file !== undefined && slice?.sha256 === sha256) {
        const bytes = Buffer.allocUnsafe(slice.length);
        readSync(file, bytes, 0, slice.length, slice.offset);
        if (hash("sha256", bytes) === sha256) {
          return { bytes, rows: slice.rows };
        }
        this.#input.onDamage(pack);
      }
    }
    return undefined;
  }

  /** Removes the local files. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#found.values());
    await this.#closeAllBut(0);
  }

  /** Closes the packs that were opened first. What is still wanted of them is read from silver. */
  async #closeAllBut(last: number): Promise<void> {
    const closed = this.#open.splice(0, Math.max(0, this.#open.length - last));
    for (const pack of closed) {
      if (pack.file !== undefined) {
        closeSync(pack.file);
      }
      pack.file = undefined;
      await rm(pack.path, { force: true });
    }
  }

  async #unpack(key: string): Promise<OpenPack | undefined> {
    const { gold, files, onDamage } = this.#input;
    const path = files.newPath("unpacked");
    try {
      const packed = await gold.download(key, files.directory);
      const { slices, isDamaged } = await unpack(packed, path);
      if (gold.folders === undefined) {
        await rm(packed, { force: true });
      }
      if (!isDamaged) {
        const opened = { path, file: openSync(path, "r"), slices };
        this.#open.push(opened);
        await this.#closeAllBut(openPacks);
        return opened;
      }
      onDamage(key);
    } catch (error) {
      if (error instanceof StoreError && !(error instanceof ObjectNotFoundError)) {
        throw error;
      }
      // Another run has removed it, or the disk is full. Silver has all of it.
    }
    await rm(path, { force: true });
    return undefined;
  }
}

/** The part of a manifest that has the objects of a day. */
function partOfDay(parts: readonly ManifestPart[], day: string): ManifestPart | undefined {
  return parts.findLast(({ from }) => from <= day) ?? parts[0];
}
