/** A path is a path: a file's name is never taken for a pattern that finds its neighbors. */
import { mkdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { fileFormats, tableFormats } from "../../src/formats.ts";
import { nativeFormats } from "../../src/native-formats.ts";
import { Database } from "../support/database.ts";
import { sourceOf } from "../support/files.ts";

const root = temporaryDirectory();
const database = await Database.open();
const names = [
  "a1",
  "a[1]",
  "a*",
  "a?",
  "**",
  "[!a]",
  "{a,b}",
  "it's #;$(x)",
  "größe 漢😀",
  "%2F+ %",
];

test.each(
  fileFormats.flatMap((format) =>
    ["plain", "d[1]", "d1"].map((folder) => [format, folder] as const),
  ),
)("%s in the folder %s", async (format, folder) => {
  const directory = join(root, format, folder);
  mkdirSync(directory, { recursive: true });
  const columns = [{ name: "x", type: { kind: "string" } }] as const;
  for (const [index, name] of names.entries()) {
    await database.define("row", `select '${index}' as x`);
    const file = join(root, "written");
    await database.copy("row", file, format);
    await copyFile(file, join(directory, `${name}${tableFormats[format].extension}`));
  }
  for (const [index, name] of names.entries()) {
    const path = join(directory, `${name}${tableFormats[format].extension}`);
    await database.scan("file", format, columns, path);
    expect([name, await database.rows("from file")]).toEqual([name, [{ x: String(index) }]]);
    const { countRows, frames } = nativeFormats[format];
    expect([name, await countRows(sourceOf(path))]).toEqual([name, 1]);
    const read = (await Array.fromAsync(frames(sourceOf(path), 1024))).map(({ frame }) =>
      frame.toRecords(),
    );
    expect([name, read]).toEqual([name, [[{ x: String(index) }]]]);
  }
});
