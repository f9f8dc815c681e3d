/** Progress bars show sizes in MiB, the rate and the time left, and fit the terminal. */
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { terminalProgress } from "../../src/output/progress.ts";

const mebibyte = 1_024 ** 2;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The last line that a terminal shows for a task that is half done after 10 seconds. */
function shown(columns: number, label: string, unit: string, total: number | undefined): string {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  const written: string[] = [];
  stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  const progress = terminalProgress(stream as unknown as NodeJS.WriteStream);
  const task = progress.start(label, unit, total);
  for (let second = 1; second <= 10; second += 1) {
    vi.advanceTimersByTime(1_000);
    task.advance((total ?? 100) / 20);
  }
  vi.advanceTimersByTime(1_000);
  stream.read();
  const lines = written.map((each) => stripVTControlCharacters(each)).filter((each) => each !== "");
  task.end();
  return lines.at(-1) ?? "";
}

test("bytes come with the size, the rate and the time left", () => {
  expect(shown(100, "orders → bronze", "bytes", 80 * mebibyte)).toMatch(
    /^orders → bronze {2}█{15}░{15} {2}40 MiB\/80 MiB {2}3\.\d MiB\/s {2}\d+s left$/,
  );
});

test("anything else comes with the count and the time left", () => {
  expect(shown(100, "audit", "objects", 2_000)).toMatch(
    /^audit {2}█{15}░{15} {2}1,000\/2,000 objects {2}\d+s left$/,
  );
});

test("without a total there is no bar", () => {
  expect(shown(100, "reading", "objects", undefined)).toBe("reading  50 objects");
});

test.each([60, 80, 200])("the bar fits %i columns", (columns) => {
  const line = shown(columns, "web_events → bronze", "bytes", 2_000 * mebibyte);
  expect(stringWidth(line)).toBeLessThan(columns);
  expect(line).toMatch(/█+░+.+left$/);
});
