/** The directory store: the common suite, and what happens only to files: kills, copies and changes by hand. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { cases } from "@lakehouse/testing/property";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { describe, expect, test, vi } from "vitest";
import { tryWithLock } from "../../src/directory/lock.ts";
import { DirectoryStore } from "../../src/directory-store.ts";
import { type InvalidKeyError, PreconditionFailedError } from "../../src/errors.ts";
import { collect, contentOf, keysOf, testStore } from "../support/store-suite.ts";

const directory = temporaryDirectory();

function createStore() {
  const root = mkdtempSync(join(directory, "store-"));
  return { root, store: new DirectoryStore(root) };
}

testStore("DirectoryStore", {
  createStore: async () => createStore().store,
  directory,
  histories: 60,
});

describe("files", () => {
  test("ordinary keys are ordinary paths", async () => {
    const { root, store } = createStore();
    const key = "orders/ingest_date=2024-03-01/stream-1.gz.csv";
    await store.put(key, Buffer.from("x"));
    expect(readFileSync(join(root, key), "utf8")).toBe("x");
    expect(await store.download(key)).toBe(join(root, key));
  });

  test("a store that was never written to is empty, and is not created", async () => {
    const root = join(directory, "never");
    const store = new DirectoryStore(root);
    expect(await keysOf(store, "")).toEqual([]);
    expect(await store.head("k")).toBeUndefined();
    await store.delete("k");
    expect(existsSync(root)).toBe(false);
  });

  test.skipIf(!existsSync("/proc/self"))("a store that can't be created is an error", async () => {
    const store = new DirectoryStore("/proc/nothing/lake");
    await expect(store.put("k", Buffer.from("x"))).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  test("a deleted object leaves its neighbors, but no empty folders", async () => {
    const { root, store } = createStore();
    await store.put("a/b/c", Buffer.from("x"));
    await store.put("a/d", Buffer.from("x"));
    await store.delete("a/b/c");
    expect(readdirSync(join(root, "a"))).toEqual(["d"]);
    await store.delete("a/d");
    expect(readdirSync(root)).toEqual([".lakehouse"]);
    expect(readdirSync(join(root, ".lakehouse")).sort()).toEqual(["lock", "tmp"]);
    expect(readdirSync(join(root, ".lakehouse", "tmp"))).toEqual([]);
  });

  test("the same content and metadata have the same etag in any store, other metadata a different one", async () => {
    const put = (a: string) =>
      createStore().store.put("k", Buffer.from("x"), { metadata: { a, b: "2" } });
    expect(await put("1")).toBe(await put("1"));
    expect(await put("1")).not.toBe(await put("2"));
  });

  test("a file that could not be written stays where it was", async () => {
    const { store } = createStore();
    await store.put("k", Buffer.from("x"));
    const path = join(directory, "kept");
    writeFileSync(path, "kept");
    await expect(store.put("k", { path }, { ifMatch: null })).rejects.toThrow(
      PreconditionFailedError,
    );
    expect(readFileSync(path, "utf8")).toBe("kept");
  });
});

describe("changes by hand", () => {
  test("an added file is an object without metadata, and its etag is stable", async () => {
    const { root, store } = createStore();
    mkdirSync(join(root, "orders"));
    writeFileSync(join(root, "orders", "dropped.json"), "{}");
    const head = await store.head("orders/dropped.json");
    expect(head).toMatchObject({ size: 2, metadata: {} });
    expect(await collect(store, "")).toMatchObject([{ etag: head?.etag }]);
    expect(await createStore().store.put("k", Buffer.from("{}"))).toBe(head?.etag);
    await store.put("orders/dropped.json", Buffer.from("[]"), { ifMatch: head?.etag ?? "" });
  });

  test("a changed file, even of the same size, has a new etag and no metadata", async () => {
    const { root, store } = createStore();
    const etag = await store.put("k", Buffer.from("old"), { metadata: { a: "1" } });
    writeFileSync(join(root, "k"), "new");
    const head = await store.head("k");
    expect(head?.metadata).toEqual({});
    expect(head?.etag).not.toBe(etag);
    await expect(store.put("k", Buffer.from("x"), { ifMatch: etag })).rejects.toThrow(
      PreconditionFailedError,
    );
  });

  test("a large added file is read once, not each time", async () => {
    const { root, store } = createStore();
    writeFileSync(join(root, "dropped"), "content");
    utimesSync(join(root, "dropped"), 1_700_000_000, 1_700_000_000);
    const head = await store.head("dropped");
    const noted = JSON.parse(
      readFileSync(join(root, ".lakehouse", "metadata", "dropped.json"), "utf8"),
    );
    expect(noted).toMatchObject([{ etag: head?.etag, size: 7, metadata: {} }]);
    expect(await store.head("dropped")).toEqual(head);
    writeFileSync(join(root, "dropped"), "CONTENT");
    expect((await store.head("dropped"))?.etag).not.toBe(head?.etag);
  });

  test("a copy of a lake has the same objects, metadata and etags", async () => {
    const { root, store } = createStore();
    for (const key of ["a", "a/b", "con"]) {
      await store.put(key, Buffer.from(key), { metadata: { key } });
    }
    const copy = join(directory, "copy");
    cpSync(root, copy, { recursive: true });
    const copied = new DirectoryStore(copy);
    for (const key of ["a", "a/b", "con"]) {
      const { lastModified: _, ...expected } = (await store.head(key)) ?? {};
      expect(await copied.head(key)).toMatchObject(expected);
    }
  });

  test("hidden files are not objects", async () => {
    const { root, store } = createStore();
    writeFileSync(join(root, ".DS_Store"), "");
    expect(await keysOf(store, "")).toEqual([]);
  });

  test.each([
    ["a%20b.json", 'Rename it to "a%2520b.json"'],
    ["nul.gz", "can't be an object"],
    ["what?", "can't be an object"],
    [Buffer.from([0x61, 0xff, 0x62]), "not UTF-8"],
  ])(
    "a file %o, whose name is not a key, is reported with its path, and hides no object",
    async (name, message) => {
      const { root, store } = createStore();
      await store.put("a/b/c", Buffer.from("x"));
      await store.put("z", Buffer.from("x"));
      writeFileSync(Buffer.concat([Buffer.from(`${root}/a/b/`), Buffer.from(name)]), "{}");
      const { keys, error } = await listed(store);
      expect(keys).toEqual(["a/b/c", "z"]);
      expect(error).toMatchObject({
        code: "INVALID_KEY",
        key: expect.stringContaining(join(root, "a", "b")),
        message: expect.stringContaining(message),
      });
    },
  );

  test("broken links and folders are reported too, all in one error", async () => {
    const { root, store } = createStore();
    symlinkSync("nothing", join(root, "link"));
    mkdirSync(join(root, "aux"));
    const { error } = await listed(store);
    expect(error?.message).toMatch(/aux": a file with this name.+ .+link": it is a broken link\. /);
  });

  test("a listing passes over what can't be an object, and names each", async () => {
    const { root, store } = createStore();
    await store.put("a/b", Buffer.from("x"));
    await store.put("a\uFFFD/c", Buffer.from("x"));
    const inside = (name: string): string => join(root, "a", name);
    for (const name of ["nul%00", "%2E%2E", "x%41"]) {
      writeFileSync(inside(name), "");
    }
    writeFileSync(Buffer.concat([Buffer.from(inside("")), Buffer.from([0x2f, 0xff])]), "");
    writeFileSync(Buffer.concat([Buffer.from(root), Buffer.from([0x2f, 0x61, 0xff])]), "");
    symlinkSync("circle", inside("circle"));
    symlinkSync("..", inside("up"));
    symlinkSync(root, inside("all"));
    symlinkSync("a", join(root, "again"));
    const strays = new Map<string, InvalidKeyError>();
    const keys: string[] = [];
    for await (const { key } of store.list("", (stray) => strays.set(stray.key, stray))) {
      keys.push(key);
    }
    // A link to another folder is a folder.
    expect(keys).toEqual(["a/b", "again/b", "a\uFFFD/c"]);
    const names = ["%2E%2E", "%FF", "all", "circle", "nul%00", "up", "x%41"];
    const expected = [...names.map(inside), ...names.map((name) => join(root, "again", name))];
    expect([...strays.keys()].toSorted()).toEqual([...expected, join(root, "a%FF")].toSorted());
    expect(strays.get(inside("circle"))).toMatchObject({
      problem: "it is a link in a circle of links",
      hides: "a/circle",
    });
  });

  test.each(["file", "nowhere", "circle"])("a %s in place of a folder is named", async (what) => {
    const { root, store } = createStore();
    mkdirSync(root, { recursive: true });
    const path = join(root, "a");
    if (what === "file") {
      writeFileSync(path, "");
    } else {
      symlinkSync(what === "circle" ? "a" : what, path);
    }
    const strays: string[] = [];
    const passOver = ({ key }: InvalidKeyError): void => void strays.push(key);
    expect(await Array.fromAsync(store.list("a/b/", passOver))).toEqual([]);
    expect(strays).toEqual([path]);
  });

  test("a name may contain a replacement character", async () => {
    const { store } = createStore();
    await store.put("a\uFFFDb", Buffer.from("x"));
    expect(await keysOf(store, "")).toEqual(["a\uFFFDb"]);
  });

  test("a corrupt metadata file counts as missing", async () => {
    const { root, store } = createStore();
    await store.put("k", Buffer.from("x"), { metadata: { a: "1" } });
    for (const corrupt of ["", "{", "{}", '[{"etag":1}]', "[null]"]) {
      writeFileSync(join(root, ".lakehouse", "metadata", "k.json"), corrupt);
      expect(await store.head("k")).toMatchObject({ size: 1, metadata: {} });
    }
  });
});

describe("kills", () => {
  test("between recording the new version and replacing the file, the old object is current", async () => {
    const { root, store } = createStore();
    const [data, noted] = [join(root, "k"), join(root, ".lakehouse", "metadata", "k.json")];
    const old = await store.put("k", Buffer.from("old"), { metadata: { v: "old" } });
    renameSync(data, join(directory, "old-data"));
    cpSync(join(directory, "old-data"), data, { preserveTimestamps: true });
    await store.put("k", Buffer.from("new"), { metadata: { v: "new" } });
    expect(JSON.parse(readFileSync(noted, "utf8"))).toHaveLength(2);

    renameSync(join(directory, "old-data"), data);
    expect(await store.head("k")).toMatchObject({ etag: old, metadata: { v: "old" } });
    const next = await store.put("k", Buffer.from("next"), { ifMatch: old });
    expect(await store.head("k")).toMatchObject({ etag: next, metadata: {} });
  });

  test("writes of an object at the same time each note the version before them", async () => {
    const { root, store } = createStore();
    const contents = ["first", "second", "third"];
    const etags = await Promise.all(contents.map((each) => store.put("a", Buffer.from(each))));
    const noted: unknown = JSON.parse(
      readFileSync(join(root, ".lakehouse", "metadata", "a.json"), "utf8"),
    );
    const last = (await store.head("a"))?.etag;
    expect(noted).toMatchObject([{ etag: last }, { etag: expect.toBeOneOf(etags) }]);
    expect(readdirSync(join(root, ".lakehouse", "tmp"))).toEqual([]);
  });

  test("of writes at the same time that expect no object, one succeeds", async () => {
    const { root, store } = createStore();
    const results = await Promise.allSettled(
      ["first", "second", "third"].map((each) =>
        store.put("a", Buffer.from(each), { ifMatch: null }),
      ),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(readdirSync(join(root, ".lakehouse", "tmp"))).toEqual([]);
  });

  test("before the first version is in place, there is no object", async () => {
    const { root, store } = createStore();
    await store.put("k", Buffer.from("x"), { metadata: { a: "1" } });
    rmSync(join(root, "k"));
    expect(await store.head("k")).toBeUndefined();
    expect(await keysOf(store, "")).toEqual([]);
    await store.put("k", Buffer.from("y"), { ifMatch: null });
  });

  test("an object that was moved for a folder that never came is still there", async () => {
    const { root, store } = createStore();
    const etag = await store.put("a", Buffer.from("x"), { metadata: { a: "1" } });
    renameSync(join(root, "a"), join(root, "a%"));
    expect(await collect(store, "")).toMatchObject([{ key: "a", etag }]);
    const next = await store.put("a", Buffer.from("y"), { ifMatch: etag });
    expect(await collect(store, "")).toMatchObject([{ key: "a", etag: next }]);
    await store.delete("a");
    expect(await keysOf(store, "")).toEqual([]);
  });

  test("leftovers are removed a day later", async () => {
    const { root, store } = createStore();
    await store.put("k", Buffer.from("x"));
    const leftover = join(root, ".lakehouse", "tmp", "leftover");
    writeFileSync(leftover, "x");
    await new DirectoryStore(root).put("k", Buffer.from("y"));
    expect(existsSync(leftover)).toBe(true);
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 25 * 60 * 60 * 1000);
    await new DirectoryStore(root).put("k", Buffer.from("z"));
    clock.mockRestore();
    expect(existsSync(leftover)).toBe(false);
  });

  test("after a kill at any moment, every object is whole and the locks are free", {
    timeout: 60_000,
  }, async () => {
    const parent = mkdtempSync(join(directory, "killed-"));
    const store = new DirectoryStore(join(parent, "store"));
    const rounds = Math.max(3, cases(10));
    for (let round = 0; round < rounds; round += 1) {
      const writers = await Promise.all(["one", "two"].map((name) => startWriter(parent, name)));
      await sleep(Math.random() * 150);
      await Promise.all(writers.map(kill));
      await expectWhole(store);
      const start = Date.now();
      const etag = (await store.head("a"))?.etag ?? null;
      await store.put("a", Buffer.from("0-0\n"), {
        metadata: { id: "0-0", size: "4" },
        ifMatch: etag,
      });
      expect(Date.now() - start).toBeLessThan(2000);
    }
  });
});

describe.skipIf(process.platform === "win32")(
  "a disk that is full in the middle of a write",
  () => {
    test.each([
      ["the object", "x".repeat(20_000), "short"],
      ["its metadata", "new", "y".repeat(2_000)],
    ])("%s: the old object and its metadata remain", async (_, content, note) => {
      const { root, store } = createStore();
      const metadata = { note: "z".repeat(2_000) };
      const etag = await store.put("k", Buffer.from("old"), { metadata });
      // A shell counts in blocks of 512 bytes.
      const command = `ulimit -f 8; exec "$0" "$@"`;
      const args = ["-c", command, process.execPath, fixture("put.ts"), root, content, note];
      // Node writes no compiled code to the full disk.
      const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
      expect(execFileSync("sh", args, { encoding: "utf8", env })).toBe("STORE_FAILED");
      expect(await store.head("k")).toMatchObject({ etag, metadata });
      expect(await contentOf(store, "k")).toBe("old");
    });
  },
);

describe("several processes", () => {
  test("a reader beside two writers sees only whole objects", { timeout: 60_000 }, async () => {
    const parent = mkdtempSync(join(directory, "shared-"));
    const store = new DirectoryStore(join(parent, "store"));
    const writers = await Promise.all(["one", "two"].map((name) => startWriter(parent, name)));
    for (const deadline = Date.now() + 1500; Date.now() < deadline; ) {
      for (const key of ["a", "a/b", "a/b/c"]) {
        const head = await store.head(key);
        if (head !== undefined) {
          expect(head.metadata).toEqual({ id: expect.any(String), size: String(head.size) });
        }
        await expectWholeContent(store, key);
        await sleep(1);
      }
      await collect(store, "");
    }
    await Promise.all(writers.map(kill));
    await expectWhole(store);
  });

  test("a listing goes on when a folder that it has seen becomes an object", async () => {
    const { store } = createStore();
    for (const key of ["a/a", "a/b/c", "a/d"]) {
      await store.put(key, Buffer.from("x"));
    }
    const keys: string[] = [];
    for await (const { key } of store.list("")) {
      keys.push(key);
      if (key === "a/a") {
        await store.delete("a/b/c");
        await store.put("a/b", Buffer.from("x"));
      }
    }
    expect(keys).toEqual(["a/a", "a/d"]);
  });

  test("two that count by conditional writes lose no increment", { timeout: 60_000 }, async () => {
    const { root, store } = createStore();
    const counters = [1, 2].map(() => fork(fixture("counter.ts"), [root, "100"]));
    const codes = await Promise.all(counters.map(async (child) => (await once(child, "exit"))[0]));
    expect(codes).toEqual([0, 0]);
    expect(await contentOf(store, "count")).toBe("200");
  });

  test("a process waits for a lock that is held", async () => {
    const { root, store } = createStore();
    const lock = join(root, ".lakehouse", "lock");
    let put: Promise<string> | undefined;
    tryWithLock(lock, () => {
      expect(tryWithLock(lock, () => "never")).toBeUndefined();
      put = store.put("k", Buffer.from("x"));
    });
    await put;
    expect(await contentOf(store, "k")).toBe("x");
  });
});

function fixture(name: string): string {
  return join(import.meta.dirname, "../support/fixtures", name);
}

async function startWriter(parent: string, name: string): Promise<ChildProcess> {
  const child = fork(fixture("writer.ts"), [parent, name]);
  await once(child, "message");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  expect(child.exitCode).toBeNull();
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Every object has its own metadata and its whole content, and there are no other files. */
async function expectWhole(store: DirectoryStore): Promise<void> {
  for (const { key, size } of await collect(store, "")) {
    const content = await buffer(await store.read(key));
    const id = content.subarray(0, content.indexOf("\n")).toString();
    expect((await store.head(key))?.metadata).toEqual({ id, size: String(content.byteLength) });
    expect(size).toBe(content.byteLength);
  }
  for (const name of readdirSync(store.description)) {
    expect(name).toMatch(/^(?:a%?|\.lakehouse)$/);
    expect(statSync(join(store.description, name)).size).toBeGreaterThan(0);
  }
}

async function expectWholeContent(store: DirectoryStore, key: string): Promise<void> {
  try {
    const content = await buffer(await store.read(key));
    const header = content.indexOf("\n");
    expect([0, 300_000]).toContain(content.byteLength - header - 1);
  } catch (error) {
    expect(error).toMatchObject({ code: "OBJECT_NOT_FOUND" });
  }
}

/** Lists keys. @returns Those before an error, and the error. */
async function listed(store: DirectoryStore): Promise<{ keys: string[]; error?: InvalidKeyError }> {
  const keys: string[] = [];
  try {
    for await (const { key } of store.list("")) {
      keys.push(key);
    }
    return { keys };
  } catch (error) {
    return { keys, error: error as InvalidKeyError };
  }
}
