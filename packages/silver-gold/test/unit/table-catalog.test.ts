/** A catalog, such as Glue's, has the open tables of the run record, and never an older version. */
import { step } from "@lakehouse/testing/property";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { beforeEach, expect, test } from "vitest";
import {
  arrive,
  copyOf,
  dataFilesOf,
  type MemoryLake,
  newLake,
  readings,
  run,
} from "../support/lake.ts";
import { MemoryCatalog, watchedCatalog } from "../support/memory-catalog.ts";
import { asVersion1 } from "../support/version-1.ts";
import { faulty, watched } from "../support/watched-store.ts";

const catalog = defineCatalog([readings], []);
const metadata = "s3://gold/readings/metadata";
let lake: MemoryLake;
let glue: MemoryCatalog;

beforeEach(() => {
  lake = newLake("gold");
  glue = new MemoryCatalog();
});

/** Where the metadata of a table's first version is, of its second, and so on. */
function metadataAt(number: number): RegExp {
  return new RegExp(`^${metadata}/0000${number}-[0-9a-f-]{36}\\.metadata\\.json$`);
}

function runWith(options = {}, at: Parameters<typeof run>[0] = lake, of = catalog) {
  return run(at, of, { tableCatalog: glue, ...options });
}

test("has each table, at its last version, and stays as it is when nothing is new", async () => {
  await runWith();
  expect(glue.entries.get("readings")).toMatchObject({
    location: "s3://gold/readings",
    parameters: {
      table_type: "ICEBERG",
      metadata_location: expect.stringMatching(metadataAt(1)),
      "lakehouse.run": "1",
    },
  });
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await runWith();
  expect(glue.metadataOf("readings")).toMatch(metadataAt(2));
  await runWith();
  expect(glue.changes).toEqual(["create readings", "update readings"]);
});

test("gets back what was removed from it or changed in it, although nothing is new", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await runWith();
  const right = glue.metadataOf("readings");
  glue.entries.clear();
  expect(await runWith()).toMatchObject({ outcome: "nothing-new" });
  expect(glue.metadataOf("readings")).toBe(right);
  const { location = "", parameters = {} } = glue.entries.get("readings") ?? {};
  const other = { ...parameters, metadata_location: `${metadata}/v9.metadata.json` };
  glue.put("test", "readings", { location, parameters: other });
  await runWith();
  expect(glue.metadataOf("readings")).toBe(right);
});

test("loses a table that is pruned, not one that only has no definition", async () => {
  await runWith();
  glue.put("test", "silver_readings", { location: "s3://silver/readings", parameters: {} });
  await runWith({}, lake, defineCatalog([], []));
  expect([...glue.entries.keys()]).toEqual(["readings", "silver_readings"]);
  await runWith({ prune: true }, lake, defineCatalog([], []));
  expect([...glue.entries.keys()]).toEqual(["silver_readings"]);
});

test.each([
  { location: "s3://elsewhere/readings", parameters: {} },
  {
    location: "s3://gold/readings",
    parameters: { table_type: "ICEBERG", metadata_location: "s3://elsewhere/v1.metadata.json" },
  },
])("refuses another program's table, and finishes once that is gone", async (table) => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  glue.put("test", "readings", table);
  await expect(runWith()).rejects.toMatchObject({
    code: "FOREIGN_TABLE",
    message: expect.stringContaining("table readings, at s3://elsewhere/"),
  });
  expect(glue.changes).toEqual(["test readings"]);
  glue.entries.clear();
  expect(await runWith()).toMatchObject({ outcome: "published" });
  expect(glue.metadataOf("readings")).toMatch(metadataAt(1));
});

test("takes over an earlier deployment's table over manifests, which go after it", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await run(lake, catalog);
  await asVersion1(lake);
  const keysOf = (prefix: string) =>
    [...lake.gold.objects.keys()].filter((key) => key.startsWith(prefix));
  const [manifest = ""] = keysOf("_current/");
  const [file = ""] = keysOf("_state/current/");
  expect([manifest, file]).not.toContain("");
  glue.put("test", "readings", { location: "s3://gold/_current/readings", parameters: {} });
  const order: string[] = [];
  const noting = {
    before: async (call: string) => {
      order.push(call);
    },
    after: () => Promise.resolve(),
  };
  await runWith({ tableCatalog: watchedCatalog(glue, noting) }, watched(lake, noting));
  expect(glue.changes).toEqual(["test readings", "drop readings", "create readings"]);
  expect(keysOf("_current/")).toEqual([]);
  expect(order.indexOf(`delete ${manifest}`)).toBeGreaterThan(
    order.indexOf("catalog create readings"),
  );
  // A query may still be reading it.
  expect(lake.gold.objects.has(file)).toBe(true);
  await runWith();
  expect(lake.gold.objects.has(file)).toBe(false);
  // Terraform may remove the table that it made before, because it knows only the name.
  await glue.drop("readings");
  await runWith();
  expect(glue.metadataOf("readings")).toMatch(metadataAt(1));
});

test("is never taken back by a slow run", async () => {
  await runWith();
  await arrive(lake, ["a", 1, "2024-01-05"]);
  let isLate = false;
  const slow = {
    before: async (call: string) => {
      if (call === "catalog update readings" && !isLate) {
        isLate = true;
        await runWith();
        await arrive(lake, ["b", 1, "2024-01-05"]);
        await runWith();
      }
    },
    after: () => Promise.resolve(),
  };
  await runWith({ tableCatalog: watchedCatalog(glue, slow) });
  expect(isLate).toBe(true);
  expect(glue.metadataOf("readings")).toMatch(metadataAt(3));
});

test("follows a record that was restored", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await runWith();
  const earlier = lake.gold.objects
    .entries()
    .filter(([key]) => key.startsWith("_state/"))
    .toArray();
  for (const number of [2, 3]) {
    await arrive(lake, ["a", number, "2024-01-05"]);
    await runWith();
  }
  for (const [key, stored] of earlier) {
    lake.gold.objects.set(key, stored);
  }
  await runWith();
  expect(glue.metadataOf("readings")).toMatch(metadataAt(1));
  expect(glue.entries.get("readings")?.parameters["lakehouse.run"]).toBe("2");
});

test("a run that dies at any call leaves a catalog that the next one finishes", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await runWith();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  const [start, startGlue] = [copyOf(lake), glue];
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  const attempt = async (tried: MemoryLake, watcher: ReturnType<typeof faulty>) => {
    const tableCatalog = watchedCatalog(glue, watcher);
    await runWith({ concurrency: 1, tableCatalog }, watched(tried, watcher));
  };
  glue = startGlue.copy();
  await attempt(copyOf(start), counting);
  for (let at = counting.calls; at > counting.calls - 30; at -= step(11)) {
    glue = startGlue.copy();
    const tried = copyOf(start);
    const dying = faulty(at, at % 2 === 0 ? "before" : "after", true);
    await attempt(tried, dying).catch(() => {});
    // What readers find is whole: the old version, or the new one.
    const [, key = ""] = glue.metadataOf("readings")?.split("s3://gold/") ?? [];
    expect(tried.gold.objects.has(key), `call ${at}`).toBe(true);
    await runWith({}, tried);
    expect(glue.metadataOf("readings"), `call ${at}`).toMatch(metadataAt(2));
    expect((await dataFilesOf(tried)).size).toBe(1);
  }
});
