/** Current rows are Iceberg tables beside Delta's log, and follow the run record as that does. */
import { mkdir, mkdtemp, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { openLake } from "@lakehouse/lake/lake";
import {
  deltaFiles,
  icebergFiles,
  lastMetadata,
  manifestsOf,
} from "@lakehouse/open-tables/testing/replay";
import { step } from "@lakehouse/testing/property";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { beforeEach, describe, expect, test } from "vitest";
import { readRunRecord } from "../../src/state/run-record.ts";
import { isLog } from "../../src/state/state-keys.ts";
import {
  arrive,
  copyOf,
  dataFilesOf,
  type MemoryLake,
  newLake,
  preparedLake,
  type reading,
  readings,
  run,
  scratch,
} from "../support/lake.ts";
import { faulty, watched } from "../support/watched-store.ts";

const catalog = defineCatalog([readings], []);
const start = Date.parse("2026-11-01T06:00:00Z");
const day = 86_400_000;
const location = "s3://gold/readings";
const iceberg = { iceberg: true };
let lake: MemoryLake;

/** One version, with one row. */
const oneVersion = preparedLake(async () => {
  const made = newLake("gold");
  await arrive(made, ["a", 1, "2024-01-05"]);
  await runOn(0, iceberg, made);
  return made;
});

beforeEach(() => {
  lake = newLake("gold");
});

function runOn(days: number, options = {}, at: Parameters<typeof run>[0] = lake) {
  return run(at, catalog, { now: () => new Date(start + days * day), ...options });
}

/** The objects in the table's folder, by their path in it. */
function folderOf({ gold }: MemoryLake): ReadonlyMap<string, Uint8Array> {
  return new Map(
    [...gold.objects]
      .filter(([key]) => key.startsWith("readings/"))
      .map(([key, { bytes }]) => [key.slice("readings/".length), bytes]),
  );
}

function metadataOf(of: MemoryLake): Record<string, string> {
  return Object.fromEntries(
    [...of.gold.objects]
      .filter(([key]) => isLog(key))
      .map(([key, { bytes }]) => [key, bytes.toString("base64")]),
  );
}

/** Whether the last version is the run record's, all versions can be read, and nothing else is left. */
async function expectWhole(versions: number, of = lake): Promise<void> {
  const folder = folderOf(of);
  const metadata = lastMetadata(folder);
  expect(metadata.snapshots).toHaveLength(versions);
  const named = new Set<string>(["metadata/version-hint.text"]);
  const relative = (address: string) => address.slice(location.length + 1);
  for (const snapshot of metadata.snapshots) {
    named.add(relative(snapshot["manifest-list"]));
    for (const { listed } of await manifestsOf(folder, snapshot, location)) {
      named.add(relative(String(listed["manifest_path"])));
    }
    for (const path of await icebergFiles(folder, snapshot, location)) {
      expect(folder.has(path), path).toBe(true);
    }
  }
  const last = metadata.snapshots.at(-1);
  const current = [...(await dataFilesOf(of)).values()].flat().sort();
  expect(
    last && (await icebergFiles(folder, last, location)).map((path) => `readings/${path}`),
  ).toEqual(current);
  const left = [...folder.keys()].filter(
    (key) => key.startsWith("metadata/") && !key.endsWith(".metadata.json") && !named.has(key),
  );
  expect(left).toEqual([]);
}

test("is published over the data files of Delta's log, and stays once it was asked for", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await runOn(0);
  expect([...folderOf(lake).keys()].some((key) => key.startsWith("metadata/"))).toBe(false);
  lake.silver.reads.length = 0;
  expect(await runOn(1, iceberg)).toMatchObject({ outcome: "published", outputs: 0 });
  expect(lake.silver.reads).toEqual([]);
  await expectWhole(1);
  await arrive(lake, ["a", 2, "2024-01-06"]);
  await runOn(2);
  await expectWhole(2);
  expect(await runOn(3)).toMatchObject({ outcome: "nothing-new" });
  await runOn(4, { iceberg: false });
  expect([...folderOf(lake).keys()].some((key) => key.startsWith("metadata/"))).toBe(false);
  expect(await runOn(5)).toMatchObject({ outcome: "nothing-new" });
});

test("versions go when the retention is over, in both formats at once", async () => {
  for (const days of [0, 1, 2, 30]) {
    await arrive(lake, ["a", days + 1, "2024-01-05"]);
    await runOn(days, iceberg);
  }
  await expectWhole(2);
  await runOn(31, { retentionDays: 0 });
  await expectWhole(1);
  // The retention stays until a run is told another one.
  await arrive(lake, ["a", 9, "2024-01-05"]);
  await runOn(32);
  await expectWhole(1);
  const data = [...folderOf(lake).keys()].filter((key) => key.startsWith("taken_on"));
  expect(data.length).toBeLessThan(4);
});

test("a run that only moves rows to other files says so in both formats", async () => {
  const many = Array.from({ length: 10_001 }, (_, index) => ["a", index, "2024-01-05"] as const);
  await arrive(lake, ...many.map((row): Parameters<typeof reading> => [...row]));
  await runOn(0, iceberg);
  await arrive(lake, ["b", 1, "2024-01-06"]);
  await runOn(1);
  expect([...(await dataFilesOf(lake)).values()].flat()).toHaveLength(2);
  await runOn(2, { rebuild: true });
  expect([...(await dataFilesOf(lake)).values()].flat()).toHaveLength(1);
  const operations = lastMetadata(folderOf(lake)).snapshots.map(
    ({ summary }) => summary["operation"],
  );
  expect(operations).toEqual(["append", "append", "replace"]);
  const entry = lake.gold.text("readings/_delta_log/00000000000000000002.json") ?? "";
  expect(entry).toContain('"operation":"OPTIMIZE"');
  expect(entry.match(/"dataChange":\w+/g)).toEqual(Array(3).fill('"dataChange":false'));
});

describe("another program's commit", () => {
  const next = "readings/metadata/00002-6f9c.metadata.json";
  const foreign = JSON.stringify({
    "last-updated-ms": start,
    snapshots: [
      {
        "timestamp-ms": start,
        summary: { operation: "append", "engine-name": "spark", "engine-version": "4.0.0" },
      },
    ],
  });

  test("is refused by name, and nothing changes until it is removed", async () => {
    lake = await oneVersion();
    await lake.gold.put(next, Buffer.from(foreign));
    await arrive(lake, ["b", 1, "2024-01-05"]);
    const before = metadataOf(lake);
    await expect(runOn(1)).rejects.toMatchObject({
      code: "FOREIGN_COMMIT",
      key: next,
      message: expect.stringContaining("spark/4.0.0 (append, 2026-11-01T06:00:00.000Z)"),
    });
    expect(metadataOf(lake)).toEqual(before);
    await lake.gold.delete(next);
    await runOn(1);
    await expectWhole(2);
  });

  /** Commits when the run is about to publish its metadata, at the run's own key or at another. */
  function racing(commit: (ours: string) => string) {
    let key: string | undefined;
    return {
      before: async (call: string) => {
        const [, ours] = /^put (.*\.metadata\.json)$/.exec(call) ?? [];
        if (ours !== undefined && key === undefined) {
          key = commit(ours);
          await lake.gold.put(key, Buffer.from(foreign));
        }
      },
      after: () => Promise.resolve(),
    };
  }

  test("is never overwritten, also if it comes between the commit and publication", async () => {
    lake = await oneVersion();
    await arrive(lake, ["b", 1, "2024-01-05"]);
    let key = "";
    const same = racing((ours) => {
      key = ours;
      return ours;
    });
    const failed = await runOn(1, {}, watched(lake, same)).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "FOREIGN_COMMIT", key });
    expect(lake.gold.text(key)).toBe(foreign);
    await lake.gold.delete(key);
    await runOn(2);
    await expectWhole(2);
  });

  test("that comes then under a name of its own is refused by the next run", async () => {
    lake = await oneVersion();
    await arrive(lake, ["b", 1, "2024-01-05"]);
    await runOn(
      1,
      {},
      watched(
        lake,
        racing(() => next),
      ),
    );
    await expect(runOn(2)).rejects.toMatchObject({ code: "FOREIGN_COMMIT", key: next });
    await lake.gold.delete(next);
    await expectWhole(2);
  });
});

test("metadata that is gone begins again", async () => {
  lake = await oneVersion();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  await runOn(1);
  const last = [...lake.gold.objects.keys()].filter((key) => key.endsWith(".metadata.json")).at(-1);
  await lake.gold.delete(last ?? "");
  expect(await runOn(2)).toMatchObject({ outcome: "published" });
  await expectWhole(1);
});

test("a slow run never takes the pointer back", async () => {
  lake = await oneVersion();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  let isLate = false;
  const slow = {
    before: async (call: string) => {
      if (call === "put readings/metadata/version-hint.text" && !isLate) {
        isLate = true;
        await runOn(2);
        await arrive(lake, ["c", 1, "2024-01-05"]);
        await runOn(3);
      }
    },
    after: () => Promise.resolve(),
  };
  await runOn(1, {}, watched(lake, slow));
  expect(isLate).toBe(true);
  expect(lake.gold.text("readings/metadata/version-hint.text")).toMatch(/^00003-/);
  await expectWhole(3);
});

test("a run that dies at any call leaves metadata that the next one finishes", async () => {
  lake = await oneVersion();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  const options = { concurrency: 1 };
  const counted = copyOf(lake);
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  await runOn(20, options, watched(counted, counting));
  await expectWhole(2, counted);
  const expected = metadataOf(counted);
  // The last calls are the commit and publication.
  for (let at = counting.calls; at > counting.calls - 40; at -= step(15)) {
    const tried = copyOf(lake);
    const when = at % 2 === 0 ? "before" : "after";
    await runOn(20, options, watched(tried, faulty(at, when, true))).catch(() => {});
    await runOn(20, options, tried);
    await expectWhole(2, tried);
    expect(metadataOf(tried), `${when} ${at}`).toEqual(expected);
    const record = (await readRunRecord(tried.gold))?.record;
    expect(record?.tables["readings"]).not.toHaveProperty("open.after");
  }
});

test("at every moment of a run, both formats have whole versions, old or new", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await runOn(0, iceberg);
  await arrive(lake, ["c", 1, "2024-01-06"], ["d", 1, "2024-03-06"]);
  let looks = 0;
  const look = async (call: string) => {
    if (!/^(put|delete) /.test(call)) {
      return;
    }
    looks += 1;
    const folder = folderOf(lake);
    const last = lastMetadata(folder).snapshots.at(-1);
    const logs = [...folder.keys()].filter((key) => /_delta_log.*json$/.test(key));
    const paths = [
      ...((last && (await icebergFiles(folder, last, location))) ?? []),
      ...(await deltaFiles(folder, logs.length - 1)),
    ];
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !folder.has(path))).toEqual([]);
  };
  await runOn(30, { retentionDays: 0 }, watched(lake, { before: look, after: look }));
  await runOn(31, {}, watched(lake, { before: look, after: look }));
  expect(looks).toBeGreaterThan(20);
  await expectWhole(1);
});

test("a directory that has moved gets metadata with its new address", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  const root = await mkdtemp(join(scratch, "moved-"));
  const at = async (name: string) => {
    const folder = join(root, name);
    await mkdir(join(folder, "gold"), { recursive: true });
    return { silver: lake.silver, gold: openLake(folder, {}).gold };
  };
  await runOn(0, iceberg, await at("here"));
  await rename(join(root, "here"), join(root, "there"));
  await runOn(1, {}, await at("there"));
  const folder = join(root, "there", "gold", "readings", "metadata");
  const hint = await readFile(join(folder, "version-hint.text"), "utf8");
  const metadata = JSON.parse(await readFile(join(folder, `${hint}.metadata.json`), "utf8"));
  expect(metadata.location).toBe(`file://${root}/there/gold/readings`);
  expect(metadata.snapshots).toHaveLength(1);
  expect((await readdir(folder)).filter((name) => name.endsWith(".metadata.json"))).toHaveLength(1);
  expect(await runOn(2, {}, await at("there"))).toMatchObject({ outcome: "nothing-new" });
});
