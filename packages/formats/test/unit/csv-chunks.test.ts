/** CSV is split into pieces of whole rows. */
import "@lakehouse/testing/property";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvChunks } from "../../src/csv/chunks.ts";
import { parsed, written } from "../support/csv.ts";

describe("csvChunks", () => {
  const field = fc.oneof(
    fc.constantFrom("", "\n", '"', ",", "\r\n", '"\n"', "a"),
    fc.string({ maxLength: 4 }),
  );
  const rows = fc.array(fc.record({ a: field, b: field }), { maxLength: 30 });

  test("pieces hold whole rows, each once and in order, however the bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        async (records, chunkBytes, blockBytes) => {
          const whole = Buffer.from(written(["a", "b"], records));
          const blocks = Array.from({ length: Math.ceil(whole.length / blockBytes) }, (_, index) =>
            whole.subarray(index * blockBytes, (index + 1) * blockBytes),
          );
          const pieces = await Array.fromAsync(csvChunks(Readable.from(blocks), chunkBytes));
          expect(pieces.flatMap((piece) => parsed(piece.toString()).slice(1))).toEqual(
            parsed(whole.toString()).slice(1),
          );
          for (const piece of pieces) {
            expect(piece.subarray(0, 4).toString()).toBe("a,b\n");
          }
        },
      ),
    );
  });
});
