/** A silver object is known by the digest of its content, because S3 gives the same bytes other etags under SSE-KMS. */
import { beforeEach, describe, expect, test } from "vitest";
import { compareSilver, inspect } from "../../src/inspect/inspect.ts";
import {
  bronzeKey,
  catalog,
  csv,
  type Fields,
  type MemoryLake,
  newLake,
  published,
  putSilver,
  reading,
  readings,
  run,
  writeSilver,
} from "../support/lake.ts";

const columns = readings.columns.map(({ name }) => name);
const rows = [
  [reading("a", 1, "2024-01-05"), reading("b", 2, "2024-02-05")],
  [reading("a", 1, "2024-01-05", { note: "later" })],
] as const;

/** Forgets the calls so far. */
function forget({ silver, gold }: MemoryLake): void {
  for (const calls of [silver.reads, silver.heads, silver.writes, gold.reads, gold.writes]) {
    calls.length = 0;
  }
}

describe("in a store whose etags are random", () => {
  let lake: MemoryLake;
  let keys: string[];
  beforeEach(async () => {
    lake = newLake("gold", "random");
    keys = [];
    for (const [index, each] of rows.entries()) {
      keys.push(await writeSilver(lake.silver, bronzeKey(index), each));
    }
    await run(lake);
    // The second run removes what readers of the first might have needed.
    await run(lake);
    forget(lake);
  });

  test("a second run does nothing", async () => {
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
    expect([lake.silver.reads, lake.silver.heads, lake.gold.writes]).toEqual([[], [], []]);
  });

  test("a duplicate event reads no silver, and is settled by one run", async () => {
    const before = published(lake.gold);
    await writeSilver(lake.silver, bronzeKey(0), rows[0]);
    expect(await run(lake)).toMatchObject({ newObjects: 0, outputs: 0, recovered: 0 });
    expect(lake.silver.reads).toEqual([]);
    expect(lake.silver.heads).toEqual([keys[0]]);
    expect(lake.gold.writes.filter((key) => !key.startsWith("_state/"))).toEqual([]);
    expect(lake.gold.writes.filter((key) => key.startsWith("_state/current/"))).toEqual([]);
    expect(published(lake.gold)).toEqual(before);
    forget(lake);
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
    expect([lake.silver.reads, lake.silver.heads]).toEqual([[], []]);
  });

  test("status and audit do not count a duplicate as new", async () => {
    await writeSilver(lake.silver, bronzeKey(0), rows[0]);
    const [state] = (await inspect(lake.gold, catalog)).tables;
    expect(state).toBeDefined();
    if (state !== undefined) {
      expect(await compareSilver(lake, state)).toMatchObject({ added: 0, removed: 0 });
    }
    expect(lake.silver.reads).toEqual([]);
  });

  test("other content is read, whichever etag it has", async () => {
    await writeSilver(lake.silver, bronzeKey(1), [
      reading("a", 1, "2024-01-05", { note: "replaced" }),
    ]);
    expect(await run(lake)).toMatchObject({ outcome: "published", newObjects: 1 });
    expect(lake.gold.text("everything/data.csv")).toContain("replaced");
  });

  test("a duplicate beside a new object is not read", async () => {
    await writeSilver(lake.silver, bronzeKey(0), rows[0]);
    const added = await writeSilver(lake.silver, bronzeKey(2), [reading("c", 3, "2024-03-05")]);
    expect(await run(lake)).toMatchObject({ newObjects: 1 });
    expect(lake.silver.reads).toEqual([added]);
    forget(lake);
    await run(lake);
    expect(lake.silver.heads).toEqual([]);
  });
});

test("silver of an earlier version, without a digest, is read once for each etag", async () => {
  const lake = newLake("gold", "random");
  const write = async (digests: boolean) => {
    const content = Buffer.from(csv(columns, rows[0]));
    await putSilver(lake.silver, bronzeKey(0), content, 2, readings, digests);
    forget(lake);
    await run(lake);
    return lake.silver.reads.length;
  };
  expect(await write(false)).toBe(1);
  expect(await write(false)).toBe(1);
  // The run that read it noted its digest, so the same bytes with a digest are recognized.
  expect(await write(true)).toBe(0);
});

describe("a silver object that is not what its receipt says", () => {
  const content = (each: readonly Fields[]) => Buffer.from(csv(columns, each));
  const edited = [reading("a", 1, "2024-01-05", { note: "LATER" })];
  /** Replaces bytes, and nothing else: not even the etag. */
  function edit({ silver }: MemoryLake, key: string, bytes: Buffer): void {
    const stored = silver.objects.get(key);
    if (stored !== undefined) {
      silver.objects.set(key, { ...stored, bytes });
    }
  }

  test.each([
    ["bytes of the same size", content(edited), /its content has changed/],
    ["one row less", content([]), /its content has changed/],
    ["bytes that can't be read", content([reading("a", 1, "no date")]), /its content has changed/],
  ])("is not taken in: %s", async (_, bytes, problem) => {
    const lake = newLake();
    await writeSilver(lake.silver, bronzeKey(0), rows[0]);
    await run(lake);
    const before = published(lake.gold);
    const key = await writeSilver(lake.silver, bronzeKey(1), rows[1]);
    edit(lake, key, bytes);
    for (const rebuild of [false, true]) {
      await expect(run(lake, catalog, { rebuild })).rejects.toMatchObject({
        code: "SILVER_OBJECT_CHANGED",
        message: expect.stringMatching(problem),
        hint: expect.stringContaining(`lakehouse silver --object "${bronzeKey(1)}"`),
        key,
      });
    }
    expect(published(lake.gold)).toEqual(before);
    await writeSilver(lake.silver, bronzeKey(1), rows[1]);
    expect(await run(lake)).toMatchObject({ outcome: "published", newObjects: 1 });
    expect(lake.gold.text("everything/data.csv")).toContain("later");
  });

  test("is not taken in without a receipt, as after an edit in a directory", async () => {
    const lake = newLake();
    const key = await writeSilver(lake.silver, bronzeKey(1), rows[1]);
    await lake.silver.put(key, content(edited));
    await expect(run(lake)).rejects.toThrow(/it has no receipt/);
  });

  test("is not taken in with another number of rows, also without a digest", async () => {
    const lake = newLake();
    await putSilver(lake.silver, bronzeKey(1), content(rows[1]), 2, readings, false);
    await expect(run(lake)).rejects.toThrow(/its receipt says 2 rows, but it has 1/);
  });

  test("is not read again for its neighbors' sake if it has changed since it was merged", async () => {
    const lake = newLake();
    const write = (minute: number, each: readonly Fields[]) =>
      putSilver(lake.silver, bronzeKey(minute), content(each), each.length, readings, false);
    const key = await write(1, rows[1]);
    await write(2, [reading("z", 9, "2024-01-09")]);
    await run(lake);
    edit(lake, key, content(edited));
    await write(2, [reading("z", 9, "2024-01-10")]);
    await expect(run(lake)).rejects.toThrow(/its content has changed since a gold run merged it/);
  });
});
