/** Lines: the bytes between newlines, unchanged, however the stream is chunked. */
import "@lakehouse/testing/property";
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readLines, readNumberedLines } from "../../src/delivery/lines.ts";

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const lines = await Array.fromAsync(
    readLines(Readable.from(chunks.map((each) => Buffer.from(each)))),
  );
  return lines.map((line) => line.toString("latin1"));
}

test("keeps carriage returns, and a last line without newline", async () => {
  expect(await linesOf("a\r\nb\n\n", "c")).toEqual(["a\r", "b", "c"]);
  expect(await linesOf("a\nb\n")).toEqual(["a", "b"]);
  expect(await linesOf()).toEqual([]);
});

test("skips blank lines, but counts them", async () => {
  const lines = await Array.fromAsync(
    readNumberedLines(Readable.from([Buffer.from("\n \t\r\na\n\r\nb")])),
  );
  expect(lines).toEqual([
    { number: 3, bytes: Buffer.from("a") },
    { number: 5, bytes: Buffer.from("b") },
  ]);
});

test("changes no bytes, even if they are not text", async () => {
  const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0xff, 0xc3, 0), fc.nat(255));
  const chunk = fc.array(byte, { maxLength: 8 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.array(chunk), async (chunks) => {
      const expected = Buffer.concat(chunks)
        .toString("latin1")
        .split("\n")
        .filter((line) => /[^ \t\r]/.test(line));
      expect(await linesOf(...chunks)).toEqual(expected);
    }),
  );
});

test("rejects a line that is too long, naming it, without reading it to its end", async () => {
  let chunks = 0;
  async function* endless() {
    yield Buffer.from("short\n");
    for (; ; chunks += 1) {
      yield Buffer.alloc(64 * 1024, "x");
    }
  }
  const lines = readNumberedLines(endless());
  expect((await lines.next()).value).toMatchObject({ number: 1 });
  await expect(lines.next()).rejects.toMatchObject({ code: "RECORD_TOO_LARGE", line: 2 });
  expect(chunks).toBeLessThan(20);
});

test("accepts a line of exactly the maximum length", async () => {
  const line = "x".repeat(1000 * 1024);
  expect(await linesOf(`${line}\n`)).toEqual([line]);
  await expect(linesOf(`${line}x\n`)).rejects.toMatchObject({ code: "RECORD_TOO_LARGE", line: 1 });
});
