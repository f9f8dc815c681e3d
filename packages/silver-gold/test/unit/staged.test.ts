/** Outputs that wait for publication share an object. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hashBytes } from "../../src/state/content-hash.ts";
import { LocalFiles } from "../../src/state/local-files.ts";
import { parseRunRecord, readRunRecord, serializeRunRecord } from "../../src/state/run-record.ts";
import {
  type OutputToStage,
  stagedFile,
  stagedHash,
  stagedObject,
  stageOutputs,
} from "../../src/state/staged.ts";
import { runRecordKey, stagedKey } from "../../src/state/state-keys.ts";
import {
  bronzeKey,
  newLake,
  published,
  reading,
  run,
  scratch,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { type Watcher, watched } from "../support/watched-store.ts";

const mebibyte = 1024 * 1024;

async function staged(contents: Readonly<Record<string, Buffer>>) {
  const { gold } = newLake();
  const directory = await mkdtemp(join(scratch, "staged-"));
  const files = new LocalFiles(gold, directory);
  const outputs: OutputToStage[] = [];
  for (const [key, content] of Object.entries(contents)) {
    const path = files.newPath("csv");
    await writeFile(path, content);
    files.set(key, path);
    outputs.push({ key, hash: hashBytes(content), format: "csv" });
  }
  const { pending, uploads } = await stageOutputs({ files, sequence: 7 }, outputs);
  for (const [key, body] of uploads) {
    await gold.put(key, body);
  }
  /** What another run reads. */
  const read = async (key: string) =>
    await readFile(await stagedFile(new LocalFiles(gold, directory), pending.get(key) ?? ""));
  return { gold, pending, uploads, read };
}

test("small outputs share an object, and large ones do not", async () => {
  const contents = {
    "m/a.csv": Buffer.from("a\n1\n"),
    "m/b.csv": Buffer.alloc(0),
    "m/c.csv": Buffer.alloc(9 * mebibyte, "c"),
    "m/d.csv": Buffer.from("a\n1\n"),
    "m/e.csv": Buffer.from("é\n"),
  };
  const { pending, uploads, read } = await staged(contents);
  expect(uploads.size).toBe(2);
  expect(pending.get("m/d.csv")).toBe(pending.get("m/a.csv"));
  expect(pending.get("m/c.csv")).toBe(stagedKey(7, hashBytes(contents["m/c.csv"]), "csv"));
  for (const [key, content] of Object.entries(contents)) {
    const name = pending.get(key) ?? "";
    expect((await read(key)).equals(content)).toBe(true);
    expect(stagedHash(name)).toBe(hashBytes(content));
    expect(uploads.has(stagedObject(name))).toBe(true);
  }
});

test("one output is an object of its own", async () => {
  const content = Buffer.from("a\n1\n");
  const { pending, uploads, read } = await staged({ "m/a.csv": content });
  const key = stagedKey(7, hashBytes(content), "csv");
  expect([...uploads.keys()]).toEqual([key]);
  expect(pending.get("m/a.csv")).toBe(key);
  expect((await read("m/a.csv")).equals(content)).toBe(true);
});

test("a damaged object is an error that names it", async () => {
  const { gold, pending, read } = await staged({
    "m/a.csv": Buffer.from("a\n1\n"),
    "m/b.csv": Buffer.from("a\n2\n"),
  });
  const key = stagedObject(pending.get("m/a.csv") ?? "");
  await gold.put(key, Buffer.from("a\n1\na\n3\n"));
  await expect(read("m/b.csv")).rejects.toMatchObject({ code: "STATE_UNREADABLE", key });
});

test("a run publishes what an earlier version staged, each output in its own object", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05"),
    reading("b", 2, "2024-02-05"),
  ]);
  const dying: Watcher = {
    before: async (call) => {
      if (/^put (?!_|readings)/.test(call)) {
        throw new Error("killed");
      }
    },
    after: () => Promise.resolve(),
  };
  await expect(run(watched(lake, dying), smallCatalog)).rejects.toThrow("killed");
  const { record } = (await readRunRecord(lake.gold)) ?? { record: parseRunRecord("") };
  const files = new LocalFiles(lake.gold, await mkdtemp(join(scratch, "staged-")));
  const pending: Record<string, string | null> = {};
  const shared = new Set<string>();
  for (const [key, name] of Object.entries(record.pending)) {
    const own = name && stagedKey(record.sequence, stagedHash(name), "csv");
    if (name !== null && own !== null) {
      await lake.gold.put(own, await readFile(await stagedFile(files, name)));
      shared.add(stagedObject(name));
    }
    pending[key] = own;
  }
  expect(Object.keys(pending).length).toBeGreaterThan(1);
  expect(shared.size).toBe(1);
  await lake.gold.deleteAll(shared);
  await lake.gold.put(runRecordKey, serializeRunRecord({ ...record, pending }));
  await run(lake, smallCatalog);
  const finished = published(lake.gold);
  await run(lake, smallCatalog, { rebuild: true });
  expect(finished).toEqual(published(lake.gold));
  expect(Object.keys(finished)).toEqual(expect.arrayContaining(Object.keys(pending)));
});
