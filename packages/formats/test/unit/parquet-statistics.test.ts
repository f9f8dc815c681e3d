/** A filter finds the same rows in a Parquet file as without its statistics: for every type, in many pages and row groups. */
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import pl from "nodejs-polars";
import { beforeAll, describe, expect, test } from "vitest";
import { duckDbType } from "../../src/column.ts";
import { writeParquet } from "../../src/parquet/native.ts";
import { literal } from "../../src/sql-text.ts";
import { Database } from "../support/database.ts";
import { writeFrames } from "../support/files.ts";

/** Two row groups. Writers start a new page after some 65,000 rows. */
const height = 130_000;
/** Values that contracts refuse, but models can return. */
const beyond: Readonly<Record<string, readonly string[]>> = {
  float64: ["nan", "inf", "-inf"],
};

const columns = exampleTypes.map((type, index) => ({
  name: `c${index}`,
  type,
  values: [
    ...definitionOf(type)
      .extremes(type)
      .map((value) => formatValue(type, value)),
    ...(beyond[type.kind] ?? []),
  ],
}));

const directory = temporaryDirectory();
const database = await Database.open();
/** Each value fills a run of rows, the smallest first. Some rows are null. */
const selected = columns.map(({ name, type, values }) => {
  const constants = values.map((value) => `cast(${literal(value)} as ${duckDbType(type)})`);
  const stretch = Math.ceil((height - 70_000) / Math.max(values.length - 2, 1));
  const index = `case when i % 97 = 96 then null when i < 1000 then 1 when i < 70000 then 2 else 3 + (i - 70000) // ${stretch} end`;
  return `[${constants.join(", ")}][least(${index}, ${values.length})] as ${name}`;
});
await database.define("source", `select ${selected.join(", ")} from range(${height}) as t(i)`);
await database.run("create temp table truth as from source");
const sourcePath = join(directory, "source.parquet");
await database.run(`copy truth to ${literal(sourcePath)} (format parquet)`);

const writers: Readonly<Record<string, () => Promise<string>>> = {
  "gold, by DuckDB": async () => {
    const path = join(directory, "gold.parquet");
    await database.copy("truth", path, "parquet");
    return path;
  },
  "silver, by Polars": async () => {
    const frame = pl.readParquet(sourcePath);
    return await writeFrames(
      "parquet",
      [frame.slice(0, 2_000), frame.slice(2_000, height)],
      directory,
    );
  },
  "current rows, by Polars": async () => {
    const path = join(directory, "current.parquet");
    writeParquet(pl.readParquet(sourcePath), path);
    return path;
  },
};

describe.each(Object.entries(writers))("%s", (_, write) => {
  let path = "";

  beforeAll(async () => {
    path = await write();
    await database.run(
      `create or replace temp table stored as
       select *, file_row_number as row from read_parquet(${literal(path)}, file_row_number = true)`,
    );
  });

  test("it has more than one row group", async () => {
    const [found] = await database.rows(
      `select num_row_groups as groups, num_rows as rows from parquet_file_metadata(${literal(path)})`,
    );
    expect(found).toMatchObject({ rows: String(height) });
    expect(Number(found?.["groups"])).toBeGreaterThan(1);
  });

  test.each(columns)("$name, $type: no value is outside its statistics", async ({ name, type }) => {
    const sqlType = duckDbType(type);
    const outside = await database.rows(`
      with groups as (
        select sum(row_group_num_rows) over (order by row_group_id) - row_group_num_rows as first,
          row_group_num_rows as rows, cast(coalesce(stats_min_value, stats_min) as ${sqlType}) as low,
          cast(coalesce(stats_max_value, stats_max) as ${sqlType}) as high
        from parquet_metadata(${literal(path)}) where path_in_schema = ${literal(name)}
      )
      select low, high, any_value(${name}) as value from stored
      join groups on row >= first and row < first + rows
      where ${name} < low or ${name} > high group by all`);
    // Statistics omit NaN: the Parquet format says so, and readers know it.
    expect(outside.filter(({ value }) => value !== "NaN")).toEqual([]);
  });

  test.each(columns)(
    "$name, $type: filters find all matching rows",
    async ({ name, type, values }) => {
      const sqlType = duckDbType(type);
      const constants = values.map((value) => `cast(${literal(value)} as ${sqlType})`);
      const filters = [
        `${name} is null`,
        ...constants.flatMap((constant) => [
          `${name} < ${constant}`,
          `${name} = ${constant}`,
          `${name} > ${constant}`,
        ]),
      ];
      const file = `(select cast(${name} as ${sqlType}) as ${name} from read_parquet(${literal(path)}))`;
      for (const filter of filters) {
        const counted = (from: string) =>
          database.rows(`select count(*) as rows from ${from} where ${filter}`);
        expect([filter, ...(await counted(file))]).toEqual([filter, ...(await counted("truth"))]);
      }
    },
  );
});
