/** Numbers keep their source text, however the rest of the record is written. */
import { describe, expect, it } from "vitest";
import { canonicalJson, parseJson } from "../../src/decode/json.ts";

describe("numbers of a parsed record", () => {
  it.each([
    // Written as JavaScript writes them.
    ['{"a":1.5,"b":[-2,1e+21]}', '{"a":1.5,"b":[-2,1e+21]}'],
    // Written differently.
    ['{"a":1.50}', '{"a":1.50}'],
    ['{"a":1.5,"b":1e2}', '{"a":1.5,"b":1e2}'],
    ['{"a":[-0,0.0]}', '{"a":[-0,0.0]}'],
    ['{"a":9007199254740993}', '{"a":9007199254740993}'],
    ['{"a":1e400}', '{"a":1e400}'],
    // Written as JavaScript writes them, in a record that is not.
    [' { "b" : 1.0, "a" : 2 } ', '{"a":2,"b":1.0}'],
    ['{"a":1.0,"a":2}', '{"a":2}'],
    ['{"a":"\\u0041","b":1.0}', '{"a":"A","b":1.0}'],
    ['{"2":1.0,"1":2}', '{"1":2,"2":1.0}'],
    ['{"__proto__":1.0}', '{"__proto__":1.0}'],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
    ["7", "7"],
    ["7.0", "7.0"],
  ])("keep their text in %s", (text, expected) => {
    expect(canonicalJson(parseJson(text))).toBe(expected);
  });
});
