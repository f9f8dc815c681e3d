/** Reads the refused records of an object. */
import { createInterface } from "node:readline";
import { bronzeKeyOfQuarantine } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";
import { DamagedQuarantineError } from "../errors.ts";

/**
 * Reads a quarantine object, one entry at a time.
 *
 * @throws DamagedQuarantineError for a line that bronze→silver did not write.
 */
export async function* readQuarantine(
  silver: ObjectStore,
  key: string,
): AsyncGenerator<QuarantineEntry> {
  const input = await silver.read(key);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield readEntry(key, line);
    }
  } finally {
    input.destroy();
  }
}

function readEntry(key: string, line: string): QuarantineEntry {
  try {
    return JSON.parse(line) as QuarantineEntry;
  } catch (error) {
    throw new DamagedQuarantineError(key, bronzeKeyOfQuarantine(key), error);
  }
}
