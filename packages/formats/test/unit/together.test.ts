/** Small CSV files that are read together give the rows that each gives on its own. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import { joinCsv } from "../../src/csv/together.ts";
import { nativeFormats } from "../../src/native-formats.ts";

const { csv } = nativeFormats;
const field = fc.oneof(
  fc.constantFrom("", '""', "a", '"a,b"', '"line\nend"', '"cr\r\nlf"', '"say ""x"""', '"\n"', "é"),
  fc.stringMatching(/^[a-z0-9 .-]{0,8}$/),
);
const file = fc.record({
  header: fc.constantFrom("a,b", "b,a"),
  rows: fc.array(fc.tuple(field, field), { maxLength: 4 }),
  ends: fc.boolean(),
});

function textOf({ header, rows, ends }: typeof file extends fc.Arbitrary<infer T> ? T : never) {
  const text = [header, ...rows.map((row) => row.join(","))].join("\n");
  // A last row of empty fields would be no row without its line end.
  return Buffer.from(ends || rows.length === 0 ? `${text}\n` : text);
}

async function alone(content: Buffer) {
  const source = {
    size: content.length,
    stream: () => Promise.resolve(stream(content)),
    localPath: () => Promise.reject(new Error("not needed")),
  };
  const frames = await Array.fromAsync(csv.frames(source, 1_000_000));
  return frames.flatMap(({ frame }) => frame.toRecords());
}

async function* stream(content: Buffer) {
  yield content;
}

test("files of any content, with several headers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 6 }), async (files) => {
      const contents = files.map(textOf);
      const groups = csv.together?.(contents) ?? [];
      const counts = new Map(
        groups.flatMap((group) => group.files.map((index, at) => [index, group.rows[at] ?? 0])),
      );
      const known = [...contents.keys()].map((index) => counts.get(index) ?? 0);
      expect(joinCsv(contents, known)).toEqual(joinCsv(contents));
      expect(groups.flatMap((group) => group.files).sort()).toEqual([...files.keys()]);
      for (const group of groups) {
        const expected: Record<string, unknown>[] = [];
        for (const [at, index] of group.files.entries()) {
          const rows = await alone(contents[index] ?? Buffer.alloc(0));
          expect(group.rows[at]).toBe(rows.length);
          expected.push(...rows);
        }
        expect(group.frame.toRecords()).toEqual(expected);
      }
    }),
    runs(100),
  );
});

test.each([
  ["ends inside quotes", 'a,b\n1,"2\n'],
  ["has no header", ""],
  ["has a header without a line end", "a,b"],
])("a file that %s is left to be read on its own", (_, text) => {
  expect(joinCsv([Buffer.from("a,b\n1,2\n"), Buffer.from(text)])).toBeUndefined();
});
