/** The bytes of a bronze object: gzip or plain, whole or damaged, however they arrive. */

import { gzipSync } from "node:zlib";
import { runs, step } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { date, int64 } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { countRecords } from "../../src/decode/count-records.ts";
import { decode } from "../../src/decode/decoder.ts";
import { Damage, decompress } from "../../src/decode/decompress.ts";
import { chunkSizes, cut } from "../support/generators.ts";

const text = Array.from({ length: 40 }, (_, i) => `{"id":${i},"day":"2024-02-${i}"}\n`).join("");
const gzip = gzipSync(text);
const table = defineTable({
  name: "t",
  columns: { id: int64().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: day("day"),
});

const opener = (chunks: readonly Uint8Array[]) => async () =>
  (async function* () {
    yield* chunks;
  })();

/** Reads an object. @returns Its text, and its damage. */
async function read(chunks: readonly Uint8Array[]): Promise<[string, string | undefined]> {
  const pieces: Uint8Array[] = [];
  let damage: string | undefined;
  for await (const piece of decompress(opener(chunks))) {
    expect(damage, "nothing follows the damage").toBeUndefined();
    if (piece instanceof Damage) {
      damage = piece.message;
    } else {
      pieces.push(piece);
    }
  }
  return [Buffer.concat(pieces).toString("latin1"), damage];
}

/** Counts the records that the decoder finds. */
async function decoded(chunks: readonly Uint8Array[]): Promise<number> {
  let records = 0;
  for await (const batch of decode(table, decompress(opener(chunks)), { batchRows: 64 })) {
    records += batch.rows + batch.refused.length + batch.dropped;
  }
  return records;
}

const damaged = expect.stringContaining("the gzip data is damaged: ");

describe("an object", () => {
  it.each<[string, Buffer[], [string, unknown]]>([
    ["of no bytes", [], ["", undefined]],
    ["of one byte", [Buffer.from("{")], ["{", undefined]],
    ["of gzip's first byte", [gzip.subarray(0, 1)], ["\x1f", undefined]],
    ["that is plain", [Buffer.from(text)], [text, undefined]],
    ["that is gzip", [gzip], [text, undefined]],
    ["of an empty member", [gzipSync("")], ["", undefined]],
    ["of several members", [gzip, gzipSync(""), gzipSync("{}")], [`${text}{}`, undefined]],
    ["followed by zeros, as tapes pad it", [gzip, Buffer.alloc(600)], [text, undefined]],
    ["of gzip's first two bytes", [gzip.subarray(0, 2)], ["", damaged]],
    ["followed by garbage", [gzip, Buffer.from("garbage")], [text, damaged]],
    ["followed by one byte", [gzip, Buffer.from("g")], [text, damaged]],
    ["followed by half a member", [gzip, gzip.subarray(0, 12)], [text, damaged]],
    ["followed by zeros and a member", [gzip, Buffer.alloc(3), gzip], [text, damaged]],
    ["followed by zeros and one byte", [gzip, Buffer.alloc(3), Buffer.from("g")], [text, damaged]],
  ])("%s", async (_name, parts, outcome) => {
    expect(await read(parts)).toEqual(outcome);
    expect(await read([Buffer.concat(parts)])).toEqual(outcome);
    expect(await read(cut(Buffer.concat(parts), [1]))).toEqual(outcome);
  });

  it("yields everything before the place where it is cut off, wherever that is", async () => {
    let after = text.length;
    for (let length = gzip.length - 1; length > 1; length -= step(7)) {
      const [found, damage] = await read([gzip.subarray(0, length)]);
      expect(damage).toEqual(damaged);
      expect(damage).not.toContain("changed");
      expect(text.startsWith(found)).toBe(true);
      expect(found.length).toBeLessThanOrEqual(after);
      if (length === gzip.length - 1) {
        expect(found).toBe(text);
      }
      after = found.length;
    }
  });

  it("with a flipped bit is damaged, yields everything before it, and never hangs or throws", async () => {
    const short = gzipSync('{"id":1}\n{"id":2}');
    // The header's flags, time and system (bytes 3 to 9) can change without harm.
    for (let at = 10 * 8; at < short.length * 8; at += step(5)) {
      const flipped = Buffer.from(short);
      flipped[at >> 3] = (flipped[at >> 3] as number) ^ (1 << (at % 8));
      expect(await read([flipped])).toEqual([expect.any(String), damaged]);
    }
  });

  it("with a wrong checksum is damaged but read whole: any of it may be wrong", async () => {
    const wrong = Buffer.from(gzip);
    wrong[wrong.length - 6] = (wrong[wrong.length - 6] as number) ^ 1;
    const changed = expect.stringContaining("earlier records of this object may be wrong");
    expect(await read([wrong])).toEqual([text, changed]);
  });
});

const object = fc
  .array(
    fc.oneof(
      fc.constantFrom(gzip, gzipSync(""), gzipSync("{}"), Buffer.alloc(2), Buffer.from("g")),
      fc
        .uint8Array({ maxLength: 400 })
        .map((bytes) => gzipSync(Buffer.from(bytes).toString("hex"))),
      fc.nat(3).map((level) => gzipSync(text.repeat(5), { level })),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => Buffer.concat(parts));
const damage = fc.record({
  cutAt: fc.nat(),
  flipAt: fc.nat(),
  what: fc.constantFrom("cut", "flip", ""),
});
const damagedObject = fc.tuple(object, damage).map(([bytes, { cutAt, flipAt, what }]) => {
  if (what === "cut") {
    return bytes.subarray(0, cutAt % (bytes.length + 1));
  }
  const at = flipAt % bytes.length;
  if (what === "flip") {
    bytes[at] = (bytes[at] as number) ^ (1 << (flipAt % 8));
  }
  return bytes;
});

describe("any object, damaged or not", () => {
  it("reads the same however its bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(damagedObject, chunkSizes, async (bytes, sizes) => {
        expect(await read(cut(bytes, sizes))).toEqual(await read([bytes]));
      }),
      runs(50),
    );
  });

  it("reads the same when it is larger than one read", async () => {
    const large = gzipSync(text.repeat(7_500));
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 300, max: 90_000 }), async (flipAt, size) => {
        const bytes = Buffer.from(large);
        const at = flipAt % bytes.length;
        bytes[at] = (bytes[at] as number) ^ (1 << (flipAt % 8));
        const [whole, damage] = await read([bytes]);
        const [pieces, sameDamage] = await read(cut(bytes, [size]));
        expect([pieces.length, sameDamage]).toEqual([whole.length, damage]);
        expect(pieces === whole).toBe(true);
      }),
      runs(3),
    );
  });

  it("has the same number of records for the audit and the decoder", async () => {
    const plain = fc.string({ unit: fc.constantFrom(...'{}[]\n"a1, '), maxLength: 30 });
    const objects = fc.oneof(
      damagedObject,
      plain.map((string) => Buffer.from(string)),
    );
    await fc.assert(
      fc.asyncProperty(objects, chunkSizes, async (bytes, sizes) => {
        expect(await countRecords(opener(cut(bytes, sizes)))).toBe(await decoded([bytes]));
      }),
      runs(50),
    );
  });
});

describe("a source that fails", () => {
  /** Yields the chunks, then fails, on the first or the second reading. */
  function failing(chunks: readonly Uint8Array[], failAt: number, openings = 1) {
    let opened = 0;
    return async () => {
      opened++;
      return (async function* () {
        for (const [i, chunk] of chunks.entries()) {
          if (i === failAt && opened >= openings) {
            throw new Error("connection lost");
          }
          yield chunk;
        }
        if (failAt === chunks.length && opened >= openings) {
          throw new Error("connection lost");
        }
      })();
    };
  }
  async function drain(open: () => Promise<AsyncIterable<Uint8Array>>): Promise<void> {
    for await (const piece of decompress(open)) {
      expect(piece).not.toHaveLength(0);
    }
  }

  it("is an error, not damage, wherever it fails", async () => {
    for (const bytes of [Buffer.from(text), gzip, gzip.subarray(0, -3), Buffer.alloc(0)]) {
      const chunks = cut(bytes, [7]);
      for (let at = 0; at <= chunks.length; at++) {
        await expect(drain(failing(chunks, at))).rejects.toThrow("connection lost");
      }
    }
  });

  it("is an error when a damaged object is read again", async () => {
    const chunks = cut(gzip.subarray(0, -3), [7]);
    for (let at = 0; at <= chunks.length; at++) {
      await expect(drain(failing(chunks, at, 2))).rejects.toThrow("connection lost");
    }
  });

  it("is closed when the reader stops early", async () => {
    for (const bytes of [Buffer.from(text), gzip]) {
      let closed = false;
      const bytesOut = decompress(async () =>
        (async function* () {
          try {
            for (;;) {
              yield bytes;
            }
          } finally {
            closed = true;
          }
        })(),
      );
      for await (const _piece of bytesOut) {
        break;
      }
      await expect.poll(() => closed).toBe(true);
    }
  });
});
