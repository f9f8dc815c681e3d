/** Each earlier version of a run record is put back, in a directory and in S3, and the next run gives right gold. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import { DirectoryStore } from "../../packages/lake/src/directory-store.ts";
import { readLakeSettings } from "../../packages/lake/src/lake-settings.ts";
import type { ObjectStore } from "../../packages/lake/src/object-store.ts";
import { createS3Client, S3Store } from "../../packages/lake/src/s3-store.ts";
import { startMoto } from "../../packages/lake/test/support/moto.ts";
import { isLog, isState, runRecordKey } from "../../packages/silver-gold/src/state/state-keys.ts";
import {
  bronzeKey,
  catalog,
  reading,
  run,
  smallCatalog,
  writeSilver,
} from "../../packages/silver-gold/test/support/lake.ts";
import { step } from "../../packages/testing/src/property.ts";
import { temporaryDirectory } from "../../packages/testing/src/temporary-directory.ts";

const moto = await startMoto("restoring a run record in S3");
afterAll(() => moto?.stop());

interface Stores {
  readonly silver: ObjectStore;
  readonly gold: ObjectStore;
}

async function inDirectory(): Promise<Stores> {
  const root = temporaryDirectory();
  return {
    silver: new DirectoryStore(join(root, "silver")),
    gold: new DirectoryStore(join(root, "gold")),
  };
}

async function inS3(): Promise<Stores> {
  const client = createS3Client(readLakeSettings(process.env));
  const create = async (): Promise<S3Store> => {
    const bucket = randomUUID();
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return new S3Store(client, bucket);
  };
  return { silver: await create(), gold: await create() };
}

/** A store whose puts are watched. A watcher that throws kills the run. */
function watchedPuts(store: ObjectStore, watch: (key: string) => Promise<void>): ObjectStore {
  return {
    description: store.description,
    ...(store.uri && { uri: store.uri.bind(store) }),
    ...(store.folders && { folders: store.folders.bind(store) }),
    list: store.list.bind(store),
    listFolders: store.listFolders.bind(store),
    keyProblem: store.keyProblem.bind(store),
    head: store.head.bind(store),
    open: store.open.bind(store),
    read: store.read.bind(store),
    delete: store.delete.bind(store),
    deleteAll: store.deleteAll.bind(store),
    download: store.download.bind(store),
    put: async (...args) => {
      await watch(args[0]);
      return await store.put(...args);
    },
  };
}

/** What readers see, by key: outputs, and the rows that manifests point at. */
async function publishedIn(gold: ObjectStore): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of gold.list("")) {
    if (!isState(key) && !isLog(key)) {
      const content = await text(await gold.read(key));
      const [, target] = /^s3:\/\/[^/]+\/(.*)\n$/.exec(content) ?? [];
      found[key] = target === undefined ? content : await text(await gold.read(target));
    }
  }
  return found;
}

test.each([
  ["a directory", inDirectory, false],
  ["S3", inS3, moto === undefined],
])("in %s", async (_, create, isSkipped) => {
  if (isSkipped) {
    return;
  }
  const { silver, gold } = await create();
  const versions = new Set<string>();
  const note = async (): Promise<void> => {
    if ((await gold.head(runRecordKey)) !== undefined) {
      versions.add(await text(await gold.read(runRecordKey)));
    }
  };
  const recorded = { silver, gold: watchedPuts(gold, note) };
  const write = async (minute: number, amount: string) =>
    await writeSilver(silver, bronzeKey(minute), [
      reading("a", minute % 2, "2024-01-05", { amount }),
      reading("b", minute, `2024-0${minute}-07`, { amount }),
    ]);
  await write(1, "1.0000");
  await write(2, "2.0000");
  await run(recorded, smallCatalog);
  await write(1, "3.0000");
  const dying = watchedPuts(recorded.gold, async (key) => {
    if (key.startsWith("summary/")) {
      throw new Error("killed");
    }
  });
  await expect(run({ silver, gold: dying }, catalog, { concurrency: 1 })).rejects.toThrow("killed");
  await write(3, "4.0000");
  await run(recorded, catalog, { sliceMib: 1e-6, rebuild: true });
  await run(recorded, smallCatalog, { prune: true });
  const right = await publishedIn(gold);
  expect(versions.size).toBeGreaterThan(7);
  // CI puts back each version, a laptop every third one: another third in each run, and always the first and the last.
  const every = step(3);
  const start = Math.floor(Math.random() * every);
  const tried = [...versions].filter(
    (_, index) => index % every === start || index === 0 || index === versions.size - 1,
  );
  for (const version of tried) {
    await gold.put(runRecordKey, Buffer.from(version));
    await run({ silver, gold }, smallCatalog).catch(async (error: unknown) => {
      expect(error).toMatchObject({ hint: expect.stringContaining("lakehouse gold --rebuild") });
      await run({ silver, gold }, smallCatalog, { rebuild: true });
    });
    expect(await publishedIn(gold), version).toEqual(right);
  }
});
