/**
 * Decodes one bronze object into batches: a typed Polars frame of the rows, and the refused records.
 * Plain records take the fast path from bytes to columns. The exact path reads the rest.
 */
import { pathText } from "../contract/path.ts";
import { recordTable } from "../contract/personal.ts";
import type { Table } from "../contract/table.ts";
import type { PersonalKey } from "../personal/personal-key.ts";
import type { Refused } from "../quarantine.ts";
import { OPEN_BRACE } from "./ascii.ts";
import { type Batch, BatchBuilder } from "./batch.ts";
import type { Damage } from "./decompress.ts";
import { ExactReader } from "./exact.ts";
import { isForgotten } from "./forgotten.ts";
import { type ReaderLimits, readRecords } from "./record-reader.ts";
import type { RecordKind, Records } from "./splitter.ts";

/** Bounds on memory. */
export interface DecoderLimits extends ReaderLimits {
  /** The most rows of a batch. */
  readonly batchRows: number;
}

const defaultBatchRows = 65_536;
/** How many bytes of a record that is too large are kept. */
const keptOfOversize = 65_536;

/**
 * Decodes an object. No record is lost: each becomes a row of a batch, or is refused or dropped.
 *
 * @param pieces The object's bytes, as `decompress` yields them. Its damage, if any, comes last.
 * @param key Needed if the table hashes personal data.
 * @returns At least one batch, empty if the object is. Use a batch only until you ask for the one after the next:
 *   its memory is then overwritten.
 */
export async function* decode(
  table: Table,
  pieces: AsyncIterable<Uint8Array | Damage> | Iterable<Uint8Array | Damage>,
  limits: Partial<DecoderLimits> = {},
  key?: PersonalKey,
): AsyncGenerator<Batch, void> {
  const read = recordTable(table);
  const decoder = new Decoder(read, limits.batchRows ?? defaultBatchRows, key);
  let batches = 0;
  for await (const records of readRecords(pieces, read, limits)) {
    const { block } = records;
    let more: boolean;
    do {
      more = decoder.read(records);
      if (!decoder.batch.isEmpty || (block.last && batches === 0)) {
        batches++;
        yield decoder.batch.finish(block, records.unreadKeys);
      }
    } while (more);
  }
}

/**
 * Hands each batch to `take` while the next one is decoded. At most two batches are in flight.
 *
 * @throws Whatever decoding or `take` throws, once no batch is in flight.
 */
export async function takeBatches(
  batches: AsyncIterable<Batch>,
  take: (batch: Batch) => Promise<void>,
): Promise<void> {
  let before = Promise.resolve();
  let latest = before;
  try {
    for await (const batch of batches) {
      before = latest;
      latest = take(batch);
      // The failure surfaces where the promise is awaited. Until then it must not count as unhandled.
      latest.catch(() => {});
      await before;
    }
    await latest;
  } finally {
    await Promise.allSettled([before, latest]);
  }
}

/** Decides whether each record becomes a row, is refused or is dropped. */
class Decoder {
  readonly batch: BatchBuilder;
  readonly #exact: ExactReader;
  readonly #envelope: string;
  readonly #isCsv: boolean;

  constructor(table: Table, batchRows: number, key: PersonalKey | undefined) {
    this.batch = new BatchBuilder(table, batchRows, key);
    this.#exact = new ExactReader(table, key);
    this.#envelope = pathText(table.unwrap ?? []);
    this.#isCsv = table.source !== undefined;
  }

  /** Reads records into the batch. @returns Whether it is full, so that there may be more records. */
  read(records: Records): boolean {
    const { batch } = this;
    for (let kind = records.next(); kind !== undefined; kind = records.next()) {
      this.#add(kind, records);
      if (batch.isFull) {
        return true;
      }
    }
    return false;
  }

  #add(kind: RecordKind, record: Records): void {
    const { block, start, end } = record;
    const { bytes } = block;
    const isUtf8 = block.isUtf8(start, end);
    const isObject = this.#isCsv || bytes[start] === OPEN_BRACE;
    const plain = kind === "value" && isObject && !record.odd;
    if (isUtf8 && plain && this.batch.addPlain(record)) {
      return;
    }
    if (kind === "tail" || kind === "damage") {
      const message = block.damage ?? "the object ends inside its last record";
      const reason = { column: null, rule: "damaged_object", message };
      this.#refuse("object", record, end, [reason]);
    } else if (kind === "no_envelope") {
      const message = `the record has no array ${this.#envelope} of records`;
      this.#refuse("record", record, end, [{ column: null, rule: "no_envelope", message }]);
    } else if (isForgotten(bytes, start, end)) {
      this.batch.forget();
    } else if (kind === "faulty" && record.fault !== undefined) {
      this.#refuse("record", record, end, [{ column: null, ...record.fault }]);
    } else if (kind === "oversize") {
      const message = `the record is larger than ${end - start} bytes; only its beginning is kept`;
      const reason = { column: null, rule: "record_too_large", message };
      this.#refuse("record", record, Math.min(end, start + keptOfOversize), [reason]);
    } else if (isUtf8) {
      this.#judge(record);
    } else {
      const reason = { column: null, rule: "invalid_utf8", message: "the record is not UTF-8" };
      this.#refuse("record", record, end, [reason]);
    }
  }

  #judge(record: Records): void {
    const { block, start, end } = record;
    const json = record.textOf?.(block.bytes.subarray(start, end));
    const verdict = this.#exact.read(json ?? block.bytes.toString("utf8", start, end));
    switch (verdict.outcome) {
      case "row":
        this.batch.addExact(record, verdict.values);
        break;
      case "dropped":
        this.batch.drop();
        break;
      case "refused":
        this.#refuse("record", record, end, verdict.reasons, json);
        break;
    }
  }

  /** Refuses a record for these reasons, and keeps its bytes up to `end`. */
  #refuse(
    kind: Refused["kind"],
    { block, start, line, number }: Records,
    end: number,
    reasons: Refused["reasons"],
    json?: string,
  ): void {
    const raw = Buffer.from(block.bytes.subarray(start, end));
    this.batch.refuse({ kind, line, number, byteOffset: block.base + start, raw, reasons, json });
  }
}
