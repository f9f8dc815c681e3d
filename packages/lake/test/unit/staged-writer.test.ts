/** StagedWriter: many writes make one object, and no file is left behind. */

import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runs } from "@lakehouse/testing/property";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DirectoryStore } from "../../src/directory-store.ts";
import { StagedWriter } from "../../src/staged-writer.ts";
import { contentOf } from "../support/store-suite.ts";

const directory = temporaryDirectory();
const store = new DirectoryStore(join(directory, "store"));

test("writes what it was given, below and above its memory limit", async () => {
  const temporary = join(directory, "staged");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), fc.nat(40), async (parts, memoryLimit) => {
      const writer = new StagedWriter(temporary, memoryLimit);
      for (const part of parts) {
        writer.write(Buffer.from(part));
      }
      const whole = parts.join("");
      expect(writer.size).toBe(Buffer.byteLength(whole));
      const metadata = { size: String(writer.size) };
      const etag = await writer.commit(store, "k", { metadata });
      expect(await store.head("k")).toMatchObject({ etag, metadata });
      expect(await contentOf(store, "k")).toBe(whole);
      await writer.discard();
      expect(await readdir(temporary).catch(() => [])).toEqual([]);
    }),
    runs(40),
  );
});

test.each([0, 100])("leaves nothing when it is discarded (memory limit %i)", async (limit) => {
  const temporary = await mkdtemp(join(directory, "discarded-"));
  const writer = new StagedWriter(temporary, limit);
  writer.write(Buffer.from("some bytes"));
  await writer.discard();
  await writer.discard();
  expect(await readdir(temporary)).toEqual([]);
});

test.each([0, 100])(
  "can be committed again after another writer won (memory limit %i)",
  async (limit) => {
    const temporary = await mkdtemp(join(directory, "refused-"));
    await store.put("taken", Buffer.from("x"));
    const writer = new StagedWriter(temporary, limit);
    writer.write(Buffer.from("some bytes"));
    await expect(writer.commit(store, "taken", { ifMatch: null })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
    await writer.commit(store, "taken");
    expect(await contentOf(store, "taken")).toBe("some bytes");
    expect(await readdir(temporary)).toEqual([]);
  },
);
