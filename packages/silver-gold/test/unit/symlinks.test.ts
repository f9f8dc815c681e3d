/** Symlink manifests: one for each partition of current rows. They always point at the rows in the run record. */
import { string } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { readRunRecord } from "../../src/state/run-record.ts";
import {
  bronzeKey,
  copyOf,
  dataFilesOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { watched } from "../support/watched-store.ts";

const january = "_current/readings/taken_on_month=2024-01/manifest";
const february = "_current/readings/taken_on_month=2024-02/manifest";
const march = "_current/readings/taken_on_month=2024-03/manifest";

/** A lake after one run, with rows in January and February. */
async function startLake(bucket?: string): Promise<MemoryLake> {
  const lake = newLake(bucket);
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05"),
    reading("b", 2, "2024-02-05"),
  ]);
  await run(lake, smallCatalog);
  return lake;
}

function manifestsOf({ gold }: MemoryLake): Record<string, string | undefined> {
  const keys = [...gold.objects.keys()].filter((key) => key.startsWith("_current/"));
  return Object.fromEntries(keys.sort().map((key) => [key, gold.text(key)]));
}

/** The manifests that follow from the run record. */
async function expectedOf(lake: MemoryLake): Promise<Record<string, string>> {
  return Object.fromEntries(
    [...(await dataFilesOf(lake))].map(([value, keys]) => [
      `_current/readings/taken_on_month=${value}/manifest`,
      keys.map((key) => `s3://${lake.gold.bucket}/${key}\n`).join(""),
    ]),
  );
}

/** The keys that manifests point at. */
function targetsOf(lake: MemoryLake): string[] {
  const prefix = `s3://${lake.gold.bucket}/`;
  return Object.values(manifestsOf(lake)).map((text) => text?.trim().slice(prefix.length) ?? "");
}

test("a table without partitions has one manifest, in its own folder", async () => {
  const devices = defineTable({ name: "devices", columns: { id: string().notNull() } });
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1, "devices"), [{ id: "a" }], devices);
  await run(lake, defineCatalog([devices], []));
  expect(manifestsOf(lake)).toEqual({
    "_current/devices/manifest": expect.stringMatching(
      /^s3:\/\/gold\/devices\/00000001-[0-9a-f]{16}\.parquet\n$/,
    ),
  });
});

test("each partition has a manifest with the addresses of its data files", async () => {
  const lake = await startLake("gold");
  expect(Object.keys(manifestsOf(lake))).toEqual([january, february]);
  expect(manifestsOf(lake)).toEqual(await expectedOf(lake));
  expect(lake.gold.text(january)).toMatch(
    /^s3:\/\/gold\/readings\/taken_on_month=2024-01\/00000001-[0-9a-f]{16}\.parquet\n$/,
  );
});

test("a lake in a directory has no manifests, because a move would change its files' addresses", async () => {
  const lake = await startLake();
  expect(manifestsOf(lake)).toEqual({});
  expect((await readRunRecord(lake.gold))?.record).not.toHaveProperty("symlinks");
});

test("only manifests of changed partitions are written, and their old targets are removed one run later", async () => {
  const lake = await startLake("gold");
  const [old = "", kept = ""] = targetsOf(lake);
  const writes = lake.gold.writes.length;
  await writeSilver(lake.silver, bronzeKey(2), [reading("c", 3, "2024-01-06")]);
  await run(lake, smallCatalog, { retentionDays: 0 });
  const written = lake.gold.writes.slice(writes).filter((key) => key.startsWith("_current/"));
  expect(written).toEqual([january]);
  expect(manifestsOf(lake)).toEqual(await expectedOf(lake));
  expect(targetsOf(lake)).toContain(kept);
  expect(targetsOf(lake)).not.toContain(old);
  expect(lake.gold.objects.has(old)).toBe(true);
  expect(await run(lake, smallCatalog, { retentionDays: 0 })).toMatchObject({
    outcome: "nothing-new",
  });
  expect(lake.gold.objects.has(old)).toBe(false);
  expect(published(lake.gold)).toHaveProperty([january]);
});

test("a removed partition or table takes its manifests with it", async () => {
  const lake = await startLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("b", 2, "2024-02-05"),
    reading("a", 1, "2024-03-05"),
  ]);
  await run(lake, smallCatalog);
  expect(Object.keys(manifestsOf(lake))).toEqual([february, march]);
  await run(lake, defineCatalog([], []), { prune: true });
  expect(manifestsOf(lake)).toEqual({});
});

test("a rebuild writes no manifest again", async () => {
  const lake = await startLake("gold");
  const before = manifestsOf(lake);
  const writes = lake.gold.writes.length;
  await run(lake, smallCatalog, { rebuild: true });
  expect(lake.gold.writes.slice(writes).filter((key) => key.startsWith("_current/"))).toEqual([]);
  expect(manifestsOf(lake)).toEqual(before);
});

test("a lake from before there were manifests gets them from the next run, which builds nothing", async () => {
  const { silver, gold: before } = await startLake();
  const lake: MemoryLake = { silver, gold: newLake("gold").gold };
  for (const [key, stored] of before.objects) {
    lake.gold.objects.set(key, stored);
  }
  const result = await run(lake, smallCatalog);
  expect(result).toMatchObject({ outcome: "published", newObjects: 0, outputs: 0 });
  expect(result.models.map(({ built }) => built)).toEqual([0, 0]);
  expect(Object.keys(manifestsOf(lake))).toEqual([january, february]);
  expect(manifestsOf(lake)).toEqual(await expectedOf(lake));
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
});

test("after a copy to another bucket, manifests point there", async () => {
  const { silver, gold } = await startLake("gold");
  const lake: MemoryLake = { silver, gold: newLake("elsewhere").gold };
  for (const [key, stored] of gold.objects) {
    lake.gold.objects.set(key, stored);
  }
  await run(lake, smallCatalog);
  expect(lake.gold.text(january)).toMatch(/^s3:\/\/elsewhere\/readings\//);
  expect(manifestsOf(lake)).toEqual(await expectedOf(lake));
});

test("after a copy to a directory, manifests are removed", async () => {
  const { silver, gold } = await startLake("gold");
  const lake: MemoryLake = { silver, gold: newLake().gold };
  for (const [key, stored] of gold.objects) {
    lake.gold.objects.set(key, stored);
  }
  await run(lake, smallCatalog);
  expect(manifestsOf(lake)).toEqual({});
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
});

test("the next run repairs manifests that were removed, overwritten or added by hand", async () => {
  const lake = await startLake("gold");
  const before = manifestsOf(lake);
  await lake.gold.delete(january);
  await lake.gold.put(february, Buffer.from("s3://gold/elsewhere\n"));
  await lake.gold.put(march, Buffer.from("s3://gold/nowhere\n"));
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "published", outputs: 0 });
  expect(manifestsOf(lake)).toEqual(before);
});

test("a slow older run's manifest is replaced, even though its rows are the same", async () => {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05")]);
  const slow = {
    async before(call: string) {
      if (call !== `put ${january}` || lake.gold.objects.has(january)) {
        return;
      }
      const hash = /-([0-9a-f]{16})\.parquet/.exec([...lake.gold.objects.keys()].join())?.[1] ?? "";
      const metadata = { "content-hash": hash };
      await lake.gold.put(january, Buffer.from("s3://gold/older.parquet\n"), { metadata });
    },
    after: () => Promise.resolve(),
  };
  await run(watched(lake, slow), smallCatalog);
  expect(manifestsOf(lake)).toEqual(await expectedOf(lake));
});

test("at every moment of a run, each manifest points at existing rows, old or new", async () => {
  const start = await startLake("gold");
  await writeSilver(start.silver, bronzeKey(2), [reading("c", 3, "2024-01-06")]);
  await writeSilver(start.silver, bronzeKey(3), [reading("d", 4, "2024-03-06")]);
  const before = published(start.gold);
  const undisturbed = copyOf(start);
  await run(undisturbed, smallCatalog);
  const after = published(undisturbed.gold);

  const lake = copyOf(start);
  let looks = 0;
  const look = async () => {
    looks += 1;
    // `published` throws if a manifest points at nothing.
    for (const [key, content] of Object.entries(published(lake.gold))) {
      expect([before[key], after[key]], key).toContain(content);
    }
  };
  await run(watched(lake, { before: look, after: look }), smallCatalog);
  await run(watched(lake, { before: look, after: look }), smallCatalog);
  expect(looks).toBeGreaterThan(40);
  expect(published(lake.gold)).toEqual(after);
});

test("rows that readers still see after a crash are kept for one more run", async () => {
  const lake = await startLake("gold");
  const [old = ""] = targetsOf(lake);
  await writeSilver(lake.silver, bronzeKey(2), [reading("c", 3, "2024-01-06")]);
  const dying = {
    before: (call: string) =>
      call.startsWith("put _current/") ? Promise.reject(new Error("killed")) : Promise.resolve(),
    after: () => Promise.resolve(),
  };
  await expect(run(watched(lake, dying), smallCatalog, { retentionDays: 0 })).rejects.toThrow(
    "killed",
  );
  expect(targetsOf(lake)).toContain(old);
  await run(lake, smallCatalog, { retentionDays: 0 });
  expect(targetsOf(lake)).not.toContain(old);
  expect(lake.gold.objects.has(old)).toBe(true);
  await run(lake, smallCatalog, { retentionDays: 0 });
  expect(lake.gold.objects.has(old)).toBe(false);
});
