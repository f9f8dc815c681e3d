/**
 * How much silver a slice may read. A slice that does not end, because its invocation was cut off, would be cut off again
 * and again. So a note in gold's state says which slice is running, and the run that finds it takes half as much.
 */
import { text } from "node:stream/consumers";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { statePrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import * as z from "zod";

/** The key of the note. */
export const sliceNoteKey = `${statePrefix}slice.json`;

const schema = z.object({
  /** The sequence number of the slice. */
  sequence: z.number(),
  /** The limit that it had, and what it reads, in bytes. */
  limit: z.number(),
  bytes: z.number(),
});

/** The limit of slices. */
export interface SliceLimit {
  /** The most bytes that the slice with this sequence number reads. */
  bytes(sequence: number): Promise<number>;
  /** Notes that a slice begins. */
  begin(sequence: number, bytes: number): Promise<void>;
  /** Removes the note: nothing is left, or the run failed for another reason than time. */
  end(): Promise<void>;
}

/** A limit that does not change, for runs that are not cut off. */
export function fixedLimit(bytes: number): SliceLimit {
  return {
    bytes: () => Promise.resolve(bytes),
    begin: () => Promise.resolve(),
    end: () => Promise.resolve(),
  };
}

/** A limit that is halved when a slice was cut off, until the backlog is done. */
export function adaptiveLimit(gold: ObjectStore, most: number): SliceLimit {
  let limit = most;
  let isNoted = false;
  return {
    async bytes(sequence) {
      const note = await readNote(gold);
      isNoted = note !== undefined;
      limit = most;
      if (note !== undefined) {
        const wasCut = note.sequence === sequence;
        limit = wasCut ? Math.floor(Math.min(note.limit, note.bytes) / 2) : note.limit;
      }
      limit = Math.min(limit, most);
      return limit;
    },
    async begin(sequence, bytes) {
      isNoted = true;
      await gold.put(sliceNoteKey, Buffer.from(JSON.stringify({ sequence, limit, bytes })));
    },
    async end() {
      if (isNoted) {
        await gold.delete(sliceNoteKey);
      }
    },
  };
}

async function readNote(gold: ObjectStore): Promise<z.infer<typeof schema> | undefined> {
  try {
    return schema.safeParse(JSON.parse(await text(await gold.read(sliceNoteKey)))).data;
  } catch (error) {
    if (error instanceof ObjectNotFoundError || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
