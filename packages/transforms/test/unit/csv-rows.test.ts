/** CSV with a header as a source of a table: rows, damage with its line, and the same result however bytes arrive. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { boolean, decimal, int64, json, string, timestamp } from "../../src/contract/column.ts";
import { expectation } from "../../src/contract/expectation.ts";
import { csv } from "../../src/contract/source.ts";
import { defineTable, type Table } from "../../src/contract/table.ts";
import { countRecords } from "../../src/decode/count-records.ts";
import { decode } from "../support/decoding.ts";
import { chunkSizes, cut } from "../support/generators.ts";

const people = (source = csv()): Table =>
  defineTable({
    name: "people",
    columns: { id: int64().notNull(), name: string().from("Full name") },
    source,
    expectations: (row) => [expectation("no id 13", row.id.ne(13))],
  });

async function outcomeOf(table: Table, content: string | Buffer, damage?: string) {
  const bytes = Buffer.from(content);
  const { rows, refused, records } = await decode(table, [bytes], {}, damage);
  if (damage === undefined) {
    async function* opened() {
      yield bytes;
    }
    expect(await countRecords(() => Promise.resolve(opened()), table)).toBe(records);
  }
  for (const { raw, byteOffset } of refused) {
    expect(bytes.subarray(byteOffset, byteOffset + raw.length)).toEqual(raw);
  }
  const shown = refused.map(({ line, reasons: [{ rule }], raw }) => [line, rule, raw.toString()]);
  return { rows: rows.map(([id, name]) => [Number(id), name]), refused: shown };
}

describe("rows", () => {
  it.each<[string, string, unknown[]]>([
    [
      "with a header",
      "id,Full name\n1,Ann\n2,Bob\n",
      [
        [1, "Ann"],
        [2, "Bob"],
      ],
    ],
    ["without the last line end", "id,Full name\n1,Ann", [[1, "Ann"]]],
    [
      "with CRLF",
      'id,Full name\r\n1,Ann\r\n2,"B"\r\n',
      [
        [1, "Ann"],
        [2, "B"],
      ],
    ],
    ["with a BOM", "\ufeffid,Full name\n1,Ann\n", [[1, "Ann"]]],
    ["in another order, with other columns", "x,Full name,id\n,Ann,1\n", [[1, "Ann"]]],
    ["in quotes", 'id,"Full name"\n"1","A ""B"", C"\n', [[1, 'A "B", C']]],
    [
      "over lines",
      'id,Full name\n1,"A\r\nB\n\nC"\n2,D\n',
      [
        [1, "A\r\nB\n\nC"],
        [2, "D"],
      ],
    ],
    [
      "with empty fields",
      'id,Full name\n1,\n2,""\n',
      [
        [1, null],
        [2, ""],
      ],
    ],
    [
      "with backslashes and braces",
      'id,Full name\n1,{\\n\n2,"\\"\n',
      [
        [1, "{\\n"],
        [2, "\\"],
      ],
    ],
    [
      "with empty lines",
      "\n\nid,Full name\n\n1,Ann\n\r\n\n2,Bob\n\n",
      [
        [1, "Ann"],
        [2, "Bob"],
      ],
    ],
    [
      "of joined files",
      "id,Full name\n1,Ann\nid,Full name\n2,Bob",
      [
        [1, "Ann"],
        [2, "Bob"],
      ],
    ],
    [
      "of joined files with other orders",
      "id,Full name\n1,Ann\n\nFull name,id\nBob,2",
      [
        [1, "Ann"],
        [2, "Bob"],
      ],
    ],
    ["that are none", "id,Full name\n", []],
    ["of an empty file", "", []],
  ])("%s", async (_, text, rows) => {
    expect(await outcomeOf(people(), text)).toEqual({ rows, refused: [] });
  });

  it.each([";", "\t", "|"])("with the delimiter %j", async (delimiter) => {
    const text = `id${delimiter}Full name\n1${delimiter}a,b\n`;
    expect((await outcomeOf(people(csv({ delimiter })), text)).rows).toEqual([[1, "a,b"]]);
  });

  test("hold text that every type reads", async () => {
    const table = defineTable({
      name: "all",
      columns: {
        yes: boolean(),
        amount: decimal(10, 2),
        at: timestamp(),
        seen: timestamp().epoch("s"),
      },
      source: csv(),
    });
    const text = "yes,amount,at,seen\ntrue,7.50,2024-01-01T00:00:00Z,1709210096\n,,,\n";
    const { csv: silver, refused } = await decode(table, [Buffer.from(text)]);
    expect(refused).toEqual([]);
    expect(silver.split("\n")[0]).toBe(
      "true,7.50,2024-01-01T00:00:00.000000Z,2024-02-29T12:34:56.000000Z",
    );
  });
});

describe("damage is refused with its line", () => {
  const head = "id,Full name\n";
  it.each<[string, string, unknown[], unknown[]]>([
    ["too few fields", `${head}1,A\n2\n3,C\n`, [1, 3], [[3, "malformed_csv", "2"]]],
    ["too many fields", `${head}1,"A\nB",x\r\n3,C\n`, [3], [[2, "malformed_csv", '1,"A\nB",x']]],
    [
      "a quote that is not closed",
      `${head}1,A\n2,"B\n3,C\n`,
      [1, 3],
      [[3, "malformed_csv", '2,"B']],
    ],
    [
      "an unclosed quote before others",
      `${head}2,"B\n3,"C"\n`,
      [3],
      [[2, "malformed_csv", '2,"B']],
    ],
    ["a quote within", `${head}2,B"C\n3,C\n`, [3], [[2, "malformed_csv", '2,B"C']]],
    ["text after a quote", `${head}2,"B"C\n3,C\n`, [3], [[2, "malformed_csv", '2,"B"C']]],
    ["a wrong type", `${head}x,A\n3,C\n`, [3], [[2, "wrong_type", "x,A"]]],
    ["a broken rule", `${head}13,"A ""x"""\n3,C\n`, [3], [[2, "no id 13", '13,"A ""x"""']]],
    ["a missing value", `${head},A\n3,C\n`, [3], [[2, "missing", ",A"]]],
    [
      "a zero byte",
      `${head}1,A\0\n2,"\0"\n3,C\n`,
      [3],
      [
        [2, "nul_character", "1,A\0"],
        [3, "nul_character", '2,"\0"'],
      ],
    ],
    ["no header", "1,A\n", [], [[1, "no_header", "1,A"]]],
    [
      "a header without a column",
      "id,name\n1,A\n",
      [],
      [
        [1, "no_header", "id,name"],
        [2, "no_header", "1,A"],
      ],
    ],
    [
      "a header with a column twice",
      "id,Full name,id\n",
      [],
      [[1, "no_header", "id,Full name,id"]],
    ],
  ])("%s", async (_, text, ids, refused) => {
    const outcome = await outcomeOf(people(), text);
    expect(outcome.refused).toEqual(refused);
    expect(outcome.rows.map(([id]) => id)).toEqual(ids);
  });

  test("of the object", async () => {
    const outcome = await outcomeOf(people(), `${head}1,A\n2,B`, "it is cut off");
    expect(outcome).toEqual({ rows: [[1, "A"]], refused: [[3, "damaged_object", "2,B"]] });
  });

  test("of another encoding", async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${head}1,`),
      Buffer.from([0xe9]),
      Buffer.from("\n2,B"),
    ]);
    const { rows, refused } = await decode(people(), [bytes]);
    expect(rows).toHaveLength(1);
    expect(refused.map(({ line, reasons }) => [line, reasons[0].rule])).toEqual([
      [2, "invalid_utf8"],
    ]);
  });

  test("names that the contract does not know, if it refuses them", async () => {
    const table = defineTable({
      name: "strict",
      columns: { id: int64() },
      source: csv(),
      unknownColumns: "quarantine",
    });
    const { refused } = await decode(table, [Buffer.from("id,x\n1,2\n")]);
    expect(refused.map(({ reasons }) => reasons[0].rule)).toEqual(["unknown_column"]);
  });

  test("a quote that is not closed in a large object costs one line", async () => {
    const text = `${head}1,"A\n${"2,B\n".repeat(100)}`;
    const limits = { maximumRecordBytes: 50, blockBytes: 20 };
    const { rows, refused } = await decode(people(), [Buffer.from(text)], limits);
    expect(rows).toHaveLength(100);
    expect(refused.map(({ line }) => line)).toEqual([2]);
  });

  test("a line that is too large keeps its beginning, and the lines after it their numbers", async () => {
    const text = `${head}1,${"A".repeat(200)}\n2,B\nx,C\n`;
    const limits = { maximumRecordBytes: 50, blockBytes: 20 };
    const { rows, refused } = await decode(people(), [Buffer.from(text)], limits);
    expect(rows).toHaveLength(1);
    expect(refused.map(({ line, reasons }) => [line, reasons[0].rule])).toEqual([
      [2, "record_too_large"],
      [4, "wrong_type"],
    ]);
  });
});

describe("a contract", () => {
  const define = (more: object) => () =>
    defineTable({ name: "people", columns: { id: int64() }, ...more });
  it.each<[string, object, string]>([
    ["another source", { source: "csv" }, "its source is"],
    ["an unknown option", { source: csv(Object({ quote: "'" })) }, '"quote"'],
    ["a long delimiter", { source: csv({ delimiter: "||" }) }, "the delimiter of csv()"],
    ["a quote as delimiter", { source: csv({ delimiter: '"' }) }, "the delimiter of csv()"],
    ["envelopes, too", { source: csv(), unwrap: "a" }, "it has unwrap and source: csv()"],
    ["a nested key", { source: csv(), columns: { id: int64().from("a.b") } }, "nested key"],
    ["json()", { source: csv(), columns: { id: json() } }, "it is json()"],
  ])("with %s is refused", (_, more, message) => {
    expect(define(more)).toThrow(message);
  });

  test("changes its fingerprint with the source", () => {
    const prints = [{}, { source: csv() }, { source: csv({ delimiter: ";" }) }].map(
      (more) => define(more)().silverFingerprint,
    );
    expect(new Set(prints).size).toBe(3);
  });
});

const field = fc.oneof(
  fc.constant(null),
  fc.string(),
  fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", ";", "a", "é", " ") }),
);

test("random rows come back, however their bytes arrive", async () => {
  const table = defineTable({
    name: "texts",
    columns: { a: string(), b: string(), c: string() },
    source: csv(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field, field), { maxLength: 20 }),
      fc.constantFrom<"\n" | "\r\n">("\n", "\r\n"),
      chunkSizes,
      fc.constantFrom(1, 3, 50),
      async (given, lineEnd, sizes, batchRows) => {
        const quoted = (text: string | null): string =>
          text === null ? "" : `"${text.replaceAll('"', '""')}"`;
        const text = ["c,a,b", ...given.map(([a, b, c]) => [c, a, b].map(quoted).join(","))].join(
          lineEnd,
        );
        const decoded = await decode(table, cut(Buffer.from(text), sizes), {
          batchRows,
          blockBytes: 30,
        });
        expect(decoded.refused).toEqual([]);
        expect(decoded.rows).toEqual(given);
      },
    ),
    runs(100),
  );
});
test("broken bytes give the same records, however they arrive", async () => {
  const table = people();
  const part = fc.constantFrom("id,Full name", "1,A", '"', ",", "\n", "\r\n", "x", '2,"B"', "\n\n");
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 30 }), chunkSizes, async (parts, sizes) => {
      const bytes = Buffer.from(`id,Full name\n${parts.join("")}`);
      const whole = await decode(table, [bytes]);
      const pieces = await decode(table, cut(bytes, sizes), { blockBytes: 7 });
      expect(pieces).toEqual(whole);
    }),
    runs(100),
  );
});
