/** Tables for people are whole in a pipe, and fit the width of a terminal. */
import "@lakehouse/testing/property";
import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import type { Screen } from "../../src/screen.ts";
import { type TextColumn, textTable } from "../../src/text-table.ts";

const screen = (columns?: number): Screen => ({ columns, paint: (_, text) => text });
const titles = (...names: string[]): TextColumn[] => names.map((title) => ({ title }));
const lines = (text: string): string[] => text.trimEnd().split("\n");

test("in a pipe nothing is cut, and wide characters count twice", () => {
  const long = "x".repeat(500);
  const rows = [
    ["黄色", "1"],
    ["👨‍👩‍👧 e\u0301", "22"],
    [long, "3"],
  ];
  const columns: TextColumn[] = [{ title: "name" }, { title: "n", alignment: "right" }];
  const drawn = lines(textTable(columns, rows, screen()));
  expect(new Set(drawn.map((line) => stringWidth(line)))).toEqual(new Set([509]));
  expect(drawn.at(-1)).toBe(`| ${long} |  3 |`);
});

test("a table that fits is Markdown", () => {
  const table = textTable(titles("two words", "b"), [["a\nb", "c"]], screen(60));
  expect(lines(table)).toEqual(["| two words | b |", "| --------- | - |", "| a\\nb      | c |"]);
});

test("long cells are cut and end with an ellipsis, numbers are never cut", () => {
  const columns: TextColumn[] = [{ title: "text" }, { title: "number", alignment: "right" }];
  const rows = [["緑茶と煎茶".repeat(10), "1234567890123456789"]];
  const table = textTable(columns, rows, screen(60));
  expect(table).toMatch(/… {0,2}\| 1234567890123456789 \|/);
  expect(Math.max(...lines(table).map((line) => stringWidth(line)))).toBe(59);
});

test("cells that wrap lose nothing", () => {
  const columns: TextColumn[] = [{ title: "a" }, { title: "b", overflow: "wrap" }];
  const words = Array.from({ length: 40 }, (_, index) => `word${index}`);
  const table = textTable(columns, [["x", words.join(" ")]], screen(60));
  expect(table.match(/word\d+/g)).toEqual(words);
});

test("a narrow terminal first costs the padding, then rows become lists", () => {
  const columns = titles("first", "second", "third", "fourth");
  const rows = [["a".repeat(13), "b".repeat(13), "c".repeat(13), "d".repeat(13)]];
  expect(lines(textTable(columns, rows, screen(52)))[1]).toMatch(/^-+\|-+\|-+\|-+$/);
  expect(lines(textTable(columns, [...rows, ...rows], screen(30)))).toEqual([
    ...["first   aaaaaaaaaaaaa", "second  bbbbbbbbbbbbb", "third   ccccccccccccc"],
    ...["fourth  ddddddddddddd", ""],
    ...["first   aaaaaaaaaaaaa", "second  bbbbbbbbbbbbb", "third   ccccccccccccc"],
    "fourth  ddddddddddddd",
  ]);
});

test("a list leaves out empty cells of optional columns only", () => {
  const columns: TextColumn[] = [{ title: "a", optional: true }, { title: "b" }, { title: "c" }];
  const rows = [["", "", "c".repeat(30)]];
  expect(lines(textTable(columns, rows, screen(15)))).toEqual([
    "b",
    "c  cccccccccccc",
    "   cccccccccccc",
    "   cccccc",
  ]);
});

test("cells are colored after they are cut", () => {
  const cell = { text: "x".repeat(100), emphasis: "problem" } as const;
  const red = (_: unknown, text: string) => `\u001b[31m${text}\u001b[39m`;
  const table = textTable(titles("a"), [[cell]], { ...screen(20), paint: red });
  expect(table).toContain(`| ${red("", `${"x".repeat(15)}…`)} |`);
});

describe("with any values", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 });
  const cell = fc.oneof(text, fc.constantFrom("", "緑茶 🍵", "a\tb", "\u001b[2J", "\u202e\u200b"));
  const shape = fc.integer({ min: 1, max: 8 }).chain((count) =>
    fc.record({
      columns: fc.array(
        fc.record({
          title: fc.string({ minLength: 1, maxLength: 10 }),
          overflow: fc.constantFrom("cut", "wrap"),
        }),
        { minLength: count, maxLength: count },
      ),
      rows: fc.array(fc.array(cell, { minLength: count, maxLength: count }), { maxLength: 5 }),
    }),
  );

  test("no line is wider than the terminal or contains a control character", () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(40, 60, 200), ({ columns, rows }, width) => {
        const table = textTable(columns as TextColumn[], rows, screen(width));
        for (const line of table.split("\n")) {
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});
