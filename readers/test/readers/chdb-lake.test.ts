/** ClickHouse reads the Delta and Iceberg tables of a lake that the functions made. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { processObject } from "@lakehouse/bronze-silver/process-object";
import { openLake } from "@lakehouse/lake/lake";
import { engines } from "@lakehouse/silver-gold/engines";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { Column, date, int64 } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { notNull } from "@lakehouse/transforms/model/check";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { exampleTypes } from "@lakehouse/transforms/types/types";
import { afterAll, expect, test } from "vitest";
import { Chdb } from "../../src/chdb/chdb.ts";
import { unlessUnavailable } from "../../src/unavailable.ts";
import { limitsOf, sqlOf, textOf } from "../support/clickhouse.ts";

const directory = temporaryDirectory();
const chdb = await unlessUnavailable("the open tables of a lake as ClickHouse reads them", () =>
  Chdb.open(directory),
);
afterAll(() => chdb?.close());

const typed = exampleTypes.map((type, index) => ({ name: `c${index}`, type }));
const limits = typed.map(({ type }) => limitsOf(type));
const height = Math.max(...limits.map(({ length }) => length)) + 1;
const table = defineTable({
  name: "events",
  columns: {
    id: int64().notNull(),
    day: date().notNull(),
    ...Object.fromEntries(
      typed.map(({ name, type }) => [name, new Column({ type, nullable: true })]),
    ),
  },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const copy = defineModel({
  name: "copy",
  description: "All events",
  materialization: full(),
  columns: {
    id: int64(),
    ...Object.fromEntries(
      typed.map(({ name, type }) => [name, new Column({ type, nullable: true })]),
    ),
  },
  sql: "select * exclude (day) from events",
  checks: [notNull("id")],
  format: "table",
});
const catalog = defineCatalog([table], [copy]);

/** The values of a row, as canonical text. The last row has only nulls. */
function valuesOf(row: number): (string | null)[] {
  return limits.map((each) => (row === height - 1 ? null : (each[row % each.length] ?? null)));
}

/** A record, with JSON as it is: `JSON.stringify` would write 1.50 as 1.5. */
function recordOf(row: number): string {
  const members = valuesOf(row).map((text, index) => {
    const isJson = typed[index]?.type.kind === "json" && text !== null;
    return `"${typed[index]?.name}":${isJson ? text : JSON.stringify(text)}`;
  });
  const day = `2026-${String((row % 3) + 1).padStart(2, "0")}-01`;
  return `{"id":${row},"day":"${day}",${members.join(",")}}`;
}

/** Runs. Each adds every third row. */
const versions = 3;

test.skipIf(chdb === undefined)("rows of several runs, all of them and by filters", async () => {
  for (const layer of ["bronze", "silver", "gold"]) {
    mkdirSync(join(directory, layer));
  }
  const lake = openLake(directory, {});
  const scratch = join(directory, "scratch");
  mkdirSync(scratch);
  for (let version = 0; version < versions; version += 1) {
    const rows = Array.from({ length: height }, (_, row) => row).filter(
      (row) => row % versions === version,
    );
    const key = `events/2026/11/01/0${version}/a.gz`;
    await lake.bronze.put(key, gzipSync(rows.map(recordOf).join("\n")));
    await processObject(lake, catalog, key, { scratch });
    await runGold(lake, catalog, { scratch, threads: 1, iceberg: true });
  }
  for (const { name } of [table, copy]) {
    await expectRows(lineOf(name), { delta_lake_snapshot_version: 0 });
    const folder = join(directory, "gold", name);
    const [first = ""] = readdirSync(join(folder, "metadata"))
      .filter((file) => file.endsWith(".metadata.json"))
      .sort();
    const metadata = JSON.parse(readFileSync(join(folder, "metadata", first), "utf8"));
    await expectRows(`icebergLocal('${folder}', SETTINGS iceberg_use_version_hint = 1)`, {
      iceberg_timestamp_ms: metadata["last-updated-ms"],
    });
  }
});

/** The table as the command prints it for ClickHouse. */
function lineOf(name: string): string {
  const place = { root: join(directory, "gold"), database: "" };
  const found = engines.clickhouse.line({ name, format: "table", files: "", columns: [], place });
  const [, expression = ""] =
    /^select \* from (.*);$/.exec("line" in found ? found.line : "") ?? [];
  return expression;
}

/**
 * Reads all rows, each by filters, and the first version.
 *
 * @param table How ClickHouse reads the table.
 * @param first Its settings to read the first version.
 */
async function expectRows(table: string, first: Readonly<Record<string, number>>): Promise<void> {
  const texts = ["id", ...typed.map(textOf)].join(", ");
  const expected = Array.from({ length: height }, (_, row) => [String(row), ...valuesOf(row)]);
  const found = await chdb?.query(`select ${texts} from ${table} order by id`);
  expect(found).toEqual(expected);
  const cases = typed.flatMap((column, index) =>
    (limits[index] ?? []).map((text) => ({ column, text, index })),
  );
  const filters = cases.map(
    ({ column: { name, type }, text }, number) =>
      `select ${number} as n, arraySort(groupArray(id)) from ${table} where ${name} = ${sqlOf(type, text)}`,
  );
  const filtered = await chdb?.query(`select * from (${filters.join(" union all ")}) order by n`);
  expect(filtered).toEqual(
    cases.map(({ text, index }, number) => [
      number,
      expected.flatMap(([id], row) => (expected[row]?.[index + 1] === text ? [id] : [])),
    ]),
  );
  const earliest = await chdb?.query(`select id from ${table} order by id`, first);
  expect(earliest).toEqual(expected.flatMap(([id], row) => (row % versions === 0 ? [[id]] : [])));
}
