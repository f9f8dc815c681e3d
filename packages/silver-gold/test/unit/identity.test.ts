/** Objects are known by the digest of their content, because S3 gives the same bytes other etags under SSE-KMS. */
import { hash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { compareSilver, inspect } from "../../src/inspect/inspect.ts";
import {
  bronzeKey,
  catalog,
  csv,
  type Fields,
  type MemoryLake,
  newLake,
  preparedLake,
  published,
  putSilver,
  reading,
  readings,
  run as runNow,
  writeSilver,
} from "../support/lake.ts";
import type { MemoryStore } from "../support/memory-store.ts";
import { type Watcher, watched } from "../support/watched-store.ts";

const columns = readings.columns.map(({ name }) => name);
/** Replaces an object's bytes, and nothing else: not even the etag. */
function edit(store: MemoryStore, key: string, bytes: Buffer): void {
  const stored = store.objects.get(key);
  if (stored !== undefined) {
    store.objects.set(key, { ...stored, bytes });
  }
}

const rows = [
  [reading("a", 1, "2024-01-05"), reading("b", 2, "2024-02-05")],
  [reading("a", 1, "2024-01-05", { note: "later" })],
] as const;

/** A run that sees every object as older than a moment. */
const run: typeof runNow = (lake, of, options) =>
  runNow(lake, of, { now: () => new Date(Date.now() + 3_600_000), ...options });

/** Gold of one object. */
const oneObject = preparedLake(async () => {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(0), rows[0]);
  await run(lake);
  return lake;
});

/** Forgets the calls so far. */
function forget({ silver, gold }: MemoryLake): void {
  for (const calls of [silver.reads, silver.heads, silver.writes, gold.reads, gold.writes]) {
    calls.length = 0;
  }
}

describe("in a store whose etags are random", () => {
  const prepare = preparedLake(async () => {
    const made = newLake("gold", "random");
    for (const [index, each] of rows.entries()) {
      await writeSilver(made.silver, bronzeKey(index), each);
    }
    await run(made);
    // The second run removes what readers of the first might have needed.
    await run(made);
    return made;
  });
  let lake: MemoryLake;
  beforeEach(async () => {
    lake = await prepare();
  });

  test("a second run does nothing", async () => {
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
    expect([lake.silver.reads, lake.silver.heads, lake.gold.writes]).toEqual([[], [], []]);
  });

  test("a duplicate event reads no silver, and is settled by one run", async () => {
    const before = published(lake.gold);
    const key = await writeSilver(lake.silver, bronzeKey(0), rows[0]);
    expect(await run(lake)).toMatchObject({ newObjects: 0, outputs: 0, recovered: 0 });
    expect(lake.silver.reads).toEqual([]);
    expect(lake.silver.heads).toEqual([key]);
    expect(lake.gold.writes.filter((key) => !key.startsWith("_state/"))).toEqual([]);
    expect(lake.gold.writes.filter((key) => key.startsWith("readings/"))).toEqual([]);
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
      expect(await compareSilver(lake, state, () => {})).toMatchObject({ added: 0, removed: 0 });
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

  test("published objects written again with the same content stay as they are", async () => {
    const before = published(lake.gold);
    for (const [key, { bytes }] of [...lake.gold.objects]) {
      if (!key.startsWith("_state/")) {
        await lake.gold.put(key, bytes);
      }
    }
    forget(lake);
    expect(await run(lake)).toMatchObject({ newObjects: 0, outputs: 0 });
    expect(lake.gold.writes.filter((key) => !key.startsWith("_state/"))).toEqual([]);
    expect(published(lake.gold)).toEqual(before);
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
  });

  test("a published object of other content is built again", async () => {
    const before = published(lake.gold);
    await lake.gold.put("summary/data.csv", Buffer.from("sensor,months,total\nz,1,\n"));
    expect(await run(lake)).toMatchObject({ outputs: 1 });
    expect(published(lake.gold)).toEqual(before);
  });

  test("a run that recovers another's outputs keeps those that are already published", async () => {
    await writeSilver(lake.silver, bronzeKey(2), [reading("c", 3, "2024-03-05")]);
    const record = "_state/run.json";
    let puts = 0;
    const dying: Watcher = {
      async before(call) {
        // The first write of the record commits, the second would settle it.
        puts += call === `put ${record}` ? 1 : 0;
        if (puts === 2) {
          throw new Error("killed");
        }
      },
      async after() {},
    };
    await expect(run(watched(lake, dying))).rejects.toThrow("killed");
    const etags = (await Array.fromAsync(lake.gold.list("summary/"))).map(({ etag }) => etag);
    forget(lake);
    expect(await run(lake)).toMatchObject({ newObjects: 0, recovered: 3 });
    expect(lake.gold.writes.filter((key) => !key.startsWith("_state/"))).toEqual([]);
    expect((await Array.fromAsync(lake.gold.list("summary/"))).map(({ etag }) => etag)).toEqual(
      etags,
    );
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
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
  test.each([
    ["bytes of the same size", content(edited), /its content has changed/],
    ["one row less", content([]), /its content has changed/],
    ["bytes that can't be read", content([reading("a", 1, "no date")]), /its content has changed/],
  ])("is not taken in: %s", async (_, bytes, problem) => {
    const lake = await oneObject();
    const before = published(lake.gold);
    const key = await writeSilver(lake.silver, bronzeKey(1), rows[1]);
    edit(lake.silver, key, bytes);
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
    edit(lake.silver, key, content(edited));
    await write(2, [reading("z", 9, "2024-01-10")]);
    await expect(run(lake)).rejects.toThrow(/its content has changed since a gold run merged it/);
  });
});

describe("an object of gold whose bytes were edited, its etag kept", () => {
  const models = "monthly/taken_on_month=2024-01/data.csv";
  const state = (lake: MemoryLake, part: string) =>
    [...lake.gold.objects.keys()].find((key) => key.includes(part)) ?? "";

  test.each([
    ["an output that another model reads", () => models],
    ["current rows", (lake: MemoryLake) => state(lake, "2024-01/0")],
    ["a manifest", (lake: MemoryLake) => state(lake, "manifest/readings/")],
  ])("%s ends the run that would build on it, and a rebuild replaces it", async (_, find) => {
    const lake = await oneObject();
    const before = published(lake.gold);
    const key = find(lake);
    const bytes = Buffer.from(lake.gold.objects.get(key)?.bytes ?? []);
    bytes[bytes.length - 3] = 0x39;
    edit(lake.gold, key, bytes);
    const added = await writeSilver(lake.silver, bronzeKey(1), [reading("c", 3, "2024-03-05")]);
    await expect(run(lake)).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringMatching(/its content has changed since a run wrote it/),
      hint: expect.stringContaining("lakehouse gold --rebuild"),
      key,
    });
    await lake.silver.delete(added);
    await run(lake, catalog, { rebuild: true });
    expect(published(lake.gold)).toEqual(before);
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
  });

  test("a rebuild replaces an output that no model reads", async () => {
    const lake = await oneObject();
    const before = published(lake.gold);
    edit(lake.gold, "summary/data.csv", Buffer.from("sensor,months,total\nz,9,\n"));
    await run(lake, catalog, { rebuild: true });
    expect(published(lake.gold)).toEqual(before);
  });
});

describe("a run record", () => {
  const key = "_state/run.json";

  test("whose bytes were edited is refused", async () => {
    const lake = await oneObject();
    const edited = (lake.gold.text(key) ?? "").replace(/"rows":\d/, '"rows":7');
    expect(edited).not.toBe(lake.gold.text(key));
    edit(lake.gold, key, Buffer.from(edited));
    await expect(run(lake)).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      message: expect.stringMatching(/run\.json.*its content has changed since a run wrote it/),
      hint: expect.stringContaining("Restore an earlier version"),
    });
  });

  test("can be put back, formatted, and come from an earlier or a later version", async () => {
    const lake = await oneObject();
    const text = lake.gold.text(key) ?? "";
    const parsed = JSON.parse(text);
    const { sha256: _, ...earlier } = parsed.run;
    for (const each of [
      text,
      JSON.stringify(parsed, undefined, 2),
      JSON.stringify({ ...parsed, run: earlier }),
    ]) {
      edit(lake.gold, key, Buffer.from(each));
      expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
    }
    const later = { ...parsed, run: { ...earlier, added: 1 }, alsoAdded: [] };
    const sha256 = hash("sha256", JSON.stringify(later));
    edit(lake.gold, key, Buffer.from(JSON.stringify({ ...later, run: { ...later.run, sha256 } })));
    expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
  });
});
