/** ClickHouse reads open tables as we wrote them: as Delta with Delta Kernel, and as Iceberg. */
import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { OpenColumn, TableSchema } from "@lakehouse/open-tables/table-schema";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { type ColumnType, exampleTypes } from "@lakehouse/transforms/types/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Chdb, type Value } from "../../src/chdb/chdb.ts";
import { unlessUnavailable } from "../../src/unavailable.ts";
import { limitsOf, sqlOf, textOf } from "../support/clickhouse.ts";
import { OpenLake, type Row, Writer } from "../support/open-lake.ts";

const directory = temporaryDirectory();
const writer = await Writer.open();
const chdb = await unlessUnavailable("open tables as ClickHouse reads them", () =>
  Chdb.open(directory),
);
afterAll(() => chdb?.close());

/** ClickHouse's functions that read a table, and how each is asked for an earlier version. */
const readers = {
  deltaLakeLocal: (_: OpenLake, version: number) => ({ delta_lake_snapshot_version: version }),
  icebergLocal: (lake: OpenLake, version: number) => ({
    iceberg_timestamp_ms:
      lake.last?.table.versions.find((each) => each.version === version)?.at ?? 0,
  }),
};
const eachReader = Object.keys(readers) as (keyof typeof readers)[];
const day = 86_400_000;

function plain(
  name: string,
  columns: readonly OpenColumn[],
  rest: Partial<TableSchema> = {},
): TableSchema {
  return { name, description: `All of ${name}`, columns, ...rest };
}

function column(id: number, name: string, type: ColumnType, nullable = true): OpenColumn {
  return { id, name, type, nullable };
}

describe.skipIf(chdb === undefined)("ClickHouse", () => {
  async function query(sql: string, settings = {}): Promise<Value[][]> {
    return (await chdb?.query(sql, settings)) ?? [];
  }

  describe("a table with every type", () => {
    const id = column(1, "id", { kind: "int32" }, false);
    const typed = exampleTypes.map((type, index) => column(index + 2, `c${index}`, type));
    const columns = [id, ...typed];
    const limits = typed.map(({ type }) => limitsOf(type));
    const height = Math.max(...limits.map(({ length }) => length)) + 1;
    // The last row has only nulls.
    const rows = Array.from({ length: height }, (_, row): Row => {
      const values = limits.map((each) =>
        row === height - 1 ? null : (each[row % each.length] ?? null),
      );
      return [String(row), ...values];
    });
    const lake = new OpenLake(join(directory, "types"), plain("types", columns));

    beforeAll(async () => {
      await lake.commit([]);
      // One row a file, so that every bound of every value decides whether the file is read.
      const files = await Promise.all(
        rows.map((row, index) => writer.write(lake.folder, `${index}.parquet`, "", columns, [row])),
      );
      await lake.commit(files);
    });

    test.each(eachReader)("%s: has no rows at version 0", async (read) => {
      const counted = await query(
        `select count() from ${read}('${lake.folder}')`,
        readers[read](lake, 0),
      );
      expect(counted).toEqual([["0"]]);
    });

    test.each(eachReader)("%s: returns every value", async (read) => {
      const texts = [`toString(id)`, ...typed.map(textOf)];
      const found = await query(
        `select ${texts.join(", ")} from ${read}('${lake.folder}') order by id`,
      );
      expect(found).toEqual(rows);
    });

    test.each(eachReader)("%s: finds every value with a filter", async (read) => {
      const cases = typed.flatMap((each, index) =>
        (limits[index] ?? []).map((text) => ({ each, text, index: index + 1 })),
      );
      const statements = cases.map(({ each: { name, type }, text }, number) => {
        const value = sqlOf(type, text);
        return `select ${number} as n, arraySort(groupArray(id)) from ${read}('${lake.folder}')
          where ${type.kind === "boolean" ? name : `${name} = ${value}`}${type.kind === "boolean" ? ` = ${value}` : ""}`;
      });
      const found = await query(`select * from (${statements.join(" union all ")}) order by n`);
      const expected = cases.map(({ text, index }, number) => [
        number,
        rows.flatMap((row, position) => (row[index] === text ? [position] : [])),
      ]);
      expect(found).toEqual(expected);
    });
  });

  describe("a table of months", () => {
    const columns = [
      column(1, "order_id", { kind: "int64" }, false),
      column(2, "amount", { kind: "decimal", precision: 18, scale: 2 }),
      column(3, "ordered_at", { kind: "timestamp" }),
    ];
    const schema = plain("orders", columns, {
      partitionBy: { unit: "month", column: "ordered_at" },
    });

    async function fileOf(lake: OpenLake, name: string, partition: string, rows: readonly Row[]) {
      const folder = `ordered_at_month=${partition === "" ? "null" : partition}`;
      return await writer.write(lake.folder, `${folder}/${name}.parquet`, partition, columns, rows);
    }

    function rowsOf(partition: string, count: number, first = 0): Row[] {
      return Array.from({ length: count }, (_, index) => [
        String(first + index + 1),
        `${first + index}.25`,
        partition === "" ? null : `${partition}-0${index + 1}T23:59:59.999999Z`,
      ]);
    }

    const months = (read: string, lake: OpenLake) =>
      `select ifNull(formatDateTime(ordered_at, '%Y-%m'), '') as month, count(), sum(amount)
       from ${read}('${lake.folder}') group by month order by month`;

    test("versions are read as they were", async () => {
      const lake = new OpenLake(join(directory, "versions"), schema);
      const january = await fileOf(lake, "a", "2026-01", rowsOf("2026-01", 3));
      const february = await fileOf(lake, "b", "2026-02", rowsOf("2026-02", 4));
      const replaced = await fileOf(lake, "c", "2026-01", rowsOf("2026-01", 5));
      const undated = await fileOf(lake, "d", "", rowsOf("", 2));
      const versions = [[], [january, february], [february, replaced], [replaced, undated]];
      for (const files of versions) {
        await lake.commit(files);
      }
      const amounts: Readonly<Record<number, string>> = { 2: "1.5", 3: "3.75", 4: "7", 5: "11.25" };
      for (const read of eachReader) {
        for (const [version, files] of versions.entries()) {
          const expected = files
            .map(({ partition, rows }) => [partition, String(rows), amounts[rows]])
            .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
          const found = await query(months(read, lake), readers[read](lake, version));
          expect(found, `${read}, version ${version}`).toEqual(expected);
        }
      }
      const keys = await query(
        `select ordered_at_month, count() from deltaLakeLocal('${lake.folder}') group by 1 order by 1 nulls first`,
      );
      expect(keys).toEqual([
        [null, "2"],
        ["2026-01", "5"],
      ]);
    });

    // ClickHouse compares only some types with the bounds in a Delta log.
    test.each([
      ["deltaLakeLocal", "order_id > 3"],
      ["deltaLakeLocal", "ordered_at_month = '2026-02'"],
      ["icebergLocal", "order_id > 3"],
      ["icebergLocal", "ordered_at >= '2026-02-01 00:00:00'"],
    ])("%s: skips files that have no row with %s", async (read, filter) => {
      const lake = new OpenLake(join(directory, `${read} ${filter.replaceAll(/\W/g, "")}`), schema);
      const skipped = await fileOf(lake, "a", "2026-01", rowsOf("2026-01", 3));
      await lake.commit([skipped, await fileOf(lake, "b", "2026-02", rowsOf("2026-02", 1, 3))]);
      // ClickHouse would fail if it opened the file.
      await rm(join(lake.folder, skipped.path));
      const found = await query(`select order_id from ${read}('${lake.folder}') where ${filter}`);
      expect(found).toEqual([["4"]]);
    });

    test("versions within the retention are read after the others were removed", async () => {
      const lake = new OpenLake(join(directory, "vacuum"), schema);
      const start = Date.parse("2026-10-01T00:00:00Z");
      const kept: DataFile[] = [await fileOf(lake, "kept", "2025-12", rowsOf("2025-12", 2))];
      for (let version = 0; version < 23; version += 1) {
        const count = (version % 7) + 1;
        const file = await fileOf(lake, `v${version}`, "2026-01", rowsOf("2026-01", count));
        await lake.commit([...kept, file], { at: start + version * day });
      }
      const versions = lake.last?.table.versions.map(({ version }) => version);
      expect(versions).toEqual([15, 16, 17, 18, 19, 20, 21, 22]);
      const folder = join(lake.folder, "ordered_at_month=2026-01");
      expect((await readdir(folder)).toSorted()).toEqual(
        versions?.map((each) => `v${each}.parquet`),
      );
      expect(await readdir(join(lake.folder, "_delta_log"))).toContain("_last_checkpoint");
      expect(existsSync(join(lake.folder, "_delta_log/00000000000000000009.json"))).toBe(false);
      for (const read of eachReader) {
        for (const version of [15, 19, 20, 22]) {
          const found = await query(months(read, lake), readers[read](lake, version));
          expect(found.map(([month, rows]) => [month, rows])).toEqual([
            ["2025-12", "2"],
            ["2026-01", String((version % 7) + 1)],
          ]);
        }
      }
      await expect(
        query(months("deltaLakeLocal", lake), { delta_lake_snapshot_version: 5 }),
      ).rejects.toThrow();
    });

    test("a folder with odd characters, and moved to another", async () => {
      const lake = new OpenLake(join(directory, "odd"), schema);
      const odd = await fileOf(lake, "a b%20ü+&=é'", "2026-01", rowsOf("2026-01", 3));
      await lake.commit([odd]);
      for (const read of eachReader) {
        expect(await query(months(read, lake)), read).toEqual([["2026-01", "3", "3.75"]]);
      }
      const moved = new OpenLake(join(directory, "moved"), schema);
      await rename(lake.folder, moved.folder);
      moved.last = lake.last;
      expect(await query(months("deltaLakeLocal", moved))).toEqual([["2026-01", "3", "3.75"]]);
      await moved.commit([odd], { operation: "replace" });
      for (const read of eachReader) {
        expect(await query(months(read, moved)), read).toEqual([["2026-01", "3", "3.75"]]);
      }
    });

    test("an added column is null in older files, and one with an old name is another column", async () => {
      const lake = new OpenLake(join(directory, "columns"), schema);
      const first = await fileOf(lake, "a", "2026-01", [
        ["1", "1.00", "2026-01-05T00:00:00.000000Z"],
      ]);
      await lake.commit([first]);
      const added = [...columns, column(4, "note", { kind: "string" }, false)];
      const second = await writer.write(
        lake.folder,
        "ordered_at_month=2026-01/b.parquet",
        "2026-01",
        added,
        [["2", "2.00", "2026-01-06T00:00:00.000000Z", "new"]],
      );
      await lake.commit([first, second], { schema: { ...schema, columns: added } });
      for (const read of eachReader) {
        const found = await query(
          `select order_id, note from ${read}('${lake.folder}') order by order_id`,
        );
        expect(found, read).toEqual([
          ["1", null],
          ["2", "new"],
        ]);
      }
      // The amount goes, and comes back as text: all files are written again.
      const [orderId, , orderedAt] = columns;
      const retyped = [orderId, orderedAt, column(5, "amount", { kind: "string" })].filter(
        (each) => each !== undefined,
      );
      const third = await writer.write(
        lake.folder,
        "ordered_at_month=2026-01/c.parquet",
        "2026-01",
        retyped,
        [["1", "2026-01-05T00:00:00.000000Z", "one"]],
      );
      await lake.commit([third], { schema: { ...schema, columns: retyped } });
      for (const read of eachReader) {
        const latest = await query(
          `select * except (ordered_at) from ${read}('${lake.folder}') order by order_id`,
        );
        const first = read === "deltaLakeLocal" ? ["1", "one", "2026-01"] : ["1", "one"];
        expect(latest, read).toEqual([first]);
        const before = await query(
          `select order_id, amount, note from ${read}('${lake.folder}') order by order_id`,
          readers[read](lake, 1),
        );
        expect(
          before.map(([id, amount]) => [id, Number(amount)]),
          read,
        ).toEqual([
          ["1", 1],
          ["2", 2],
        ]);
      }
    });
  });

  test.each(["day", "year"] as const)("a table divided by %s", async (unit) => {
    const columns = [
      column(1, "id", { kind: "int32" }),
      column(2, "on_date", { kind: "date" }, false),
    ];
    const lake = new OpenLake(
      join(directory, unit),
      plain("dated", columns, { partitionBy: { unit, column: "on_date" } }),
    );
    // ClickHouse takes partitions before 1970 for others.
    const dates = ["1970-01-01", "1999-12-31", "2026-02-28"];
    const files = await Promise.all(
      dates.map((date, index) => {
        const partition = unit === "day" ? date : date.slice(0, 4);
        const path = `on_date_${unit}=${partition}/a.parquet`;
        return writer.write(lake.folder, path, partition, columns, [[String(index), date]]);
      }),
    );
    await lake.commit(files);
    for (const read of eachReader) {
      for (const [index, date] of dates.entries()) {
        const found = await query(
          `select id from ${read}('${lake.folder}') where on_date = toDate32('${date}')`,
        );
        expect(found, `${read} ${date}`).toEqual([[index]]);
      }
    }
  });
});
