/** Merges of large files: which are written, that they stay sorted, and that the same input gives the same bytes. */

import { hash, randomUUID } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { date, int64, string, timestamp } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";
import { beforeAll, describe, expect, test } from "vitest";
import { mergedBy } from "../../src/engine/decided-merge.ts";
import { decidingColumns } from "../../src/engine/deciding-columns.ts";
import type { MergeInput, MergeOutput } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { planRewrite } from "../../src/engine/plan-rewrite.ts";
import { countCurrentKeys } from "../../src/inspect/count-keys.ts";
import { scratch } from "../support/lake.ts";

const columns = {
  id: int64().notNull(),
  day: date().notNull(),
  // Names that the SQL of a merge could take for its own.
  old: timestamp(),
  new: string(),
};
const table = defineTable({
  name: "events",
  columns,
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const deleting = defineTable({
  name: "events",
  columns,
  primaryKey: ["id"],
  partitionBy: month("day"),
  deleteWhen: (row) => row.new.eq("deleted"),
});
const fieldIds = { id: 1, day: 2, old: 3, new: 4 };
const directory = await mkdtemp(join(scratch, "merge-"));
/** More than are sorted together with new rows. */
const rows = 60_000;

/** New rows: ids, and the day, note and arrival of all of them. */
function batch(ids: readonly number[], day: string, note: string | null, arrival: string): string {
  const path = join(directory, `batch-${randomUUID()}.parquet`);
  const length = ids.length;
  pl.DataFrame({ id: ids })
    .select(
      pl.col("id").cast(pl.Int64),
      pl.lit(day).str.strptime(pl.Date, "%Y-%m-%d").alias("day"),
      pl.lit(null).cast(pl.Datetime("us")).alias("old"),
      pl.lit(note).cast(pl.String).alias("new"),
      pl.lit(arrival).alias("_arrival"),
      pl.lit("object").alias("_object"),
      pl.intRange(0, length).cast(pl.Int64).alias("_row"),
    )
    .writeParquet(path);
  return path;
}

const merge = (base: readonly DataFile[], ...added: string[]) => mergeOf(table, base, ...added);

const mergeOf = (of: Table, base: readonly DataFile[], ...added: string[]) =>
  mergeInto(of, base, added);

async function mergeInto(
  of: Table,
  base: readonly DataFile[],
  added: readonly string[],
  mostRows?: number,
  filter?: (file: DataFile) => Uint8Array | undefined,
  opened: string[] = [],
): Promise<MergeOutput> {
  using engine = await openEngine({
    directory,
    memoryLimitMib: 128,
    sessions: 2,
    reproducible: true,
  });
  return await engine.mergeFiles({
    ...inputOf(of, base, added, mostRows),
    open: ({ path }) => {
      opened.push(path);
      return Promise.resolve(path);
    },
    ...(filter !== undefined && { filter: (file: DataFile) => Promise.resolve(filter(file)) }),
  });
}

function inputOf(
  of: Table,
  base: readonly DataFile[],
  added: readonly string[],
  mostRows: number | undefined,
): MergeInput {
  return {
    table: of,
    fieldIds,
    added,
    base,
    open: ({ path }) => Promise.resolve(path),
    concurrency: 4,
    directory: join(directory, `merge-${randomUUID()}`),
    ...(mostRows !== undefined && { mostRows }),
  };
}

function after(base: readonly DataFile[], { removed, written }: MergeOutput): DataFile[] {
  return [...base.filter((file) => !removed.includes(file)), ...written];
}

const read = ({ path }: DataFile) => pl.readParquet(path);
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

test("of few repeated keys the latest row stays, also where it moves", async () => {
  const [january, february] = ["2024-01", "2024-02"];
  const { written, moves } = await merge(
    [],
    batch(range(0, 40), "2024-01-05", "first", "2024-01-05T00:00:00"),
    batch([7], "2024-02-05", "moved", "2024-01-07T00:00:00"),
    batch([7, 9], "2024-01-06", "second", "2024-01-06T00:00:00"),
  );
  const found = written.flatMap((file) =>
    read(file)
      .select("id", "new")
      .rows()
      .map(([id, note]) => [file.partition, Number(id), note]),
  );
  expect(found.filter(([, , note]) => note !== "first")).toEqual([
    [january, 9, "second"],
    [february, 7, "moved"],
  ]);
  expect(found).toHaveLength(40);
  expect(moves).toEqual([[january, february]]);
});

let base: readonly DataFile[];
beforeAll(async () => {
  const { written } = await merge(
    [],
    batch(range(0, rows).reverse(), "2024-01-05", "old", "2024-01-05T00:00:00"),
  );
  base = written;
});

test("a first merge writes a sorted file with exact statistics and the columns' ids", async () => {
  expect(base).toMatchObject([
    {
      partition: "2024-01",
      rows,
      columns: {
        id: { nulls: 0, min: "0", max: `${rows - 1}` },
        day: { min: "2024-01-05", max: "2024-01-05" },
        old: { nulls: rows },
        new: { min: "old", max: "old" },
      },
    },
  ]);
  const [first] = base;
  expect(first && read(first).getColumn("id").toArray().map(Number)).toEqual(range(0, rows));
  using engine = await openEngine({ directory });
  using session = await engine.session();
  const schema = await session.rows(
    `select name, field_id from parquet_schema('${first?.path}') where field_id is not null`,
  );
  expect(schema.map(({ name, field_id }) => `${name} ${field_id}`)).toEqual([
    "id 1",
    "day 2",
    "old 3",
    "new 4",
  ]);
});

test("in a large file, new rows take the place of old ones, and the order stays", async () => {
  const ids = [3, 30_000, rows - 1];
  const output = await merge(base, batch(ids, "2024-01-06", "new", "2024-02-01T00:00:00"));
  expect(output.removed).toEqual(base);
  expect(output.written).toMatchObject([{ partition: "2024-01", rows }]);
  const [file] = output.written;
  const found = file && read(file);
  expect(found?.getColumn("id").toArray().map(Number)).toEqual(range(0, rows));
  const changed = found?.filter(pl.col("new").eq(pl.lit("new"))).getColumn("id");
  expect(changed?.toArray().map(Number)).toEqual(ids);
  expect(output.moves).toEqual([]);
});

test("many new rows take the place of old ones in a large file, too", async () => {
  // More than are taken from lists.
  const ids = range(0, rows).filter((id) => id % 4 === 0);
  const output = await merge(base, batch(ids, "2024-01-06", "new", "2024-02-01T00:00:00"));
  const [file] = output.written;
  const found = file && read(file);
  expect(found?.getColumn("id").toArray().map(Number)).toEqual(range(0, rows));
  const changed = found?.filter(pl.col("new").eq(pl.lit("new"))).getColumn("id");
  expect(changed?.toArray().map(Number)).toEqual(ids);
});

test("rows that arrived with the latest old ones are compared with them", async () => {
  const [file] = base;
  const arrival = file && read(file).getColumn("_arrival").toArray()[0];
  // Of the same object, the later row is current.
  const same = batch([rows - 2, rows - 1], "2024-01-06", "new", String(arrival));
  const output = await merge(base, same);
  const changed = output.written.map((each) =>
    read(each)
      .filter(pl.col("new").eq(pl.lit("new")))
      .getColumn("id")
      .toArray()
      .map(Number),
  );
  expect(changed).toEqual([[rows - 1]]);
});

test("a large file that was read in vain gets a filter, and is read again for its own keys only", async () => {
  const opened: string[] = [];
  const into = (added: string, filters: MergeOutput["filters"]) =>
    mergeInto(table, base, [added], undefined, (file) => filters.get(file), opened);
  const odd = batch(range(0, 6), "2024-01-05", "old", "2024-01-01T00:00:00");
  const [large] = base;
  // A key within the range of the file's keys, which the file has not.
  const within = {
    ...large,
    columns: { ...large?.columns, id: { nulls: 0, min: "0", max: "99999999" } },
  };
  base = [within as DataFile];
  const first = await into(
    batch([rows + 5], "2024-01-06", "new", "2024-02-01T00:00:00"),
    new Map(),
  );
  expect([...first.filters.keys()]).toEqual(base);
  expect(opened.splice(0)).toEqual([large?.path]);
  const second = await into(
    batch([rows + 6], "2024-01-06", "new", "2024-02-01T00:00:00"),
    first.filters,
  );
  expect([opened.splice(0), second.filters.size, second.removed]).toEqual([[], 0, []]);
  const third = await into(odd, first.filters);
  expect(opened.splice(0)).toEqual([large?.path]);
  expect([...third.copies.values()]).toEqual(third.removed);
  base = large === undefined ? [] : [large];
});

test("keys that move leave their large file, and older rows change nothing", async () => {
  const moved = batch([5, rows + 1], "2024-03-06", "moved", "2024-02-01T00:00:00");
  const older = batch([7], "2024-05-06", "older", "2023-01-01T00:00:00");
  const output = await merge(base, moved, older);
  expect(output.written.map(({ partition, rows }) => [partition, rows]).sort()).toEqual([
    ["2024-01", rows - 1],
    ["2024-03", 2],
  ]);
  expect(output.moves.toSorted()).toEqual([
    ["2024-01", "2024-03"],
    ["2024-01", "2024-05"],
  ]);
});

test("keys that are deleted leave their large file, and older rows stay out", async () => {
  const first = await mergeOf(
    deleting,
    base,
    batch([5, rows], "2024-01-06", "deleted", "2024-02-01T00:00:00"),
    batch([6], "2024-03-06", "deleted", "2024-02-01T00:00:00"),
    batch([7], "2024-01-06", "kept", "2024-02-01T00:00:00"),
    // Nobody knows whether it is "deleted".
    batch([8], "2024-01-06", null, "2024-02-01T00:00:00"),
  );
  expect(first.written).toMatchObject([{ partition: "2024-01", rows: rows - 2 }]);
  expect(first.tombstones).toMatchObject([
    { partition: "2024-01", rows: 2 },
    { partition: "2024-03", rows: 1 },
  ]);
  expect(first.moves).toEqual([["2024-01", "2024-03"]]);
  const tombstones = first.tombstones.map(({ path }) => path);
  const second = await mergeOf(
    deleting,
    after(base, first),
    ...tombstones,
    batch([5, 6], "2024-01-05", "older", "2024-01-31T00:00:00"),
    batch([rows], "2024-01-05", "back", "2024-02-02T00:00:00"),
  );
  expect(second.written.map(read).flatMap((each) => each.getColumn("new").toArray())).toEqual([
    "back",
  ]);
  expect(second.tombstones.map(({ partition, rows }) => [partition, rows])).toEqual([
    ["2024-01", 1],
    ["2024-03", 1],
  ]);
});

test("new keys leave a large file alone, and are joined with small ones", async () => {
  let list = base;
  let written = 0;
  for (let index = 0; index < 12; index += 1) {
    const from = rows + index * 1_000;
    const path = batch(range(from, from + 1_000), "2024-01-07", "n", "2024-02-01T00:00:00");
    const output = await merge(list, path);
    written += output.written.reduce((sum, each) => sum + each.rows, 0);
    list = after(list, output);
    expect(list).toContain(base[0]);
  }
  expect(list.length).toBeLessThan(4);
  expect(list.reduce((sum, each) => sum + each.rows, 0)).toBe(rows + 12_000);
  expect(written).toBeLessThan(12_000 * 8);
});

test("the same input gives the same files, on one connection or two", async () => {
  const path = batch(range(0, 200), "2024-02-06", "same", "2024-02-01T00:00:00");
  const digests = async () => {
    const { written } = await merge(base, path);
    return await Promise.all(
      written.map(async (file) => (await readFile(file.path)).toString("base64")),
    );
  };
  expect(await digests()).toEqual(await digests());
});

describe("no file has more rows than is said", () => {
  const mostRows = 20_480;
  const idsIn = (file: DataFile) => read(file).getColumn("id").toArray().map(Number);
  const expectSplit = (files: readonly DataFile[], ids: readonly number[]): void => {
    const parts = files.map(idsIn).sort(([a = 0], [b = 0]) => a - b);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(mostRows);
    expect(parts.flat()).toEqual(ids);
    expect(files.map(({ rows }) => rows)).toEqual(files.map((file) => idsIn(file).length));
  };

  test("new rows alone", async () => {
    const path = batch(range(0, 50_000).reverse(), "2024-02-06", "n", "2024-02-01T00:00:00");
    const { written } = await mergeInto(table, [], [path], mostRows);
    expectSplit(written, range(0, 50_000));
  });

  test("new rows that are sorted together with those of replaced files", async () => {
    const old = batch(range(0, 9_000), "2024-02-06", "old", "2024-02-01T00:00:00");
    const small = await mergeInto(table, [], [old], mostRows);
    const path = batch(range(5_000, 50_000), "2024-02-06", "new", "2024-03-01T00:00:00");
    const { written, removed } = await mergeInto(table, small.written, [path], mostRows);
    expect(removed).toEqual(small.written);
    expectSplit(written, range(0, 50_000));
  });

  test("a larger file of before, with a row that is replaced", async () => {
    const path = batch([7], "2024-01-06", "new", "2024-02-01T00:00:00");
    const { written } = await mergeInto(table, base, [path], mostRows);
    expectSplit(written, range(0, rows));
  });

  test("tombstones", async () => {
    const paths = ["2024-01-06", "2024-02-06"].map((day, index) =>
      batch(range(index * rows, index * rows + 25_000), day, "deleted", "2024-02-01T00:00:00"),
    );
    const { tombstones } = await mergeInto(deleting, [], paths, mostRows);
    expectSplit(tombstones, [...range(0, 25_000), ...range(rows, rows + 25_000)]);
    expect(new Set(tombstones.map(({ partition }) => partition))).toEqual(
      new Set(["2024-01", "2024-02"]),
    );
  });
});

test("the latest row of a key is found among rows of very many objects, too", async () => {
  const path = join(directory, "objects.parquet");
  const half = 50_001;
  pl.readParquet(batch(range(0, 2 * half), "2024-02-06", "n", "2024-02-01T00:00:00"))
    .select(
      pl.col("id").modulo(half),
      "day",
      "old",
      "new",
      "_arrival",
      pl
        .concatString([pl.lit("object"), pl.col("id").add(1_000_000).cast(pl.Int64)], "-")
        .alias("_object"),
      "_row",
    )
    .writeParquet(path);
  const { written } = await merge([], path);
  const found = pl.concat(written.map(read)).select("id", "_object").rows();
  expect(found).toHaveLength(half);
  expect(found.every(([id, object]) => object === `object-${1_000_000 + Number(id) + half}`)).toBe(
    true,
  );
});

test("the audit's count finds a key that two data files have", async () => {
  const again = await merge([], batch([1, 2], "2024-02-06", "again", "2024-02-01T00:00:00"));
  using engine = await openEngine({ directory });
  using session = await engine.session();
  const paths = [...base, ...again.written].map(({ path }) => path);
  expect(await countCurrentKeys(session, table, paths)).toEqual({
    rows: rows + 2,
    keys: rows,
    repeated: [1, 2].map((id) => ({ key: `{"id":${id}}`, rows: 2, objects: ["object"] })),
    elements: new Map(),
  });
});

test("a table whose keys never move looks for them in the partitions of the new rows only", async () => {
  const still = { ...table, keysNeverMove: true };
  const small = await merge([], batch(range(0, 10), "2024-02-06", "old", "2024-01-01T00:00:00"));
  const all = [...base, ...small.written];
  const opened: string[] = [];
  using engine = await openEngine({ directory, reproducible: true });
  const output = await engine.mergeFiles({
    table: still,
    fieldIds: { id: 1, day: 2, old: 3, new: 4 },
    added: [batch([3, 70_000], "2024-02-07", "new", "2024-02-01T00:00:00")],
    base: all,
    open: ({ path }) => {
      opened.push(path);
      return Promise.resolve(path);
    },
    concurrency: 4,
    directory: join(directory, `merge-${randomUUID()}`),
  });
  expect(opened).toEqual(small.written.map(({ path }) => path));
  expect(output.written).toMatchObject([{ partition: "2024-02", rows: 11 }]);
});

/**
 * Decides a merge on several threads, and writes each of its jobs in an engine of its own.
 *
 * @param narrow The new rows with the columns that decide only.
 */
async function mergeElsewhere(
  of: Table,
  base: readonly DataFile[],
  added: readonly string[],
  narrow: readonly string[],
  mostRows?: number,
): Promise<MergeOutput> {
  using decider = await openEngine({ directory, memoryLimitMib: 128, threads: 4 });
  const input = inputOf(of, base, narrow, mostRows);
  const { jobs, ...decision } = await decider.decideMerge(input, 20_000);
  const written = await Promise.all(
    jobs.map(async (job) => {
      using engine = await openEngine({ directory, memoryLimitMib: 128, reproducible: true });
      return await engine.writeUnits({
        ...input,
        ...job,
        added: new Map(job.added.map((place) => [place, added[place] ?? ""])),
        directory: join(directory, `units-${randomUUID()}`),
      });
    }),
  );
  const units = jobs.flatMap((job) => job.units);
  return mergedBy(decision, units, written.flat());
}

async function contentsOf({ written, tombstones }: MergeOutput): Promise<string[]> {
  const contents = [...written, ...tombstones].map(async ({ path, ...file }) => {
    const digest = hash("sha256", await readFile(path));
    return JSON.stringify([file, digest]);
  });
  return (await Promise.all(contents)).sort();
}

describe("files that are written elsewhere have the same bytes", () => {
  const { primaryKey: _, ...rest } = table;
  const unkeyed = { ...rest, primaryKey: [] } as const satisfies Table;
  const still = { ...table, keysNeverMove: true };
  /** A copy of a file with the columns that decide a merge only. */
  const narrowed = (of: Table, path: string): string => {
    const narrow = join(directory, `${randomUUID()}.parquet`);
    const rows = pl.readParquet(path).select(...decidingColumns(of));
    rows.writeParquet(narrow);
    return narrow;
  };
  // No partition has a whole number of vectors, and some have more rows than a row group.
  const sizes = [3_001, 63_003, 5, 999];
  const days = sizes.map((_, index) => `2024-0${index + 1}-05`);
  let first: readonly string[];
  let later: readonly string[];
  let next = 0;
  beforeAll(() => {
    first = sizes.map((size, index) => {
      const ids = range(next, next + size).reverse();
      next += size;
      return batch(ids, days[index] ?? "", "old", "2024-01-05T00:00:00");
    });
    later = [
      // Rows of large and of small files, rows that are there, and rows that come from another partition.
      batch([0, 5, 4_000, 60_000, 66_500], "2024-02-06", "new", "2024-02-01T00:00:00"),
      batch([50_000, 66_010], "2024-04-06", "new", "2024-02-01T00:00:00"),
      batch([40_000, 300_000, 300_001], "2024-09-06", "new", "2024-02-01T00:00:00"),
      batch([3, 62_000, 66_900, 300_002], "2024-02-06", "deleted", "2024-02-01T00:00:00"),
      batch([300_003], "2024-09-06", "deleted", "2024-02-01T00:00:00"),
    ];
  });

  test.each([
    ["a table", table, undefined],
    ["a table with small files", table, 25_000],
    ["a table without a key", unkeyed, undefined],
    ["a table whose keys never move", still, undefined],
    ["a table whose rows delete keys", deleting, undefined],
  ] as const)("%s", async (_name, of, mostRows) => {
    const shared = (base: readonly DataFile[], added: readonly string[]) => {
      const narrow = added.map((path) => narrowed(of, path));
      return mergeElsewhere(of, base, added, narrow, mostRows);
    };
    const whole = await mergeInto(of, [], first, mostRows);
    expect(await contentsOf(await shared([], first))).toEqual(await contentsOf(whole));
    const base = after([], whole);
    const more = await mergeInto(of, base, later, mostRows);
    const sharedMore = await shared(base, later);
    expect(more.tombstones.length > 0).toBe(of === deleting);
    expect(await contentsOf(sharedMore)).toEqual(await contentsOf(more));
    expect(sharedMore.removed).toEqual(more.removed);
    expect(sharedMore.moves).toEqual(more.moves);
    expect([...sharedMore.copies.values()]).toEqual([...more.copies.values()]);
  });
});

test("many small partitions share statements, but not too many of them", () => {
  const fresh = new Map(Array.from({ length: 200 }, (_, day) => [`day ${1000 + day}`, 100]));
  const { groups, copies } = planRewrite([], [], fresh);
  expect(groups.map((group) => group.length)).toEqual([48, 48, 48, 48, 8]);
  expect(copies).toEqual([]);
  const large = planRewrite([], [], new Map([...fresh].slice(0, 3).map(([day]) => [day, 40_000])));
  expect(large.groups.map((group) => group.length)).toEqual([1, 1, 1]);
});
