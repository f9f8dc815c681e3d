/** The scanner accepts what JSON.parse accepts, and finds the columns' values in it. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { INCOMPLETE, MALFORMED, Scanner } from "../../src/decode/scanner.ts";
import * as Token from "../../src/decode/token.ts";
import { jsonText, mutated, oddCharacter, stringText } from "../support/generators.ts";

const padding = Buffer.alloc(256);
const text = fc.oneof(
  jsonText,
  mutated(jsonText),
  fc.string({ unit: oddCharacter, maxLength: 12 }),
);

/** Scans a complete text. */
function scan(json: string, scanner = new Scanner()): number {
  const bytes = Buffer.from(json);
  return scanner.scan(Buffer.concat([bytes, padding]), 0, bytes.length, true);
}

function isJson(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

describe("the scanner", () => {
  it("finds the end of a value exactly when JSON.parse accepts the text", () => {
    fc.assert(
      fc.property(text, (json) => {
        const value = json.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
        fc.pre(value.length > 0 && value.isWellFormed());
        expect(scan(value) === Buffer.byteLength(value)).toBe(isJson(value));
      }),
      runs(4_000),
    );
  });

  it("finds every prefix of a value incomplete or whole, never malformed", () => {
    fc.assert(
      fc.property(jsonText, fc.nat(), (json, length) => {
        const beginning = json.trimStart().slice(0, 1 + (length % Math.max(1, json.length)));
        const end = scan(beginning);
        expect(end).not.toBe(MALFORMED);
        if (!isJson(beginning.trimEnd())) {
          expect(end).toBe(INCOMPLETE);
        }
      }),
      runs(2_000),
    );
  });

  it("reports where a malformed value stops being JSON, and how many line ends come before", () => {
    const scanner = new Scanner();
    for (const [json, failedAt, lines] of [
      ['{"a" 1}', 5, 0],
      ["{a:1}", 1, 0],
      ['{"a":01}', 6, 0],
      ['{"a":-}', 6, 0],
      ['{"a":1.}', 7, 0],
      ['{"a":1e+}', 8, 0],
      ['{\n"a":nul}', 9, 1],
      ['{"a":"\u0001"}', 6, 0],
      ['{"a":"\\x"}', 7, 0],
      ['{"a":"\\u00g0"}', 10, 0],
      ['{"a":1,}', 7, 0],
      ["[\n1\n,]", 5, 2],
    ] as const) {
      expect([json, scan(json, scanner)]).toEqual([json, MALFORMED]);
      expect([json, scanner.failedAt, scanner.lines]).toEqual([json, failedAt, lines]);
    }
  });

  it("finds the value of every path, wherever its key is", () => {
    const paths = [["a"], ["b", "a"], ["b", "c"], ["é"], ["x y"], [""], ["__proto__"]];
    const columns = paths.map((path) => ({ path }));
    const scanner = new Scanner({ columns, unknownColumns: "ignore" });
    const member = (keys: string[]) =>
      fc.tuple(fc.constantFrom(...keys), jsonText).map(([key, value]) => [key, value] as const);
    const inner = fc.uniqueArray(member(["a", "c", "d"]), { selector: ([key]) => key });
    const outer = fc.uniqueArray(member(["a", "é", "x y", "", "__proto__", "d", "aa"]), {
      selector: ([key]) => key,
    });
    const object = (members: readonly (readonly [string, string])[]): string =>
      `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
    fc.assert(
      fc.property(outer, inner, fc.nat(), (members, nested, at) => {
        const all = members.toSpliced(at % (members.length + 1), 0, ["b", object(nested)]);
        const json = object(all);
        const bytes = Buffer.from(json);
        expect(scan(json, scanner)).toBe(bytes.length);
        paths.forEach(([first, second], column) => {
          const found = (second === undefined ? members : nested).find(
            ([key]) => key === (second ?? first),
          );
          const token = scanner.tokens[column];
          expect(token === Token.NONE).toBe(found === undefined);
          if (found === undefined) {
            return;
          }
          const quote = token === Token.TEXT || token === Token.ESCAPED_TEXT ? '"' : "";
          const span = bytes.toString("utf8", scanner.starts[column], scanner.ends[column]);
          expect(quote + span + quote).toBe(found[1].replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
        });
        expect(scanner.odd).toBe(false);
      }),
      runs(1_000),
    );
  });

  it("marks a record as odd when the exact path must decide", () => {
    const columns = [
      { path: ["a"] },
      { path: ["b", "c"] },
      { path: ["d", 1, "e"] },
      { path: ["a"] },
      { path: ["f"], orPaths: [["g"], ["a"]] },
    ];
    const ignoring = new Scanner({ columns, unknownColumns: "ignore" });
    const refusing = new Scanner({ columns, unknownColumns: "quarantine" });
    for (const [json, odd, oddWhereUnknownIsRefused] of [
      ['{"a":1,"b":{"c":2}}', false, false],
      ['{"a":1,"x":2}', false, true],
      ['{"a":1,"b":{"x":2}}', false, false],
      ['{"\\u0061":1}', true, true],
      ['{"b":{"\\u0063":1}}', true, true],
      ['{"x":{"\\u0063":1}}', false, true],
      ['{"a":1,"a":2}', true, true],
      ['{"b":{"c":1,"c":2}}', true, true],
      ['{"b":{},"b":{"c":1}}', true, true],
      ['{"b":1}', true, true],
      ['{"b":null}', false, false],
      ['{"b":{"c":1},"b":null}', true, true],
      ['{"b":null,"b":{"c":1}}', true, true],
      ['{"b":[1]}', true, true],
      ['{"d":[1,{"e":2}],"f":1,"g":2}', false, false],
      ['{"d":null}', false, false],
      ['{"d":{"1":2}}', true, true],
      ['{"d":[1,2]}', true, true],
      ['{"d":[1,{"e":2,"e":3}]}', true, true],
      ['{"d":[1],"d":[1,{"e":2}]}', true, true],
    ] as const) {
      expect([json, scan(json, ignoring), ignoring.odd]).toEqual([json, json.length, odd]);
      expect([json, scan(json, refusing), refusing.odd]).toEqual([
        json,
        json.length,
        oddWhereUnknownIsRefused,
      ]);
    }
  });

  it("finds elements of arrays, paths that columns share, and the first path that has a value", () => {
    const columns = [
      { path: ["a"] },
      { path: ["d", 1, "e"] },
      { path: ["a"] },
      { path: ["f"], orPaths: [["g"], ["d", 0]] },
    ];
    const scanner = new Scanner({ columns, unknownColumns: "ignore" });
    const found = (json: string) => {
      scan(json, scanner);
      return columns.map((_, column) =>
        scanner.tokens[column] === Token.NONE
          ? undefined
          : json.slice(scanner.starts[column], scanner.ends[column]),
      );
    };
    expect(found('{"a":1,"d":[2,{"e":3}],"f":4}')).toEqual(["1", "3", "1", "4"]);
    expect(found('{"d":[ 2 , {"e":3}],"g":5}')).toEqual([undefined, "3", undefined, "5"]);
    expect(found('{"a":1,"d":[2],"f":null}')).toEqual(["1", undefined, "1", "2"]);
    expect(found("{}")).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("distinguishes strings with escapes from those without", () => {
    const scanner = new Scanner({ columns: [{ path: ["a"] }], unknownColumns: "ignore" });
    fc.assert(
      fc.property(stringText, (string) => {
        scan(`{"a":${string}}`, scanner);
        const token = string.includes("\\") ? Token.ESCAPED_TEXT : Token.TEXT;
        expect(scanner.tokens[0]).toBe(token);
      }),
      runs(300),
    );
  });
});
