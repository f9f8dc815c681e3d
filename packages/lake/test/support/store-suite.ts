/** What every object store must do: the suite that the directory store and the S3 store both pass. */

import { hash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PreconditionFailedError } from "../../src/errors.ts";
import type { ObjectStore, ObjectSummary } from "../../src/object-store.ts";
import { compareUtf8 } from "../../src/utf8.ts";

/** A store under test. */
export interface StoreUnderTest {
  /** Creates a new, empty store. */
  readonly createStore: () => Promise<ObjectStore>;
  /** Where tests may create files. */
  readonly directory: string;
  /** How many random histories to try. */
  readonly histories: number;
  /** More keys than one page of a listing has. The default is right for AWS's pages of a thousand. */
  readonly manyKeys?: number;
}

const mebibyte = 1024 * 1024;
const oddKeys = [
  "a",
  "a/b",
  "a/b/c",
  "a/b.txt",
  "a%",
  "a%2Fb",
  "a%252Fb",
  "a+b c",
  " spaces at both ends ",
  "dots./.hidden/name.",
  "con",
  "nul.txt/aux",
  "q?x#y&<z>|*:\"'\\",
  "tab\tand\u0001control",
  "größe/naïve/日本語",
  "emoji/😀",
  "emoji/\uffff",
  "x.json/y",
  "x",
];

/** Registers the suite's tests. */
export function testStore(
  name: string,
  { createStore, directory, histories, manyKeys = 1050 }: StoreUnderTest,
) {
  describe(name, () => {
    test("returns what was put, with its size, etag, time and metadata", async () => {
      const store = await createStore();
      const etag = await store.put("t/one.csv", Buffer.from("some bytes"), {
        metadata: { records: "3", "bronze-etag": '"abc def"' },
      });
      expect(await contentOf(store, "t/one.csv")).toBe("some bytes");
      const head = await store.head("t/one.csv");
      expect(head).toMatchObject({ key: "t/one.csv", size: 10, etag });
      expect(head?.metadata).toEqual({ records: "3", "bronze-etag": '"abc def"' });
      expect(Math.abs(Date.now() - Number(head?.lastModified))).toBeLessThan(60_000);
      expect(await collect(store, "")).toMatchObject([{ key: "t/one.csv", size: 10, etag }]);
    });

    test("holds an empty object, and one without metadata", async () => {
      const store = await createStore();
      await store.put("empty", new Uint8Array());
      expect(await store.head("empty")).toMatchObject({ size: 0, metadata: {} });
      expect(await contentOf(store, "empty")).toBe("");
    });

    test("replaces an object together with its metadata", async () => {
      const store = await createStore();
      const first = await store.put("k", Buffer.from("first"), { metadata: { a: "1", b: "2" } });
      const second = await store.put("k", Buffer.from("2nd"), { metadata: { b: "3" } });
      expect(second).not.toBe(first);
      expect(await contentOf(store, "k")).toBe("2nd");
      expect(await store.head("k")).toMatchObject({ etag: second, size: 3 });
      expect((await store.head("k"))?.metadata).toEqual({ b: "3" });
    });

    test("a reader that has started keeps reading the version that it started with", async () => {
      const store = await createStore();
      const old = randomBytes(mebibyte);
      await store.put("k", old);
      const stream = await store.read("k");
      await store.put("k", randomBytes(mebibyte));
      expect((await buffer(stream)).equals(old)).toBe(true);
    });

    test("opens bytes together with the version that they belong to", async () => {
      const store = await createStore();
      const old = randomBytes(mebibyte);
      const etag = await store.put("k", old, { metadata: { v: "old" } });
      const { head, body } = await store.open("k");
      await store.put("k", randomBytes(mebibyte), { metadata: { v: "new" } });
      expect(head).toMatchObject({ key: "k", size: mebibyte, etag, metadata: { v: "old" } });
      expect((await buffer(body)).equals(old)).toBe(true);
    });

    test("says which object is missing", async () => {
      const store = await createStore();
      await store.put("folder/object", Buffer.from("x"));
      for (const key of ["none", "folder", "folder/object/below"]) {
        expect(await store.head(key)).toBeUndefined();
        const missing = { code: "OBJECT_NOT_FOUND", message: expect.stringContaining(`"${key}"`) };
        await expect(store.read(key)).rejects.toMatchObject(missing);
        await expect(store.open(key)).rejects.toMatchObject(missing);
        await expect(store.download(key, directory)).rejects.toMatchObject(missing);
        await store.delete(key);
      }
      expect(await keysOf(store, "")).toEqual(["folder/object"]);
    });

    test("rejects keys and metadata that another store could not hold", async () => {
      const store = await createStore();
      const body = Buffer.from("x");
      for (const key of [
        "",
        "/a",
        "a/",
        "a//b",
        "a/../b",
        "./a",
        "a\0b",
        "\ud83d",
        "é".repeat(513),
      ]) {
        await expect(store.put(key, body)).rejects.toMatchObject({ code: "INVALID_KEY" });
      }
      for (const metadata of [{ Upper: "x" }, { a: "ü" }, { a: " b" }, { a: "b".repeat(2048) }]) {
        const put = store.put("k", body, { metadata: { ...metadata } });
        await expect(put).rejects.toMatchObject({ code: "INVALID_METADATA" });
      }
      expect(await keysOf(store, "")).toEqual([]);
    });

    test("holds odd keys, and lists them in the order of their bytes", async () => {
      const store = await createStore();
      for (const key of oddKeys) {
        await store.put(key, Buffer.from(`in ${key}`), { metadata: { n: String(key.length) } });
      }
      expect(await keysOf(store, "")).toEqual([...oddKeys].sort(compareUtf8));
      for (const key of oddKeys) {
        expect(await contentOf(store, key)).toBe(`in ${key}`);
        expect((await store.head(key))?.metadata).toEqual({ n: String(key.length) });
        expect(await readFile(await store.download(key, directory), "utf8")).toBe(`in ${key}`);
      }
      expect(await keysOf(store, "a/")).toEqual(["a/b", "a/b.txt", "a/b/c"]);
      expect(await keysOf(store, "a/b")).toEqual(["a/b", "a/b.txt", "a/b/c"]);
      expect(await keysOf(store, "a%2")).toEqual(["a%252Fb", "a%2Fb"]);
      expect(await keysOf(store, "nothing/here")).toEqual([]);
      for (const key of oddKeys) {
        await store.delete(key);
        expect(await store.head(key)).toBeUndefined();
      }
      expect(await keysOf(store, "")).toEqual([]);
    });

    test("lists folders without what is in them", async () => {
      const store = await createStore();
      for (const key of ["z", "a/b/c", "a/b/d", "a%/b", "é+ /x", "a/e/f", "a/g", "empty/x"]) {
        await store.put(key, Buffer.from(key));
      }
      await store.delete("empty/x");
      const folders = (prefix: string) => Array.fromAsync(store.listFolders(prefix));
      expect(await folders("")).toEqual(["a%/", "a/", "é+ /"]);
      expect(await folders("a/")).toEqual(["a/b/", "a/e/"]);
      expect(await folders("a/b/")).toEqual([]);
      expect(await folders("none/")).toEqual([]);
    });

    test("knows which keys it can't hold", async () => {
      const store = await createStore();
      for (const key of ["a/b", "a".repeat(200)]) {
        expect(store.keyProblem(key)).toBeUndefined();
        await store.put(key, Buffer.from("x"));
      }
      for (const key of ["a//b", "a/../b", "a\0b", `a/${"b".repeat(1023)}`]) {
        expect(store.keyProblem(key)).toMatch(/^(?:a|no part of a) key /);
        await expect(store.put(key, Buffer.from("x"))).rejects.toMatchObject({
          code: "INVALID_KEY",
        });
      }
    });

    test("lists more keys than a page has", async () => {
      const store = await createStore();
      const keys = Array.from({ length: manyKeys }, (_, index) => `p/${index}`);
      await eachConcurrently(keys, (key) => store.put(key, Buffer.from(key)));
      expect(await keysOf(store, "p/")).toEqual([...keys].sort(compareUtf8));
    });

    test("lists what comes after a key, which need not exist", async () => {
      const store = await createStore();
      for (const key of ["t.x", "t/d=1/a", "t/d=2/a", "t/d=2/b", "t/d=20", "t/d=3/a/b", "u/a"]) {
        await store.put(key, Buffer.from(key));
      }
      const keysAfter = async (after: string) =>
        (await Array.fromAsync(store.list("t/", undefined, after))).map(({ key }) => key);
      expect(await keysAfter("t/d=2/a")).toEqual(["t/d=2/b", "t/d=20", "t/d=3/a/b"]);
      expect(await keysAfter("t/d=2")).toEqual(["t/d=2/a", "t/d=2/b", "t/d=20", "t/d=3/a/b"]);
      expect(await keysAfter("t/d=3/a")).toEqual(["t/d=3/a/b"]);
      expect(await keysAfter("t/d=4")).toEqual([]);
      expect(await keysAfter("a")).toHaveLength(5);
    });

    test("holds an object of several parts, from memory and from a file", async () => {
      const store = await createStore();
      const content = randomBytes(12 * mebibyte);
      const path = join(directory, "large-file");
      await writeFile(path, content);
      const metadata = { records: "7" };
      await store.put("from-file", { path }, { metadata });
      await store.put("from-memory", content, { metadata, ifMatch: null });
      for (const key of ["from-file", "from-memory"]) {
        expect(await store.head(key)).toMatchObject({ size: content.byteLength, metadata });
        expect((await buffer(await store.read(key))).equals(content)).toBe(true);
      }
      const again = store.put("from-memory", content, { ifMatch: null });
      await expect(again).rejects.toThrow(PreconditionFailedError);
    });

    test("puts a small file", async () => {
      const store = await createStore();
      const path = join(directory, "small-file");
      await writeFile(path, "small");
      await store.put("k", { path }, { metadata: { a: "1" } });
      expect(await contentOf(store, "k")).toBe("small");
      expect((await store.head("k"))?.metadata).toEqual({ a: "1" });
      await writeFile(path, "small");
      await store.put("known", { path, sha256: hash("sha256", "small") }, { metadata: { a: "1" } });
      expect((await store.head("known"))?.etag).toBe((await store.head("k"))?.etag);
    });

    test("copies an object from the file that it was downloaded to", async () => {
      const store = await createStore();
      await store.put("k", Buffer.from("content"));
      await store.put("copy", { path: await store.download("k", directory) });
      expect(await contentOf(store, "k")).toBe("content");
      expect(await contentOf(store, "copy")).toBe("content");
    });

    test("a missing file is a StoreError, and nothing is written", async () => {
      const store = await createStore();
      const put = store.put("k", { path: join(directory, "no-such-file") });
      await expect(put).rejects.toMatchObject({ code: "STORE_FAILED" });
      expect(await store.head("k")).toBeUndefined();
    });

    test("writes conditionally: over this version, or over none", async () => {
      const store = await createStore();
      const put = (ifMatch: string | null, text: string) =>
        store.put("k", Buffer.from(text), { ifMatch });
      const refused = { code: "PRECONDITION_FAILED", key: "k" };

      await expect(put('"0123456789abcdef0123456789abcdef"', "x")).rejects.toMatchObject(refused);
      const first = await put(null, "first");
      await expect(put(null, "again")).rejects.toMatchObject(refused);
      const second = await put(first, "second");
      await expect(put(first, "third")).rejects.toMatchObject(refused);
      expect(await contentOf(store, "k")).toBe("second");
      await store.delete("k");
      await expect(put(second, "after")).rejects.toMatchObject(refused);
      await put(null, "again");
      expect(await contentOf(store, "k")).toBe("again");
    });

    test("many objects are removed, whatever their keys, and no others", async () => {
      const store = await createStore();
      const keys = ["a/1", "a/2", "b&<x>/3 é", 'c"/+%20'];
      for (const key of [...keys, "a/stays"]) {
        await store.put(key, Buffer.from("x"));
      }
      await store.deleteAll([...keys, "a/is not there"]);
      expect((await Array.fromAsync(store.list(""))).map(({ key }) => key)).toEqual(["a/stays"]);
      await store.deleteAll([]);
    });

    test.each(["of a new object", "of a version"])(
      "one of twenty writers %s wins",
      async (what) => {
        const store = await createStore();
        const ifMatch = what === "of a version" ? await store.put("k", Buffer.from("old")) : null;
        const writers = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
        const results = await Promise.allSettled(
          writers.map((writer) =>
            store.put("k", Buffer.from(writer), { ifMatch, metadata: { writer } }),
          ),
        );
        const won = results.flatMap((result, index) =>
          result.status === "fulfilled" ? [writers[index]] : [],
        );
        expect(won).toHaveLength(1);
        expect(await contentOf(store, "k")).toBe(won[0]);
        expect((await store.head("k"))?.metadata).toEqual({ writer: won[0] });
        for (const result of results.filter((each) => each.status === "rejected")) {
          expect(result.reason).toBeInstanceOf(PreconditionFailedError);
        }
      },
    );

    test("after any history, it holds what a Map would", { timeout: 60_000 }, async () => {
      const key = fc.constantFrom("a", "a/b", "a/b/c", "a/b.c", "a%", "b", "b.json/a", "b.json");
      const step = fc.record({ key, value: fc.constantFrom("", "1", "22", "delete") });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (history) => {
          const store = await createStore();
          const expected = new Map<string, string>();
          for (const { key, value } of history) {
            if (value === "delete") {
              await store.delete(key);
              expected.delete(key);
            } else {
              await store.put(key, Buffer.from(value), { metadata: { value } });
              expected.set(key, value);
            }
          }
          const keys = await keysOf(store, "");
          expect(keys).toEqual([...expected.keys()].sort(compareUtf8));
          for (const key of keys) {
            expect(await contentOf(store, key)).toBe(expected.get(key));
            expect((await store.head(key))?.metadata).toEqual({ value: expected.get(key) });
          }
        }),
        runs(histories),
      );
    });
  });
}

/** Everything that a listing shows. */
export async function collect(store: ObjectStore, prefix: string): Promise<ObjectSummary[]> {
  return Array.fromAsync(store.list(prefix));
}

/** The keys that a listing shows. */
export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect(store, prefix)).map(({ key }) => key);
}

/** An object's content as a string. */
export async function contentOf(store: ObjectStore, key: string): Promise<string> {
  return (await buffer(await store.read(key))).toString();
}

async function eachConcurrently<T>(items: readonly T[], action: (item: T) => Promise<unknown>) {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) {
      await action(item);
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
