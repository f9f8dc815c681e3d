/** The space that quarantine takes is bounded by the refused records, and no byte of them is lost. */
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { StagedWriter } from "@lakehouse/lake/staged-writer";
import type { QuarantineEntry, Refused } from "@lakehouse/transforms/quarantine";
import { expect, test } from "vitest";
import { QuarantineWriter } from "../../src/quarantine-writer.ts";
import { MemoryStore, temporaryDirectory } from "../support/lakes.ts";

const directory = temporaryDirectory();

function refused(index: number, raw: string, ...rules: readonly string[]): Refused {
  const [first = "malformed_json", ...more] = rules;
  const reason = (rule: string) => ({ column: null, rule, message: `${rule} at ${index}` });
  return {
    kind: "record",
    line: index + 1,
    byteOffset: index,
    raw: Buffer.from(raw),
    reasons: [reason(first), ...more.map(reason)],
  };
}

/** @param step How many records are added at once. */
async function written(
  records: readonly Refused[],
  roomyMib: number,
  step = 700,
): Promise<QuarantineEntry[]> {
  const staged = new StagedWriter(join(directory, "staged"));
  const writer = new QuarantineWriter("t/k", staged, roomyMib);
  for (let at = 0; at < records.length; at += step) {
    writer.add(records.slice(at, at + step));
  }
  writer.flush();
  const store = new MemoryStore();
  await staged.commit(store, "q");
  const text = (await buffer(await store.read("q"))).toString();
  return text
    .trimEnd()
    .split("\n")
    .map((line): QuarantineEntry => JSON.parse(line));
}

const raws = (entries: readonly QuarantineEntry[]): string[] =>
  entries.flatMap(({ raw = "" }) => raw.split("\n"));
const counted = (entries: readonly QuarantineEntry[]): number =>
  entries.reduce((sum, { records = 1 }) => sum + records, 0);

test("records share entries by the rules that they break, once single entries take too much", async () => {
  const records = Array.from({ length: 20_000 }, (_, index) =>
    index % 3 === 0 ? refused(index, "{}", "missing", "missing") : refused(index, `{${index % 10}`),
  );
  const entries = await written(records, 1);
  expect(counted(entries)).toBe(20_000);
  expect(raws(entries).toSorted()).toEqual(records.map(({ raw }) => String(raw)).toSorted());
  const single = entries.filter((entry) => entry.records === undefined);
  // A MiB, and what was being written.
  expect(single.length).toBeGreaterThan(3_000);
  expect(single.length).toBeLessThan(8_000);
  expect(entries.length - single.length).toBeLessThanOrEqual(2 * 20);
  expect(entries.at(-1)).toMatchObject({ rule: expect.any(String), reasons: expect.any(Array) });
  expect(JSON.stringify(entries).length).toBeLessThan(2 * 1024 * 1024);
  expect(await written(records, 1, 1)).toEqual(entries);
});

test("records of ordinary length never share an entry", async () => {
  const records = Array.from({ length: 5_000 }, (_, index) => refused(index, "x".repeat(100)));
  const entries = await written(records, 0);
  expect(entries.filter((entry) => entry.records !== undefined)).toEqual([]);
});

test("bytes that are not UTF-8 stay as they are, and damage of the object stays alone", async () => {
  const bytes = { ...refused(1, "", "invalid_utf8"), raw: Buffer.from([0xff]) };
  const damage: Refused = { ...refused(9, "", "damaged_object"), kind: "object" };
  const entries = await written([...Array<Refused>(2_500).fill(bytes), damage], 0);
  expect(counted(entries)).toBe(2_501);
  expect(entries.at(-1)).toMatchObject({ kind: "object", rule: "damaged_object" });
  const shared = entries.at(-2);
  expect(shared).toMatchObject({ records: 500, rule: "invalid_utf8", line: 2 });
  const kept = Buffer.from(shared?.raw_base64 ?? "", "base64");
  expect(kept).toEqual(Buffer.from(Array(500).fill("\xff").join("\n"), "latin1"));
});
