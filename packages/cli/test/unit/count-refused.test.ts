/** The audit counts refused records, one a line or several, however the bytes arrive. */
import { expect, test } from "vitest";
import { countRefused } from "../../src/commands/audit/count.ts";

const lines = [
  '{"raw":"{","reasons":[]}',
  '{"raw":",\\"records\\":7}","reasons":[{"message":",\\"records\\":9}"}]}',
  '{"raw":"{\\n{","reasons":[],"records":2}',
  '{"raw":"…","reasons":[],"records":1000}',
];
const text = Buffer.from(`${lines.join("\n")}\n`);

test.each([1, 2, 7, 31, 33, 1_000])("in chunks of %d bytes", async (size) => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < text.length; at += size) {
      yield text.subarray(at, at + size);
    }
  }
  expect(await countRefused(chunks())).toBe(1 + 1 + 2 + 1_000);
});
