/** The folders of a directory store, with those that its links lead to. */
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { DirectoryStore } from "../../src/directory-store.ts";

test("links to folders and files count, also in linked folders, and loops end", async () => {
  const directory = realpathSync(temporaryDirectory());
  const root = join(directory, "root");
  const disk = join(directory, "disk");
  const more = join(directory, "more");
  for (const each of [join(root, "orders", "day"), join(disk, "day"), more]) {
    mkdirSync(each, { recursive: true });
  }
  writeFileSync(join(directory, "file.csv"), "a\n");
  symlinkSync(disk, join(root, "orders", "linked"));
  symlinkSync(more, join(disk, "day", "again"));
  symlinkSync(root, join(more, "loop"));
  symlinkSync(join(directory, "file.csv"), join(root, "file.csv"));
  symlinkSync(join(directory, "nowhere"), join(root, "broken"));
  const folders = await new DirectoryStore(root).folders();
  expect([...new Set(folders)].sort()).toEqual(
    [root, disk, more, join(directory, "file.csv")].sort(),
  );
});

test("a store without a folder has only its own", async () => {
  const root = join(temporaryDirectory(), "new");
  expect(await new DirectoryStore(root).folders()).toEqual([root]);
});
