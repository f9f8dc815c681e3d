/** Decodes, validates and cleans the records of one object, batch by batch. Nothing is written. */
import type { Table } from "@lakehouse/transforms/contract/table";
import { type DecoderLimits, decode, takeBatches } from "@lakehouse/transforms/decode/decoder";
import { decompress } from "@lakehouse/transforms/decode/decompress";
import type { PersonalKey } from "@lakehouse/transforms/personal/personal-key";
import { Validator, type ValidBatch } from "@lakehouse/transforms/validate/validate";

/** Opens an object's bytes. */
export type Open = () => Promise<AsyncIterable<Uint8Array>>;

/** Options of `readObject`. */
export interface ReadOptions {
  /** Bounds on memory. */
  readonly limits?: Partial<DecoderLimits>;
  /** Ends the work on the object. */
  readonly signal?: AbortSignal | undefined;
  /** Hashes personal data. Tables without any need none. */
  readonly personalKey?: PersonalKey | undefined;
}

/** One for each contract. Building its Polars expressions takes milliseconds, as long as a small object. */
const validators = new WeakMap<Table, Validator>();

/**
 * Hands each validated batch to `keep`, in order. Each batch is validated while the next one is decoded.
 *
 * @param open Opens the object's bytes, plain or gzip. It is called again if they turn out to be damaged.
 * @throws PersonalKeyError; whatever `open`, reading or `keep` throws; the signal's reason.
 */
export async function readObject(
  table: Table,
  open: Open,
  { limits = {}, signal, personalKey }: ReadOptions,
  keep: (batch: ValidBatch) => Promise<void>,
): Promise<void> {
  const validator = validators.get(table) ?? new Validator(table);
  validators.set(table, validator);
  let kept: Promise<void> = Promise.resolve();
  const bytes = untilAborted(decompress(open), signal);
  await takeBatches(decode(table, bytes, limits, personalKey), (batch) => {
    const valid = validator.validate(batch);
    // The failure surfaces when it is this batch's turn. Until then it must not count as unhandled.
    valid.catch(() => {});
    kept = kept.then(async () => keep(await valid));
    return kept;
  });
}

async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for await (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}
