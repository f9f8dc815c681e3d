/** Any earlier version of the run record can be put back: `gold`, at the latest `gold --rebuild`, gives right gold. */
import { step } from "@lakehouse/testing/property";
import type { LakehouseError } from "@lakehouse/transforms/errors";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { describe, expect, test } from "vitest";
import { parseRunRecord } from "../../src/state/run-record.ts";
import { stagedObject } from "../../src/state/staged.ts";
import { runRecordKey } from "../../src/state/state-keys.ts";
import {
  bronzeKey,
  catalog,
  copyOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  smallCatalog,
  usedState,
  writeSilver,
} from "../support/lake.ts";
import { faulty, type Watcher, watched } from "../support/watched-store.ts";

/** A version of the run record, and which run wrote it. */
interface Version {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Runs that crash, rebuild, add and remove a model, and replace and remove silver. */
async function history(
  bucket: string | undefined,
): Promise<{ lake: MemoryLake; versions: Version[] }> {
  const lake = newLake(bucket);
  const versions: Version[] = [];
  let name = "";
  const recorder: Watcher = {
    before: () => Promise.resolve(),
    after: async (call) => {
      const stored = lake.gold.objects.get(runRecordKey);
      if (call === `put ${runRecordKey}` && stored !== undefined) {
        versions.push({ name: `${name}, version ${versions.length + 1}`, bytes: stored.bytes });
      }
    },
  };
  const runOnce = async (as: string, of: Catalog, options = {}): Promise<void> => {
    name = as;
    await run(watched(lake, recorder), of, options);
  };
  /** Dies when it has committed, with some outputs published. */
  const crash = async (as: string, of: Catalog): Promise<void> => {
    name = as;
    const dying: Watcher = {
      before: async (call) => {
        if (call.startsWith("put summary/")) {
          throw new Error("killed");
        }
      },
      after: recorder.after,
    };
    await expect(run(watched(lake, dying), of, { concurrency: 1 })).rejects.toThrow("killed");
  };
  const write = async (minute: number, note: string) =>
    await writeSilver(lake.silver, bronzeKey(minute), [
      reading("a", minute % 2, "2024-01-05", { amount: `${minute}.0000`, note }),
      reading("b", minute, `2024-0${(minute % 3) + 1}-07`, { amount: `${note.length}.0000` }),
    ]);

  await write(1, "x");
  await write(2, "x");
  await runOnce("the first run", smallCatalog);
  await write(3, "x");
  await crash("a run that crashed", smallCatalog);
  await runOnce("the run after a crash", smallCatalog);
  await write(1, "replaced");
  await runOnce("a run with a replaced object", smallCatalog);
  await runOnce("a run with a new model", catalog);
  await write(4, "x");
  await crash("a second run that crashed", catalog);
  await runOnce("a run without the model", smallCatalog, { prune: true });
  const removed = await write(5, "gone");
  await runOnce("a run with an object that is removed later", smallCatalog);
  await lake.silver.delete(removed);
  await runOnce("a run without that object", smallCatalog);
  await write(6, "x");
  await runOnce("a rebuild in slices", smallCatalog, { rebuild: true, sliceMib: 1e-6 });
  await write(7, "x");
  await runOnce("the last run", smallCatalog);
  return { lake, versions };
}

/** Runs `gold`. If it fails, its message must name the command that helps. */
async function runOrRebuild(lake: MemoryLake): Promise<void> {
  try {
    await run(lake, smallCatalog);
  } catch (error) {
    expect((error as LakehouseError).hint).toContain("lakehouse gold --rebuild");
    await run(lake, smallCatalog, { rebuild: true });
  }
}

/** Not all of them, because each takes a while. */
function everyNth(versions: readonly Version[], n: number): readonly Version[] {
  return versions.filter((_, index) => index % n === 0);
}

const inS3 = await history("gold");
const inDirectory = await history(undefined);

describe.each([
  ["in S3", inS3, step(3)],
  ["in a directory", inDirectory, 3 * step(3)],
])("%s", (_, { lake, versions }, n) => {
  const right = published(lake.gold);

  test("the history has versions that were not published yet, and that hold rows", () => {
    const records = versions.map(({ bytes }) => parseRunRecord(bytes.toString()));
    expect(records.filter(({ pending }) => Object.keys(pending).length > 0).length).toBeGreaterThan(
      5,
    );
    expect(records.filter(({ held }) => held !== undefined).length).toBeGreaterThan(2);
  });

  test.each(everyNth(versions, n))("$name", async ({ bytes }) => {
    const restored = copyOf(lake);
    await restored.gold.put(runRecordKey, bytes);
    await runOrRebuild(restored);
    expect(published(restored.gold)).toEqual(right);
    expect(await run(restored, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
    const state = await usedState(restored);
    expect([...state].filter((key) => !restored.gold.objects.has(key))).toEqual([]);
  });

  test.each(everyNth(versions, 4 * n))("$name, and a crash after it", async ({ bytes }) => {
    const restored = copyOf(lake);
    await restored.gold.put(runRecordKey, bytes);
    await run(watched(restored, faulty(25, "before", true)), smallCatalog).catch(() => {});
    await runOrRebuild(restored);
    expect(published(restored.gold)).toEqual(right);
  });
});

test("an output that was damaged before it was published is made again by a rebuild", async () => {
  const { versions } = inS3;
  const lake = copyOf(inS3.lake);
  const right = published(lake.gold);
  const { bytes } = versions.find(({ name }) => name.startsWith("a run that crashed")) ?? {};
  await lake.gold.put(runRecordKey, bytes ?? Buffer.from(""));
  const staged = Object.values(parseRunRecord(String(bytes)).pending).filter((key) => key !== null);
  for (const key of new Set(staged.map(stagedObject))) {
    await lake.gold.put(key, Buffer.from("damaged"));
  }
  await expect(run(lake, smallCatalog)).rejects.toMatchObject({
    code: "STATE_UNREADABLE",
    hint: expect.stringContaining("lakehouse gold --rebuild"),
  });
  await run(lake, smallCatalog, { rebuild: true });
  expect(published(lake.gold)).toEqual(right);
});

test("a rebuild in slices does without a lost file list", async () => {
  const lake = newLake();
  for (const minute of [1, 2, 3]) {
    await writeSilver(lake.silver, bronzeKey(minute), [reading("a", minute, "2024-01-05")]);
  }
  await run(lake, smallCatalog);
  const before = published(lake.gold);
  for (const key of lake.gold.objects.keys().filter((each) => each.startsWith("_state/files/"))) {
    await lake.gold.delete(key);
  }
  const options = { rebuild: true, sliceMib: 1e-6 };
  expect(await run(lake, smallCatalog, options)).toMatchObject({ outcome: "published" });
  expect(published(lake.gold)).toEqual(before);
});
