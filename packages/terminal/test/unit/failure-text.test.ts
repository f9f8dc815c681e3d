/** Errors on stderr have one prefix, the hint on its own line, and colors only on a terminal. */
import { PassThrough } from "node:stream";
import { WriteStream } from "node:tty";
import { afterEach, expect, test, vi } from "vitest";
import { failureText } from "../../src/failure-text.ts";
import { screenOf } from "../../src/screen.ts";

const stream = (isTTY: boolean, columns?: number) =>
  Object.assign(new PassThrough(), { isTTY, columns }) as unknown as NodeJS.WriteStream;

afterEach(() => {
  vi.unstubAllEnvs();
});

test("the hint has its own line", () => {
  const error = { message: "There is no table x. Tables are: y.", hint: "Tables are: y." };
  expect(failureText(error, screenOf(stream(false)))).toBe(
    "error: There is no table x.\nhint: Tables are: y.\n",
  );
});

test("an error without a hint is its message", () => {
  const screen = screenOf(stream(false));
  expect(failureText({ message: "a\nb" }, screen)).toBe("error: a\nb\n");
  expect(failureText({ message: "a", hint: "other" }, screen)).toBe("error: a\n");
});

test("only a terminal shows colors, unless NO_COLOR is set", () => {
  // Node shows no colors in CI.
  vi.stubEnv("CI", undefined);
  vi.stubEnv("NO_COLOR", undefined);
  vi.stubEnv("NODE_DISABLE_COLORS", undefined);
  vi.stubEnv("FORCE_COLOR", undefined);
  vi.stubEnv("TERM", "xterm-256color");
  const { getColorDepth } = WriteStream.prototype;
  const terminal = screenOf(Object.assign(stream(true), { getColorDepth }));
  expect(terminal.paint("problem", "x")).toBe("\u001b[31mx\u001b[39m");
  expect(screenOf(stream(false)).paint("problem", "x")).toBe("x");
  vi.stubEnv("NO_COLOR", "1");
  expect(terminal.paint("problem", "x")).toBe("x");
});

test("a terminal of unknown size has no width", () => {
  expect(screenOf(stream(true, 0)).columns).toBeUndefined();
  expect(screenOf(stream(true, 60)).columns).toBe(60);
});
