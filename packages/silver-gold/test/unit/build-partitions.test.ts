/** Partitions that are built together have the bytes that they have alone, or are built alone. */
import { mkdir, mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { literal } from "@lakehouse/formats/sql-text";
import { runs } from "@lakehouse/testing/property";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import type { ModelColumn } from "@lakehouse/transforms/model/model";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DividedQuery, Engine, FileView, Session } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

let engine: Engine;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(scratch, "partitions-"));
  engine = await openEngine({ directory, reproducible: true, memoryLimitMib: 256, sessions: 1 });
});
afterAll(() => engine[Symbol.dispose]());

const int64: ColumnType = { kind: "int64" };
const string: ColumnType = { kind: "string" };
const decimal: ColumnType = { kind: "decimal", precision: 18, scale: 2 };
const sum: ColumnType = { kind: "decimal", precision: 38, scale: 2 };

function columnsOf(types: Readonly<Record<string, ColumnType>>): ModelColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, description: "" }));
}

const events = columnsOf({
  id: int64,
  place: string,
  amount: decimal,
  day: { kind: "date" },
  moment: { kind: "timestamp" },
  ok: { kind: "boolean" },
});
const places = columnsOf({ place: string, region: string });

function readsOf(columns = events): DividedQuery["reads"] {
  return [
    { name: "events", columns, isDivided: true, primaryKey: ["id"] },
    { name: "places", columns: places, isDivided: false, primaryKey: ["place"] },
  ];
}

const together: readonly (readonly [sql: string, types: Readonly<Record<string, ColumnType>>])[] = [
  [
    "select place, count(*) as n, sum(amount) as total from events group by place order by total",
    { place: string, n: int64, total: sum },
  ],
  ["select * from events where amount > 0 -- all", Object.fromEntries(events.map(pair))],
  [
    "select e.*, p.region from events e left join places p using (place)",
    { ...Object.fromEntries(events.map(pair)), region: string },
  ],
  [
    `with good as (select place, day, amount, id from events where ok),
      regions as (select distinct region, place from places)
     select r.region, g.day, count(distinct g.place) as n, cast(sum(g.amount) as decimal(38, 2)) as total
     from good as g join regions as r on r.place = g.place
     group by all having sum(g.amount) > 1 order by 1 desc`,
    { region: string, day: { kind: "date" }, n: int64, total: sum },
  ],
  [
    `select place, arg_max(amount, (moment, id)) as last, min(moment) as first, bool_or(ok) as ok
     from events where place is not null group by 1`,
    { place: string, last: decimal, first: { kind: "timestamp" }, ok: { kind: "boolean" } },
  ],
  [
    `select distinct upper(trim(place)) || '"' as place, case when amount between -1 and 1 then 'little' else 'much' end as size
     from (select * exclude (ok) from events where place in ('a', 'b') or date_part('year', day) = 2024)`,
    { place: string, size: string },
  ],
];

function pair({ name, type }: ModelColumn): [string, ColumnType] {
  return [name, type];
}

const alone: Readonly<Record<string, string>> = {
  "one group": "select count(*) as n from events",
  "a group of nothing": "select sum(amount) as n from events group by ()",
  "a group of constants": "select 1 as a, count(*) as n from events group by all",
  "a constant in a group": "select 1 as a, count(*) as n from events group by a",
  "several groups": "select place, day, count(*) as n from events group by rollup(place, day)",
  "a window": "select id, row_number() over (order by id) as n from events",
  "a filter by a window": "select id from events qualify row_number() over (order by id) = 1",
  "a limit": "select id from events order by id limit 1",
  "a limit inside": "select id from (from events order by id limit 1)",
  "a place in the order": "select place, first(id) as id from events group by place",
  "an order of strings":
    "select day, string_agg(place, ',' order by id) as p from events group by day",
  "a list": "select place, list(id) as ids from events group by place",
  "rows that may be equal": "select place, arg_max(id, moment) as id from events group by place",
  "rows of a shadowed key":
    "with places as (from events) select day, arg_max(id, place) as id from places group by day",
  "an average": "select place, avg(amount) as a from events group by place",
  "a double": "select place, sum(cast(amount as double)) as a from events group by place",
  "a quotient": "select place, sum(id / 3) as a from events group by place",
  "a subquery": "select id from events where amount = (select max(amount) from events)",
  "both sides": "select a.id from events a join events b using (place)",
  "rows without a partition": "select id, region from events full join places using (place)",
  "rows of a lookup": "select id, region from places left join events using (place)",
  "a union": "select id from events union all select 1 from places",
  "rows that exist": "select region from places semi join events using (place)",
  "a list of values": "select id, x from events, (values (1), (2)) as v(x)",
  "more rows": "select id, unnest([1, 2]) as x from events",
  "elements of JSON": "select id, e.value as x from events, json_each('[1]') as e",
  "its own number": "select id, 1 as __partition_number from events",
  "only lookups": "select region from places",
};

test.each(Object.entries(alone))("builds partitions one by one with %s", async (_, sql) => {
  expect(await engine.forPartitions({ sql, reads: readsOf() })).toBeUndefined();
});

test("builds partitions one by one if a column has doubles, or the name of a number", async () => {
  const sql = "select id from events";
  expect(await engine.forPartitions({ sql, reads: readsOf() })).toBeDefined();
  for (const more of columnsOf({ x: { kind: "float64" }, File_Index: int64 })) {
    const reads = readsOf([...events, more]);
    expect(await engine.forPartitions({ sql, reads })).toBeUndefined();
  }
});

test("keeps every digit of a number", async () => {
  const sql = "select id from events where id <> 9007199254740993 and amount < 0.10";
  expect(await engine.forPartitions({ sql, reads: readsOf() })).toContain("9007199254740993");
});

const text = fc.oneof(
  fc.constantFrom("a", "b", "", " A", 'x"y', "1,2\n3", "Ж\u{1F600}", "nul", "=1"),
  fc.string({ maxLength: 4 }).filter((each) => !each.includes("\0")),
);
const row = fc.tuple(
  fc.option(text, { nil: undefined, freq: 8 }),
  fc.integer({ min: -300, max: 300 }),
  fc.integer({ min: 0, max: 800 }),
  fc.constantFrom("true", "false", "null"),
);

test("gives each partition the bytes that it has alone", async () => {
  const parts = fc.array(fc.array(row, { maxLength: 12 }), { minLength: 1, maxLength: 5 });
  const formats = fc.constantFrom<FileFormat | "table">("csv", "parquet", "table");
  await fc.assert(
    fc.asyncProperty(fc.nat(together.length - 1), parts, formats, async (query, rows, format) => {
      const [sql, types] = together[query] ?? ["", {}];
      const folder = await mkdtemp(join(directory, "case-"));
      using session = await engine.session();
      const files = await writeParts(session, rows, folder);
      const columns = columnsOf(types);
      const ids = Object.fromEntries(columns.map(({ name }, index) => [name, index + 1]));
      const source: FileView = { kind: "files", columns: events, format: "parquet", files: [] };
      const expected = new Map<number, string>();
      for (const [index, file] of files.entries()) {
        const path = join(folder, `alone-${index}`);
        await session.define("events", { ...source, files: [file] });
        await session.define("result", { kind: "query", sql });
        if (format === "table") {
          const [written] = await session.copyDataFiles("result", path, columns, ids);
          if (written !== undefined) {
            expected.set(index, await readFile(written.path, "latin1"));
          }
        } else if ((await session.copy("result", path, format, columns)) > 0) {
          expected.set(index, await readFile(path, "latin1"));
        }
      }
      const numbered = (await engine.forPartitions({ sql, reads: readsOf() })) ?? "";
      const partitions = [...files.keys()];
      await session.define("events", { ...source, files, partitions });
      await session.define("result", { kind: "query", sql: numbered });
      const built = await session.copyPartitions(
        "result",
        join(folder, "together"),
        columns,
        format === "table" ? ids : format,
      );
      const found = await Promise.all(
        built.files.map(
          async (file) => [file.partition, await readFile(file.path, "latin1")] as const,
        ),
      );
      expect(new Map(found.sort(([a], [b]) => a - b))).toEqual(expected);
    }),
    runs(150),
  );
});

/** Writes the rows of each partition to a file. */
async function writeParts(
  session: Session,
  parts: readonly (readonly (readonly [string | undefined, number, number, string])[])[],
  folder: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const values = ["a", "b", "1,2\n3", "zz"].map(
    (place, index) => `(${literal(place)}, 'r${index % 2}')`,
  );
  await session.define("places", {
    kind: "query",
    sql: `from (values ${values.join(", ")}) as t(place, region)`,
  });
  const files: string[] = [];
  for (const [part, rows] of parts.entries()) {
    const all = rows.map(
      ([place, cents, day, ok], index) =>
        `(${part * 100 + index}::bigint, ${place === undefined ? "null" : literal(place)}, (${cents} / 100)::decimal(18, 2),
          date '2023-06-01' + ${day}, timestamp '2024-01-01' + interval (${day % 7}) hours, ${ok}::boolean)`,
    );
    const names = events.map(({ name }) => name).join(", ");
    const none = `select ${events.map(() => "null").join(", ")} limit 0`;
    await session.define("part", {
      kind: "query",
      sql: `select id::bigint as id, place::varchar as place, amount::decimal(18, 2) as amount, day::date as day,
        moment::timestamp as moment, ok::boolean as ok
        from (${all.length === 0 ? none : `values ${all.join(", ")}`}) as t(${names})`,
    });
    const path = join(folder, `part-${part}.parquet`);
    await session.copy("part", path, "parquet", events);
    files.push(path);
  }
  return files;
}
