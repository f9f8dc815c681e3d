/** Entries of a manifest: silver objects in current rows of a table, and the partitions in which each of them has rows. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { compareUtf8 } from "@lakehouse/lake/utf8";
import * as z from "zod";
import { StateError } from "../errors.ts";

/** A silver object as it was when it was merged. */
export interface ManifestEntry {
  readonly etag: string;
  /** SHA-256 of its content, in hexadecimal. Manifests of earlier versions have none. */
  readonly sha256?: string;
  /**
   * The fingerprint of the contract that made it; empty if it has no receipt, missing if it was not looked up yet.
   * Manifests of earlier versions have none.
   */
  readonly contract?: string | undefined;
  /** Values of the partitions that it has rows in. */
  readonly partitions: readonly string[];
}

/** By key of the silver object. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

/** Partition values are written once. Entries refer to them by index. */
const schema = z.object({
  partitions: z.array(z.string()),
  objects: z.array(z.tuple([z.string(), z.string(), z.array(z.number())])),
  /** Digests in the order of the objects. Beside them, so that an earlier version can read the manifest too. */
  sha256: z.array(z.string().nullable()).optional(),
  /** Contracts in the order of the objects. */
  contract: z.array(z.string().nullable()).optional(),
});

/** Encodes a manifest. The same entries always give the same bytes. */
export async function encodeManifest(manifest: Manifest): Promise<Uint8Array> {
  const values = new Set<string>();
  for (const { partitions } of manifest.values()) {
    for (const value of partitions) {
      values.add(value);
    }
  }
  const partitions = [...values].sort();
  const index = new Map(partitions.map((value, position) => [value, position]));
  const entries = [...manifest].sort(([a], [b]) => compareUtf8(a, b));
  const objects = entries.map(([key, entry]) => [
    key,
    entry.etag,
    entry.partitions.map((value) => index.get(value) ?? -1).sort((a, b) => a - b),
  ]);
  const sha256 = entries.map(([, entry]) => entry.sha256 ?? null);
  const contract = entries.map(([, entry]) => entry.contract ?? null);
  return await promisify(gzip)(JSON.stringify({ partitions, objects, sha256, contract }));
}

/** @param key For messages. @throws StateError if the bytes are not a manifest. */
export async function decodeManifest(key: string, bytes: Uint8Array): Promise<Manifest> {
  try {
    const { partitions, objects, sha256, contract } = schema.parse(
      JSON.parse((await promisify(gunzip)(bytes)).toString()),
    );
    return new Map(
      objects.map(([object, etag, indexes], index) => [
        object,
        {
          etag,
          partitions: indexes.map((position) => partitions[position] ?? ""),
          ...at("sha256", sha256, index),
          ...at("contract", contract, index),
        },
      ]),
    );
  } catch {
    throw new StateError(key, "it is not a manifest");
  }
}

/** The member of an entry, if the manifest has its value. */
function at<N extends "sha256" | "contract">(
  name: N,
  values: readonly (string | null)[] | undefined,
  index: number,
): { readonly [name in N]?: string } {
  const value = values?.[index] ?? undefined;
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in N]: string });
}
