/** Keys as file names: reversible, valid on every system, and ordinary if possible. */
import "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeName, unescapeName } from "../../src/directory/file-names.ts";

const part = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "%",
        "2",
        "F",
        "%2F",
        "%25",
        ".",
        " ",
        ":",
        "con",
        "nul",
        "lpt1",
        "\u0001",
        "a",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 2 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((pieces) => pieces.join("").replaceAll("/", "").replaceAll("\0", ""))
  .filter((text) => text !== "");

test("ordinary names stay as they are", () => {
  for (const name of [
    "orders",
    "_quarantine",
    "ingest_date=2024-03-01",
    "stream-1-2024-03-01-13-59-07-0b5e2b5c.gz.csv",
    "hour=13.my file (2).json",
    "100% größe+日本語 😀",
    "contract",
  ]) {
    expect(escapeName(name)).toBe(name);
  }
});

test("every part of a key can be read back from its file name", () => {
  fc.assert(
    fc.property(part, (text) => {
      expect(unescapeName(escapeName(text))).toBe(text);
    }),
  );
});

test("different parts have different file names", () => {
  fc.assert(
    fc.property(part, part, (a, b) => {
      expect(escapeName(a) === escapeName(b)).toBe(a === b);
    }),
  );
});

test("every file name is valid on Windows, and not reserved by the store", () => {
  fc.assert(
    fc.property(part, (text) => {
      const name = escapeName(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Windows forbids
      expect(name).not.toMatch(/[<>:"/\\|?*\u0000-\u001f]|^\.|[. %]$/);
      expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i);
    }),
  );
});

test.each(["a%20b", "what?", "con", ".hidden", "ends."])("%s is not a key's file name", (name) => {
  expect(unescapeName(name)).toBeUndefined();
});
