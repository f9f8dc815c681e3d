/** The rules by which an object's bytes are split into records. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultReaderLimits } from "../../src/decode/record-reader.ts";
import { cutRecords } from "../support/decoding.ts";
import {
  chunkSizes,
  cut,
  jsonText,
  lineText,
  mutated,
  oddCharacter,
} from "../support/generators.ts";

/** The records of a text, as `kind: text`. For a value, only its text. */
function recordsOf(text: string, limits: Partial<typeof defaultReaderLimits> = {}): string[] {
  return cutRecords([Buffer.from(text)], limits).map(({ kind, bytes }) =>
    kind === "value" ? String(bytes) : `${kind}: ${bytes}`,
  );
}

const pieces = fc
  .array(
    fc.oneof(
      lineText,
      jsonText,
      mutated(jsonText),
      fc.string({ unit: oddCharacter, maxLength: 6 }),
      fc.constantFrom(
        "{",
        "[",
        "[\n",
        '{"a":',
        '{"a":[\n',
        "}",
        "]",
        "\n",
        "\n",
        '{"a":1}',
        "}{",
        "    ",
        " ".repeat(20),
      ),
    ),
    { maxLength: 12 },
  )
  .chain((parts) =>
    fc
      .constantFrom("", "\n", "\r\n", " ", "\n\n")
      .map((separator) => parts.join(separator).toWellFormed()),
  );

describe("one record", () => {
  it.each<[string, string, string[]]>([
    ["NDJSON", '{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
    ["no last line end", '{"a":1}\n{"a":2}', ['{"a":1}', '{"a":2}']],
    ["CRLF", '{"a":1}\r\n{"a":2}\r\n', ['{"a":1}', '{"a":2}']],
    ["a byte order mark", '\ufeff{"a":1}\n', ['{"a":1}']],
    ["nothing but a byte order mark", "\ufeff", []],
    ["nothing", "", []],
    ["blank lines", '\n \n\t\r\n{"a":1}\n\n\n{"a":2}\n \n', ['{"a":1}', '{"a":2}']],
    ["records with nothing between", '{"a":1}{"a":2}{"a":3}', ['{"a":1}', '{"a":2}', '{"a":3}']],
    ["records with spaces between", '{"a":1} {"a":2}\t{"a":3}', ['{"a":1}', '{"a":2}', '{"a":3}']],
    ["braces in a string", '{"a":"}{"}{"a":"\\"}{"}', ['{"a":"}{"}', '{"a":"\\"}{"}']],
    ["values that are not objects", '1\n"a"\n[1]\nnull\n', ["1", '"a"', "[1]", "null"]],
    ["a number that ends with the object", "12", ["12"]],
    ["an object after a value", '[1]{"a":1}', ["[1]", '{"a":1}']],
    ["two values on a line", "1 2\n3", ["malformed: 1 2", "3"]],
    ["garbage after a record", '{"a":1} x\n{"a":2}', ['malformed: {"a":1} x', '{"a":2}']],
    ["garbage before a record", 'x {"a":1}\n{"a":2}', ['malformed: x {"a":1}', '{"a":2}']],
    ["garbage up to }{", 'x}{"a":1}', ["malformed: x}", '{"a":1}']],
    ["a bad record up to }{", '{"a":x}{"a":1}', ['malformed: {"a":x}', '{"a":1}']],
    [
      "half a record before another",
      '{"a":1,"b"{"a":1}{"a":2}',
      ['malformed: {"a":1,"b"', '{"a":1}', '{"a":2}'],
    ],
    ["half a number before another", '{"a":1{"a":1}', ['malformed: {"a":1', '{"a":1}']],
    [
      "an array among records with nothing between",
      '{"a":1}[{"a":2}]{"a":3}',
      ['{"a":1}', '[{"a":2}]', '{"a":3}'],
    ],
    [
      "garbage among records with nothing between",
      '{"a":1}x y{"a":2}',
      ['{"a":1}', "malformed: x y", '{"a":2}'],
    ],
    ["one } too many", '{"a":1}}{"a":2}', ['malformed: {"a":1}}', '{"a":2}']],
    [
      "an object where a comma should be",
      '{"a":1 {"b":2}}',
      ['malformed: {"a":1 ', 'malformed: {"b":2}}'],
    ],
    ["half a last record", '{"a":1}\n{"a":', ['{"a":1}', 'tail: {"a":']],
    ["half a last string", '{"a":"b', ['tail: {"a":"b']],
    ["half a last word", "tru", ["tail: tru"]],
    ["half a last record after another", '{"a":1}{"a"', ['{"a":1}', 'tail: {"a"']],
    ["half a record with a line end", '{"a":\n', ['malformed: {"a":']],
    ["a NUL between records", '{"a":1}\n\0\n{"a":2}', ['{"a":1}', "malformed: \0", '{"a":2}']],
    ["a NUL at the end", '{"a":1}\0', ['{"a":1}', "malformed: \0"]],
    ["a NUL at the end of a line", '{"a":1}\0\n', ['malformed: {"a":1}\0']],
  ])("%s", (_name, text, records) => {
    expect(recordsOf(text)).toEqual(records);
  });
});

describe("a malformed line is one record, whatever is inside it", () => {
  const inside = '{"order_id":2}';
  it.each<[string, string]>([
    ["an object where a comma should be", `{"op":"delete" ${inside}`],
    ["an object after garbage", `{"old":bad,"x":${inside}`],
    ["}{ in a string", `{"old":bad,"x":{"a":"}${inside}`],
    ["a cut record, and the next", `{"a":1,${inside}`],
    ["a record, and garbage", `${inside} x ${inside}`],
    ["garbage, and a record", `x${inside}`],
  ])("%s", (_name, line) => {
    const neighbor = '{"order_id":1}';
    const records = [`malformed: ${line}`, neighbor];
    expect(recordsOf(`${line}\n${neighbor}\n`)).toEqual(records);
    expect(recordsOf(`${line}\n${neighbor}`)).toEqual(records);
    expect(recordsOf(`${neighbor}\n${line}\n`)).toEqual(records.toReversed());
    expect(recordsOf(`${neighbor}\n${line}`)).toEqual(records.toReversed());
  });
});

describe("a record over several lines", () => {
  const pretty = '{\n  "a": {\n    "b": [\n      1\n    ]\n  }\n}';
  it.each<[string, string, string[]]>([
    ["pretty-printed", `${pretty}\n${pretty}`, [pretty, pretty]],
    ["pretty-printed, CRLF", pretty.replaceAll("\n", "\r\n"), [pretty.replaceAll("\n", "\r\n")]],
    ["pretty-printed, with nothing between", `${pretty}${pretty}`, [pretty, pretty]],
    ["with blank lines inside", '{\n\n"a":1\n\n}', ['{\n\n"a":1\n\n}']],
    ["an array", "[\n1,\n2\n]\n{}", ["[\n1,\n2\n]", "{}"]],
    [
      "a stray { before good records",
      '{\n{"a":1}\n{"a":2}\n',
      ["malformed: {", '{"a":1}', '{"a":2}'],
    ],
    [
      "a stray [ before good records",
      '[\n{"a":1}\n{"a":2}\n]',
      ["malformed: [", '{"a":1}', '{"a":2}', "malformed: ]"],
    ],
    [
      "a record cut after a colon",
      '{"a":\n{"a":1}\n{"a":2}',
      ['malformed: {"a":', '{"a":1}', '{"a":2}'],
    ],
    [
      "a cut record that a neighbor would complete",
      '{"a":\n{"a":1}\n}\n{"a":2}',
      ['malformed: {"a":', '{"a":1}', "malformed: }", '{"a":2}'],
    ],
    [
      "a cut record that indented neighbors would complete",
      '{"a":[\n  {"a":1}  \r\n]}',
      ['malformed: {"a":[', '{"a":1}', "malformed: ]}"],
    ],
    [
      "an object followed by a comma is not a record by itself",
      '{"a":[\n{"a":1},\n2]}',
      ['{"a":[\n{"a":1},\n2]}'],
    ],
    [
      "a cut string, because a string can't contain a line end",
      '{"a":"b\n{"a":1}',
      ['malformed: {"a":"b', '{"a":1}'],
    ],
    ["never completed", '{"a":1,\n"b":2\n', ['malformed: {"a":1,', 'malformed: "b":2']],
    [
      "completed, then garbage",
      '{"a":\n1} x\n{"a":2}',
      ['malformed: {"a":', "malformed: 1} x", '{"a":2}'],
    ],
    [
      "two records on the line that never ends",
      '{"a":1}{"b":\n{"a":2}',
      ['{"a":1}', 'malformed: {"b":', '{"a":2}'],
    ],
  ])("%s", (_name, text, records) => {
    expect(recordsOf(text)).toEqual(records);
  });

  it("is one record unless one of its lines is a whole object by itself", () => {
    const printed = fc
      .tuple(fc.jsonValue(), fc.constantFrom(1, 2, "\t"))
      .map(([value, indent]) => JSON.stringify({ value }, null, indent))
      .filter((text) => !text.split("\n").slice(1).some(isWholeObject));
    fc.assert(
      fc.property(fc.array(printed, { minLength: 1, maxLength: 5 }), (records) => {
        expect(recordsOf(records.join("\n"))).toEqual(records);
        expect(recordsOf(records.join(""))).toEqual(records);
      }),
      runs(300),
    );
  });
});

function isWholeObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

describe("whatever the object holds", () => {
  it("a line that is a whole object by itself is a record, whatever surrounds it", () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const wanted = new Map<number, string>();
        text.split("\n").forEach((line, i) => {
          if (isWholeObject(line)) {
            wanted.set(i + 1, line.replace(/^[ \t\r]+|[ \t\r]+$/g, ""));
          }
        });
        const found = cutRecords([Buffer.from(text)]).filter(({ line }) => wanted.has(line));
        expect(found.map(({ kind, bytes }) => [kind, String(bytes)])).toEqual(
          [...wanted.values()].map((line) => ["value", line]),
        );
      }),
      runs(2_000),
    );
  });

  it("records and the white space between them are the whole object", () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const bytes = Buffer.from(text);
        let at = text.startsWith("\ufeff") ? 3 : 0;
        let line = 1;
        const between = (end: number): string => {
          const gap = bytes.toString("utf8", at, end);
          line += gap.split("\n").length - 1;
          return gap;
        };
        for (const record of cutRecords([bytes])) {
          expect(between(record.start)).toMatch(/^[ \t\r\n]*$/);
          expect(record.line).toBe(line);
          expect(record.bytes.length).toBeGreaterThan(0);
          at = record.start;
          between(at + record.bytes.length);
          at += record.bytes.length;
        }
        expect(between(bytes.length)).toMatch(/^[ \t\r\n]*$/);
      }),
      runs(1_500),
    );
  });

  it("records of kind value are JSON, and all others are not", () => {
    fc.assert(
      fc.property(pieces, (text) => {
        for (const { kind, bytes } of cutRecords([Buffer.from(text)])) {
          const check = expect(() => JSON.parse(String(bytes)));
          if (kind === "value") {
            check.not.toThrow();
          } else {
            check.toThrow();
          }
        }
      }),
      runs(1_000),
    );
  });

  it("the result depends neither on chunks nor on blocks", () => {
    fc.assert(
      fc.property(
        pieces,
        chunkSizes,
        fc.integer({ min: 3, max: 40 }),
        fc.constantFrom(1, 2, 5, 12, 40, 1_000),
        (text, sizes, blockBytes, maximumRecordBytes) => {
          const bytes = Buffer.from(text);
          const whole = cutRecords([bytes], { maximumRecordBytes });
          const limits = { blockBytes, maximumRecordBytes };
          expect(cutRecords(cut(bytes, sizes), limits)).toEqual(whole);
        },
      ),
      runs(2_500),
    );
  });
});

describe("a record that is too large", () => {
  const limits = { maximumRecordBytes: 10, blockBytes: 8 };
  const long = `{"a":"${"x".repeat(30)}"}`;
  it.each<[string, string, string[]]>([
    [
      "is one record, cut to its beginning",
      `${long}\n{"a":1}\n`,
      ['oversize: {"a":"xxxx', '{"a":1}'],
    ],
    ["as the last one", `{"a":1}\n${long}`, ['{"a":1}', 'oversize: {"a":"xxxx']],
    ["that is not JSON", `${"x".repeat(30)}\n{"a":1}`, ["oversize: xxxxxxxxxx", '{"a":1}']],
    ["that is cut off", `{"a":1}\n${long.slice(0, 20)}`, ['{"a":1}', 'oversize: {"a":"xxxx']],
    [
      "because of its lines: then its first line is malformed",
      '{"a":\n1    }\n{"a":1}',
      ['malformed: {"a":', "malformed: 1    }", '{"a":1}'],
    ],
    ["is larger than the limit, not equal to it", '{"a":1234}\n1', ['{"a":1234}', "1"]],
    [
      "is not one followed by much white space",
      `{"a":1}${" ".repeat(40)}{"a":2}`,
      ['{"a":1}', '{"a":2}'],
    ],
  ])("%s", (_name, text, records) => {
    expect(recordsOf(text, limits)).toEqual(records);
  });

  it("is larger than 16 MiB by default", () => {
    expect(defaultReaderLimits.maximumRecordBytes).toBe(16 * 1024 * 1024);
  });
});
