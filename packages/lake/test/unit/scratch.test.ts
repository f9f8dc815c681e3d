/** Scratch folders: those of killed processes go, those in use and other people's files stay. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { beforeEach, expect, test } from "vitest";
import { openScratch } from "../../src/scratch.ts";

const root = temporaryDirectory();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(root, "tmp-"));
});

/** What a killed process leaves: its folder, with a lock that nobody holds. */
function abandoned(folder: string): string {
  const path = join(directory, folder);
  mkdirSync(join(path, "deeper"), { recursive: true });
  writeFileSync(join(path, "lakehouse.lock"), "");
  writeFileSync(join(path, "deeper", "part.csv"), "1,2\n");
  return path;
}

test("it is a new folder each time, and goes with what is in it", () => {
  const first = openScratch(directory, "job");
  const second = openScratch(directory, "job");
  expect(basename(first.path)).toMatch(/^job-.{6}$/);
  expect(readdirSync(directory).toSorted()).toEqual(
    [first.path, second.path].map((path) => basename(path)).toSorted(),
  );
  writeFileSync(join(first.path, "part.csv"), "1,2\n");
  first[Symbol.dispose]();
  second[Symbol.dispose]();
  expect(readdirSync(directory)).toEqual([]);
});

test("it removes what killed processes left, and nothing else", () => {
  const left = [abandoned("job-aaaaaa"), abandoned("job-Bb0Bb0")];
  using inUse = openScratch(directory, "job");
  const others = [abandoned("other-aaaaaa"), abandoned("job-aaaaaa-kept"), abandoned("job-mine")];
  const unmarked = join(directory, "job-cccccc");
  mkdirSync(unmarked);
  const file = join(directory, "job-dddddd");
  writeFileSync(file, "a file");
  const link = join(directory, "job-eeeeee");
  symlinkSync(others[0] ?? "", link);
  const dangling = join(directory, "job-ffffff");
  symlinkSync("nowhere", dangling);
  expect(left.filter((path) => existsSync(path))).toEqual([]);

  const again = abandoned("job-aaaaaa");
  using mine = openScratch(directory, "job");
  expect(existsSync(again)).toBe(false);
  const kept = [inUse.path, mine.path, ...others, unmarked, file, link, dangling];
  expect(readdirSync(directory).toSorted()).toEqual(kept.map((path) => basename(path)).toSorted());
  expect(others.map((path) => readdirSync(path).length)).toEqual([2, 2, 2]);
});

test.each([
  ["is a file", () => join(directory, "file")],
  ["is missing", () => join(directory, "a", "b")],
])("a folder that %s is named, and what to do", (_, place) => {
  const path = place();
  writeFileSync(join(directory, "file"), "");
  expect(() => openScratch(path, "job")).toThrow(
    expect.objectContaining({
      code: "INVALID_CONFIGURATION",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("TMPDIR"),
    }),
  );
  expect(readdirSync(directory)).toEqual(["file"]);
});
