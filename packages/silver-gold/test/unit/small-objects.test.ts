/** Small silver objects are read together. Each row still knows its object, and each mistake names its object. */
import { hash } from "node:crypto";
import { bronzeKeyOfSilver, parseBronzeKey } from "@lakehouse/lake/keys";
import { beforeEach, expect, test } from "vitest";
import { readSilver } from "../../src/current/silver-frames.ts";
import { groupSmall, readGroup } from "../../src/current/silver-groups.ts";
import { listSilver } from "../../src/current/silver-objects.ts";
import { SilverReader } from "../../src/current/silver-reader.ts";
import {
  bronzeKey,
  csv,
  type MemoryLake,
  newLake,
  putSilver,
  reading,
  readings,
  run,
  scratch,
  writeSilver,
} from "../support/lake.ts";

let lake: MemoryLake;
beforeEach(async () => {
  lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05", { note: 'line\nend, "quoted"' }),
    reading("a", 2, "2024-02-05"),
  ]);
  await writeSilver(lake.silver, bronzeKey(2), []);
  await writeSilver(lake.silver, bronzeKey(3), [reading("b", 3, "2024-03-05")]);
});

const refuse = (error: Error): never => {
  throw error;
};

test.each([
  ["strings", 1],
  ["categories", 1_000_000],
])("each row has its object, arrival and row number, as %s", async (_, size) => {
  const objects = await listSilver(lake.silver, readings, refuse);
  const { groups, single } = groupSmall(objects, 1_000_000);
  expect([groups.length, single.length]).toEqual([1, 0]);
  const reader = new SilverReader(
    readings,
    objects.map((object) => ({ ...object, size })),
  );
  const read = await readGroup(lake.silver, objects, reader);
  const rows = read?.frames.flatMap(({ frame }) =>
    frame.select("number", "_object", "_arrival", "_row").rows(),
  );
  const from = (minute: number) => [bronzeKey(minute), parseBronzeKey(bronzeKey(minute)).arrival];
  expect(rows?.map((row) => row.map((value) => (value === null ? null : String(value))))).toEqual([
    ["1", ...from(1), "0"],
    ["2", ...from(1), "1"],
    ["3", ...from(3), "0"],
  ]);
  const partitions = read?.frames.map(({ frame }) => reader.partitionsByObject(frame));
  expect(partitions).toEqual([
    new Map([
      [bronzeKey(1), new Set(["2024-01", "2024-02"])],
      [bronzeKey(3), new Set(["2024-03"])],
    ]),
  ]);
  expect([...(read?.versions.keys() ?? [])].map(({ key }) => bronzeKeyOfSilver(key))).toEqual(
    [1, 2, 3].map((minute) => bronzeKey(minute)),
  );
});

test.each([
  ["a value of another type", [{ sensor: "c", number: "x", taken_on: "2024-01-05" }], 1],
  ["fewer rows than its receipt says", [reading("c", 4, "2024-01-05")], 2],
])("an object with %s is named", async (_, rows, count) => {
  const columns = readings.columns.map(({ name }) => name);
  const content = Buffer.from(csv(columns, rows));
  const key = await putSilver(lake.silver, bronzeKey(2), content, count);
  await expect(run(lake)).rejects.toMatchObject({ key });
});

test("an object whose content has changed is named, also if its rows would read well", async () => {
  const columns = readings.columns.map(({ name }) => name);
  const content = Buffer.from(csv(columns, [reading("c", 4, "2024-01-05")]));
  const key = await putSilver(lake.silver, bronzeKey(2), content, 1);
  const stored = lake.silver.objects.get(key);
  const edited = Buffer.from(content.toString().replace("2024-01-05", "2024-01-06"));
  expect(hash("sha256", edited)).not.toBe(hash("sha256", content));
  await lake.silver.put(key, edited, { metadata: stored?.metadata ?? {} });
  await expect(run(lake)).rejects.toMatchObject({ code: "SILVER_OBJECT_CHANGED" });
  // As large objects are read: its rows are used before all of it is known.
  const object = (await listSilver(lake.silver, readings, refuse)).find((each) => each.key === key);
  const options = { chunkBytes: 1_000_000, directory: scratch };
  const use = () => Promise.resolve();
  const read = object && readSilver(lake.silver, object, new SilverReader(readings), options, use);
  await expect(read).rejects.toMatchObject({ code: "SILVER_OBJECT_CHANGED", key });
});

test("values are checked, unless digest and contract say that bronze→silver wrote them", async () => {
  const columns = readings.columns.map(({ name }) => name);
  const content = Buffer.from(csv(columns, [reading("c", 4, "2024-01-05")]));
  // Polars' CSV reader takes it for a null.
  const odd = Buffer.from(content.toString().replace("4", '""'));
  const other = { ...readings, silverFingerprint: "other-contract" };
  for (const [contract, digests] of [
    [readings, false],
    [other, true],
  ] as const) {
    const key = await putSilver(lake.silver, bronzeKey(2), odd, 1, contract, digests);
    await expect(run(lake)).rejects.toMatchObject({ key, code: "SILVER_OBJECT_UNREADABLE" });
  }
});

test("large objects, and those of a format that can't be joined, are read on their own", () => {
  const object = (name: string, size: number, format: "csv" | "parquet") => ({
    key: name,
    etag: "",
    size,
    lastModified: 0,
    format,
    bronzeKey: name,
    arrival: "",
  });
  const objects = [
    object("a", 10, "csv"),
    object("b", 2_000_000, "csv"),
    object("c", 10, "parquet"),
    object("d", 10, "csv"),
    object("e", 95, "csv"),
  ];
  const { groups, single } = groupSmall(objects, 100);
  expect(groups.map((group) => group.map(({ key }) => key))).toEqual([["a", "d"], ["e"]]);
  expect(single.map(({ key }) => key)).toEqual(["b", "c"]);
});
