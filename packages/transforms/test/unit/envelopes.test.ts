/** Records in envelopes: each element of the array is a record, with its own place, and is counted as one. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { int64, string } from "../../src/contract/column.ts";
import type { Path } from "../../src/contract/path.ts";
import { defineTable, type Table } from "../../src/contract/table.ts";
import { countRecords } from "../../src/decode/count-records.ts";
import { ExactReader } from "../../src/decode/exact.ts";
import { decode } from "../support/decoding.ts";
import { chunkSizes, contract, cut, recordFor } from "../support/generators.ts";

function events(unwrap?: string | Path): Table {
  return defineTable({
    name: "events",
    columns: { id: int64().notNull(), name: string() },
    ...(unwrap !== undefined && { unwrap }),
  });
}

async function outcomeOf(table: Table, text: string) {
  const bytes = Buffer.from(text);
  const { rows, refused, records } = await decode(table, [bytes]);
  async function* opened() {
    yield bytes;
  }
  expect(await countRecords(() => Promise.resolve(opened()), table)).toBe(records);
  for (const { raw, byteOffset } of refused) {
    expect(bytes.subarray(byteOffset, byteOffset + raw.length)).toEqual(raw);
  }
  const shown = refused.map(({ line, number, reasons, raw }) => [
    line,
    number,
    reasons[0].rule,
    raw.toString(),
  ]);
  return { ids: rows.map(([id]) => id), refused: shown };
}

describe("an envelope", () => {
  const bad = '{"id":"x"}';
  it.each<[string, string | Path, string, bigint[], unknown[]]>([
    [
      "with a key",
      "Records",
      `{"Records":[{"id":1},${bad},{"id":3}]}`,
      [1n, 3n],
      [[1, 2, "wrong_type", bad]],
    ],
    [
      "of several",
      "Records",
      `{"Records":[{"id":1}]}\n{"Records":[${bad}]}`,
      [1n],
      [[2, 1, "wrong_type", bad]],
    ],
    [
      "with nothing between",
      "Records",
      '{"Records":[{"id":1}]}{"Records":[{"id":2}]}',
      [1n, 2n],
      [],
    ],
    ["that is an array", [], `[{"id":1},${bad}]`, [1n], [[1, 2, "wrong_type", bad]]],
    [
      "over several lines",
      [],
      `[\n{"id":1},\n${bad},\n{"id":3}\n]\n`,
      [1n, 3n],
      [[3, 2, "wrong_type", bad]],
    ],
    [
      "that is indented",
      "Records",
      `{\n  "Records" : [\n    {\n"id":1},\n  ${bad} ]\n}`,
      [1n],
      [[5, 2, "wrong_type", bad]],
    ],
    ["further inside", "detail.items", '{"v":1,"detail":{"items":[{"id":1}]}}', [1n], []],
    ["in an array", "a[1].b", '{"a":[0,{"b":[{"id":1}]}]}', [1n], []],
    ["without records", "Records", '{"Records":[ ]}\n{"Records":[{"id":1}]}', [1n], []],
    [
      "with values that are no records",
      "Records",
      '{"Records":[7,null]}',
      [],
      [
        [1, 1, "not_an_object", "7"],
        [1, 2, "not_an_object", "null"],
      ],
    ],
    ["without the array", "Records", '{"id":1}', [], [[1, undefined, "no_envelope", '{"id":1}']]],
    [
      "with an object instead",
      "Records",
      '{"Records":{"id":1}}',
      [],
      [[1, undefined, "no_envelope", '{"Records":{"id":1}}']],
    ],
    [
      "with two arrays",
      "Records",
      '{"Records":[],"Records":[{"id":1}]}',
      [],
      [[1, undefined, "no_envelope", '{"Records":[],"Records":[{"id":1}]}']],
    ],
    [
      "that is expected to be an array",
      [],
      '{"id":1}',
      [],
      [[1, undefined, "no_envelope", '{"id":1}']],
    ],
    [
      "that is not JSON",
      "Records",
      '{"Records":[{"id":1},]}\n{"Records":[{"id":2}]}',
      [2n],
      [[1, undefined, "malformed_json", '{"Records":[{"id":1},]}']],
    ],
    [
      "that is cut off",
      "Records",
      '{"Records":[{"id":1},{"i',
      [],
      [[1, undefined, "damaged_object", '{"Records":[{"id":1},{"i']],
    ],
  ])("%s", async (_, unwrap, text, ids, refused) => {
    expect(await outcomeOf(events(unwrap), text)).toEqual({ ids, refused });
  });

  it("gives what its records give alone, whatever they are", async () => {
    const tables = contract.chain((table) =>
      fc.record({
        table: fc.constant({ ...table, unwrap: ["Records"] }),
        lines: fc.array(
          recordFor(table).filter((line) => isJson(line)),
          { minLength: 1, maxLength: 20 },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        tables,
        chunkSizes,
        fc.constantFrom(1, 3, 50),
        async (made, sizes, batchRows) => {
          const { table, lines } = made;
          const half = lines.length >> 1;
          const text = [lines.slice(0, half), lines.slice(half)]
            .map((part) => `{"x":[1],"Records":[ ${part.join(" ,\n")} ]}`)
            .join("\n");
          const decoded = await decode(table, cut(Buffer.from(text), sizes), {
            batchRows,
            blockBytes: 300,
          });
          const reader = new ExactReader(table);
          const verdicts = lines.map((line) => reader.read(line));
          expect(decoded.rows).toEqual(
            verdicts.flatMap((each) => (each.outcome === "row" ? [each.values] : [])),
          );
          expect(decoded.records).toBe(lines.length);
          const numbers = verdicts.flatMap((each, at) =>
            each.outcome === "refused" ? [(at < half ? at : at - half) + 1] : [],
          );
          expect(decoded.refused.map(({ number }) => number)).toEqual(numbers);
          for (const { raw, byteOffset } of decoded.refused) {
            const found = Buffer.from(text).subarray(byteOffset, byteOffset + raw.length);
            expect(found.equals(raw)).toBe(true);
          }
        },
      ),
      runs(60),
    );
  });

  it.each<[unknown, RegExp]>([
    [true, /its unwrap is true.*unwrap: "Records"/],
    ["a..b", /its unwrap is "a\.\.b"/],
    [[7], /its unwrap is not a list of keys/],
    [{}, /its unwrap is an object/],
  ])("%j is a mistake", (unwrap, message) => {
    expect(() => events(unwrap as string)).toThrow(message);
  });

  it("is in silver's fingerprint, if there is one", () => {
    expect(events("Records").silverFingerprint).not.toBe(events().silverFingerprint);
    expect(events("Records").silverFingerprint).not.toBe(events("Rows").silverFingerprint);
    expect(events("a.b").silverFingerprint).toBe(events(["a", "b"]).silverFingerprint);
  });
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
