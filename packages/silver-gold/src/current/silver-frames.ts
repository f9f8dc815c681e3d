/** Reads silver objects into Polars frames, piece by piece, and verifies each object against its receipt. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { UnreadableFileError } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { digested, digestOf } from "@lakehouse/lake/digest";
import type { ObjectHead, ObjectStore } from "@lakehouse/lake/object-store";
import { type Receipt, receiptFromMetadata } from "@lakehouse/lake/receipt";
import type pl from "nodejs-polars";
import { SilverChangedError, SilverObjectError } from "../errors.ts";
import { isMadeByOlder } from "./silver-contracts.ts";
import type { SilverObject } from "./silver-objects.ts";
import { type SilverReader, unreadable } from "./silver-reader.ts";

/** Rows of silver: the contract's columns, `_arrival`, `_object` and `_row`. */
export interface SilverFrame {
  readonly frame: pl.DataFrame;
  /** The size of the rows as CSV. */
  readonly bytes: number;
}

/** The version of a silver object that was read. */
export interface SilverVersion {
  readonly etag: string;
  /** SHA-256 of its content, in hexadecimal. */
  readonly sha256: string;
  /** The fingerprint of the contract in its receipt. */
  readonly contract: string;
}

/** How to read. */
export interface ReadOptions {
  /** The size of the CSV that becomes one frame. */
  readonly chunkBytes: number;
  /** A folder for a copy of the file, if its format can't be streamed. */
  readonly directory: string;
}

/**
 * Reads one silver object.
 *
 * @param use Called with each frame, in order.
 * @returns The version that was read.
 * @throws SilverObjectError if the object does not match the contract, SilverChangedError if it is not what its
 *   receipt says. Some of its frames have then been used already, and must not reach current rows.
 */
export async function readSilver(
  silver: ObjectStore,
  object: SilverObject,
  reader: SilverReader,
  { chunkBytes, directory }: ReadOptions,
  use: (frame: SilverFrame) => Promise<void>,
): Promise<SilverVersion> {
  const { head, body } = await silver.open(object.key);
  const { bytes, digest } = digested(body);
  const copy = join(directory, `${randomUUID()}.${object.format}`);
  const source = {
    size: head.size,
    stream: async () => bytes,
    localPath: async () => {
      await mkdir(directory, { recursive: true });
      await pipeline(bytes, createWriteStream(copy, { flags: "wx" }));
      return copy;
    },
  };
  try {
    const receipt = receiptOf(object, head.metadata);
    // If its content is not what its digest says, nothing that was read of it counts.
    const types = receipt.digests && reader.canonicalTypes(receipt.contract);
    const { frames } = nativeFormats[object.format];
    let row = 0;
    for await (const { frame, bytes } of frames(source, chunkBytes, types)) {
      await use({ frame: reader.type(frame, object, row, types), bytes });
      row += frame.height;
    }
    const sha256 = digest() ?? (await digestOf(await silver.read(object.key)));
    verify(object, receipt, sha256);
    if (receipt.rows !== row) {
      const problem = `its receipt says ${receipt.rows} rows, but it has ${row}`;
      throw new SilverChangedError(object, problem);
    }
    return { etag: head.etag, sha256, contract: receipt.contract };
  } catch (error) {
    const problem = error instanceof UnreadableFileError ? unreadable(object, error) : error;
    if (problem instanceof SilverObjectError) {
      await explain(silver, object, head);
      const contract = receiptFromMetadata(head.metadata)?.contract;
      throw isMadeByOlder(silver, reader.table, contract) ? problem.ofOlderContract() : problem;
    }
    throw problem;
  } finally {
    body.destroy();
    await rm(copy, { force: true });
  }
}

/** @throws SilverChangedError if an object has no receipt. */
export function receiptOf(object: SilverObject, metadata: ObjectHead["metadata"]): Receipt {
  const receipt = receiptFromMetadata(metadata);
  if (receipt === undefined) {
    throw new SilverChangedError(object, "it has no receipt, so bronze→silver did not write it");
  }
  return receipt;
}

/** @throws SilverChangedError if an object's content is not what its receipt says. */
export function verify(object: SilverObject, { digests }: Receipt, sha256: string): void {
  if (digests !== undefined && digests.silver !== sha256) {
    throw new SilverChangedError(object, "its content has changed since bronze→silver wrote it");
  }
}

/** @throws SilverChangedError if an object can't be read because its content has changed. */
async function explain(
  silver: ObjectStore,
  object: SilverObject,
  { etag, metadata }: ObjectHead,
): Promise<void> {
  const { head, body } = await silver.open(object.key);
  if (head.etag === etag) {
    verify(object, receiptOf(object, metadata), await digestOf(body));
  }
  body.destroy();
}
