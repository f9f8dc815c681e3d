/** Rows of small text files that are parsed once. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileView } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { SharedRows } from "../../src/engine/shared-rows.ts";
import { scratch } from "../support/lake.ts";

const columns = [{ name: "n", type: { kind: "int64" } }] as const;

/** A view over files of ten bytes. */
async function viewOf(count: number): Promise<FileView & { readonly folder: string }> {
  const folder = await mkdtemp(join(scratch, "shared-"));
  const files = Array.from({ length: count }, (_, index) => join(folder, `${index}.csv`));
  await Promise.all(files.map((path, index) => writeFile(path, `n\n${10_000_000 + index}`)));
  return { kind: "files", columns, format: "csv", files, isShared: true, folder };
}

/** A connection that notes what it runs. */
function connectionWith(fail = false) {
  const statements: string[] = [];
  const run = async (sql: string): Promise<void> => {
    statements.push(sql.replace("\n", " "));
    if (fail) {
      throw new Error("Out of memory");
    }
  };
  return { run, statements };
}

test("many small files are read once for all sessions, with their rows in order", async () => {
  const view = await viewOf(16);
  using engine = await openEngine({ directory: view.folder, sessions: 2 });
  using one = await engine.session();
  using other = await engine.session();
  await one.define("v", { ...view, isShared: false });
  const rows = await one.rows("from v");
  expect(rows).toHaveLength(16);
  await one.define("v", view);
  await Promise.all(view.files.map((path) => rm(path)));
  await other.define("w", view);
  expect([await one.rows("from v"), await other.rows("from w")]).toEqual([rows, rows]);
});

test.each([
  ["few files", { count: 15 }],
  ["partitions", { partitions: Array.from({ length: 16 }, () => 0) }],
  ["only one reader", { isShared: false }],
  ["Parquet", { format: "parquet" as const }],
])(
  "%s are read each time",
  async (_, { count = 16, ...other }: Partial<FileView> & { count?: number }) => {
    const connection = connectionWith();
    const view = { ...(await viewOf(count)), ...other };
    expect(await new SharedRows().keep(connection, view, "from files")).toBeUndefined();
    expect(connection.statements).toEqual([]);
  },
);

test("long files are read each time, and tables that nobody uses make room for others", async () => {
  const shared = new SharedRows(200);
  const connection = connectionWith();
  const keep = async (view: FileView) => await shared.keep(connection, view, "from files");
  expect(await keep(await viewOf(21))).toBeUndefined();
  const first = await viewOf(20);
  const [one, two] = [await keep(first), await keep(await viewOf(20))];
  expect(await keep(first)).toBe(one);
  for (const table of [one, one, two]) {
    if (table !== undefined) {
      shared.release(table);
    }
  }
  await keep(await viewOf(20));
  // The first one was used later.
  expect(connection.statements).toEqual([
    "create table main.__shared_1 as from files",
    "create table main.__shared_2 as from files",
    "drop table if exists main.__shared_2",
    "create table main.__shared_3 as from files",
  ]);
});

test("tables in use stay, whatever they take", async () => {
  const shared = new SharedRows(200);
  const connection = connectionWith();
  for (const view of [await viewOf(20), await viewOf(20), await viewOf(20)]) {
    expect(await shared.keep(connection, view, "from files")).toBeDefined();
  }
  expect(connection.statements.filter((sql) => sql.startsWith("drop"))).toEqual([]);
});

test("if the rows can't be kept, the files are read", async () => {
  const view = await viewOf(16);
  const shared = new SharedRows();
  expect(await shared.keep(connectionWith(true), view, "from files")).toBeUndefined();
  expect(await shared.keep(connectionWith(), view, "from files")).toBeDefined();
});
