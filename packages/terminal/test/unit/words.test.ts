/** Numbers, sizes and times for people, and strings that are safe to print. */
import { expect, test } from "vitest";
import { ago, bytes, counted, number, oneLine, shortened } from "../../src/words.ts";

test.each([
  [number(1_234_567), "1,234,567"],
  [counted(1, "object"), "1 object"],
  [counted(1_234, "object"), "1,234 objects"],
  [bytes(0), "0 B"],
  [bytes(1_536), "1.5 KiB"],
  [bytes(80 * 1_024 ** 2), "80 MiB"],
  [ago(1), "1s ago"],
  [ago(59.6), "1m ago"],
  [ago(7_300), "2h ago"],
  [ago(3 * 86_400), "3d ago"],
])("%s", (written, expected) => {
  expect(written).toBe(expected);
});

test.each([
  ["a\nb\tc", String.raw`a\nb\tc`],
  ["\u001b[2J\u007f\u009b", String.raw`\u001b[2J\u007f\u009b`],
  ["\u202eright to left\u200b", String.raw`\u202eright to left\u200b`],
  ["\u{1d173}", String.raw`\u{1d173}`],
  ["👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 e\u0301 ग्\u200dय", "👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 e\u0301 ग्\u200dय"],
])("%j on one line", (text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

test.each([
  ["abcd", 4, "abcd"],
  ["abcde", 4, "abc…"],
  ["🙂🙂🙂", 2, "🙂…"],
])("shortens %s to %i characters", (text, most, expected) => {
  expect(shortened(text, most)).toBe(expected);
});
