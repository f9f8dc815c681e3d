/** What the page writes: numbers, times, bytes, and what can't be seen. */
import { runs } from "@lakehouse/testing/property";
import { assert, json, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAge, formatBytes, formatCountOf, formatTime } from "../../src/app/format.ts";
import { splitInvisible } from "../../src/app/parts/split-invisible.ts";
import { valueText } from "../../src/app/value-text.ts";
import { hexDump } from "../../src/app/views/quarantine/hex-dump.ts";
import { bytesOf, indentJson } from "../../src/app/views/quarantine/raw-text.ts";

test("counts, sizes and times", () => {
  expect(formatCountOf(1, "row")).toBe("1 row");
  expect(formatCountOf(12_345, "row")).toBe("12,345 rows");
  expect(formatBytes(1_572_864)).toBe("1.5 MiB");
  expect(formatTime("2026-11-27T06:00:00Z")).toBe("27 Nov 2026, 06:00 UTC");
  expect(formatTime("soon")).toBe("soon");
});

test.each([
  ["2026-11-27T06:00:00Z", "just now"],
  ["2026-11-27T05:59:00Z", "1 minute ago"],
  ["2026-11-27T03:10:00Z", "2 hours ago"],
  ["2026-11-20T06:00:00Z", "7 days ago"],
  ["2026-11-27T07:00:00Z", "just now"],
])("the age of %s is %s", (at, expected) => {
  expect(formatAge(at, "2026-11-27T06:00:30Z")).toBe(expected);
});

test("values are exact", () => {
  expect(valueText("12345678901234567890.10")).toBe("12345678901234567890.10");
  expect(valueText(0.1)).toBe("0.1");
  expect(valueText({ a: [1, "x"] })).toBe('{"a":[1,"x"]}');
});

test("characters that can't be seen are written as numbers", () => {
  expect(splitInvisible("a\u202eb\u0000")).toEqual([
    { text: "a", isInvisible: false },
    { text: "U+202E", isInvisible: true },
    { text: "b", isInvisible: false },
    { text: "U+0000", isInvisible: true },
  ]);
  expect(splitInvisible("👩‍👧 עברית\tx\n")).toHaveLength(1);
});

describe("raw bytes", () => {
  test("JSON is indented, and every digit and escape stays", () => {
    expect(indentJson('{"a":1.50,"b":[ 12345678901234567890,"\\u0041{"],"c":{},"d":[]}')).toBe(
      [
        "{",
        '  "a": 1.50,',
        '  "b": [',
        "    12345678901234567890,",
        '    "\\u0041{"',
        "  ],",
        '  "c": {},',
        '  "d": []',
        "}",
      ].join("\n"),
    );
  });

  test("indented JSON is the same JSON", () => {
    assert(
      property(json(), (text) => {
        expect(JSON.parse(indentJson(text) ?? "")).toEqual(JSON.parse(text));
      }),
      runs(50),
    );
  });

  test("anything else is not indented", () => {
    expect(indentJson('{"a":')).toBeNull();
    expect(indentJson("{}{}")).toBeNull();
  });

  test("a dump has the offset, the bytes and the printable ones", () => {
    const bytes = bytesOf({ raw: btoa("\x00\xffabcdefghijklmnop"), encoding: "base64" });
    expect(hexDump(bytes)).toBe(
      [
        "00000000  00 ff 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e  ..abcdefghijklmn\n",
        "00000010  6f 70                                            op\n",
      ].join(""),
    );
    expect(bytesOf({ raw: "ø", encoding: "utf-8" })).toEqual(new Uint8Array([0xc3, 0xb8]));
  });
});
