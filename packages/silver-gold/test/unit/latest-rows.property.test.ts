/** Contracts decide which row of a key is current: `orderBy` before the arrival. Compared with a few lines of plain code. */
import { runs } from "@lakehouse/testing/property";
import { each } from "@lakehouse/transforms/contract/child";
import {
  date,
  decimal,
  float64,
  int32,
  int64,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import fc from "fast-check";
import pl from "nodejs-polars";
import { expect, test } from "vitest";
import {
  bronzeKey,
  dataFilesOf,
  type Fields,
  type MemoryLake,
  newLake,
  parsed,
  published,
  run,
  writeSilver,
} from "../support/lake.ts";

const columns = {
  id: int64().notNull(),
  day: date().notNull(),
  updated_at: timestamp(),
  version: decimal(30, 2),
  note: string(),
};
const names = Object.keys(columns);

const ordered = defineTable({
  name: "changes",
  columns,
  primaryKey: ["id"],
  partitionBy: month("day"),
  orderBy: ["updated_at", "version"],
});

const undivided = defineTable({
  name: "changes",
  columns,
  primaryKey: ["id"],
  orderBy: ["updated_at", "version"],
});
const appended = defineTable({ name: "changes", columns, partitionBy: month("day") });

const deleting = defineTable({
  name: "changes",
  columns,
  primaryKey: ["id"],
  partitionBy: month("day"),
  orderBy: ["updated_at", "version"],
  deleteWhen: (row) => row.note.isIn(["a", "b"]).and(row.version.lt(9).not()),
  children: { lines: each("lines", { amount: decimal(30, 2) }) },
});

const shownLines = defineModel({
  name: "shown_lines",
  description: "All rows of the child",
  materialization: full(),
  columns: { id: int64(), day: date(), position: int32(), amount: decimal(30, 2) },
  sql: "from lines",
});

/** A lakehouse of one table, with a model that shows its current rows. */
const catalogOf = (table: Table) =>
  defineCatalog(
    [table],
    [
      ...(table === deleting ? [shownLines] : []),
      defineModel({
        name: "shown",
        description: "All current rows",
        materialization: full(),
        columns,
        sql: `select ${names.join(", ")} from ${table.name}`,
      }),
    ],
  );

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const row = fc
  .record({
    id: fc.integer({ min: 1, max: 4 }).map(String),
    // A key may move.
    day: fc.constantFrom("2024-01-01", "2024-02-01", "2024-03-01"),
    updated_at: maybe(
      fc.constantFrom("2024-01-05T10:00:00.000001Z", "2024-01-05T10:00:00.000002Z"),
    ),
    version: maybe(fc.constantFrom("-1.00", "9.00", "10.00", "1234567890123456789012345678.90")),
    note: fc.constantFrom("a", "b", "c"),
    lines: maybe(fc.array(fc.constantFrom("1.50", "-20.00"), { maxLength: 3 })),
  })
  .map(
    ({ lines, ...fields }): Fields => ({
      ...fields,
      lines: lines && JSON.stringify(lines.map((amount) => ({ amount }))),
    }),
  );

/** Objects by minute of arrival. A repeated minute replaces its object. */
const deliveries = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 6 }),
    rows: fc.array(row, { maxLength: 5 }),
    /** How gold runs after it. */
    after: fc.constantFrom("nothing", "run", "slices", "rebuild"),
  }),
  { minLength: 1, maxLength: 8 },
);
type Deliveries = typeof deliveries extends fc.Arbitrary<infer T> ? T : never;

/** A replaced object may take all rows with it. Each slice has one object. */
const options = {
  nothing: undefined,
  run: {},
  slices: { sliceMib: 1e-6 },
  rebuild: { rebuild: true },
} as const;

async function deliver(table: Table, all: Deliveries): Promise<MemoryLake> {
  const lake = newLake();
  for (const { minute, rows, after } of all) {
    await writeSilver(lake.silver, bronzeKey(minute, table.name), rows, table);
    const how = options[after];
    if (how !== undefined) {
      await run(lake, catalogOf(table), { acceptDecrease: [table.name], ...how });
    }
  }
  await run(lake, catalogOf(table), { acceptDecrease: [table.name] });
  return lake;
}

/** The rows that readers see. */
function shownIn({ gold }: MemoryLake, model = "shown"): (string | null)[][] {
  return parsed(published(gold)[`${model}/data.csv`] ?? "")
    .slice(1)
    .sort(byText);
}

/** Rows as readers see them, in any order. */
const asShown = (rows: readonly Fields[]) =>
  rows.map((fields) => names.map((name) => fields[name] ?? null)).sort(byText);
/** The lines of rows, as readers see them. */
const linesOf = (rows: readonly Fields[]) =>
  rows
    .flatMap(({ id = "", day = "", lines = "[]" }) =>
      (JSON.parse(lines) as { readonly amount: string }[]).map(({ amount }, position) => [
        id,
        day,
        String(position),
        amount,
      ]),
    )
    .sort(byText);
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Rows in the order of arrival, of the objects that are left. */
function arrived(all: Deliveries): Fields[] {
  const objects = new Map(all.map(({ minute, rows }) => [minute, rows]));
  return [...objects].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
}

/** Null is before every value. */
function compare(a: bigint | undefined, b: bigint | undefined): number {
  if (a === undefined || b === undefined) {
    return Number(b === undefined) - Number(a === undefined);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

const digits = (text: string | undefined) =>
  text === undefined ? undefined : BigInt(text.replaceAll(/[^\d-]|(?<=\d)-/g, ""));

/** The latest row of each key. */
function latest(rows: readonly Fields[]): Fields[] {
  const found = new Map<string, Fields>();
  for (const each of rows) {
    const key = each["id"] ?? "";
    const other = found.get(key);
    const isLater =
      other === undefined ||
      (compare(digits(each["updated_at"]), digits(other["updated_at"])) ||
        compare(digits(each["version"]), digits(other["version"]))) >= 0;
    if (isLater) {
      found.set(key, each);
    }
  }
  return [...found.values()];
}

/** The latest row of each key, unless it deletes the key. An unknown condition deletes nothing. */
const afterDeletions = (rows: readonly Fields[]) =>
  latest(rows).filter(({ note, version }) => {
    const isOld = version === undefined || version === "-1.00";
    return note === "c" || isOld;
  });

test.each([
  ["the greatest values of orderBy are current, then the latest arrival", ordered, latest],
  ["a table without partitions has the same rows", undivided, latest],
  ["a deleted key is gone with its lines until a later row", deleting, afterDeletions],
  ["a table without a key has every row", appended, (rows: readonly Fields[]) => rows],
])("%s, whatever comes when", async (_name, table, current) => {
  await fc.assert(
    fc.asyncProperty(deliveries, async (all) => {
      const lake = await deliver(table, all);
      expect(shownIn(lake)).toEqual(asShown(current(arrived(all))));
      if (table === deleting) {
        expect(shownIn(lake, "shown_lines")).toEqual(linesOf(current(arrived(all))));
      }

      const objects = [...new Map(all.map((each) => [each.minute, each])).values()].reverse();
      const atOnce = await deliver(
        table,
        objects.map((each) => ({ ...each, after: "nothing" as const })),
      );
      expect(published(lake.gold)).toEqual(published(atOnce.gold));
    }),
    runs(30),
  );
});

test("a table may have columns with the names of DuckDB's positions of rows", async () => {
  const positions = defineTable({
    name: "positions",
    columns: { id: int64().notNull(), file_index: int64(), file_row_number: string() },
    primaryKey: ["id"],
  });
  const lake = newLake();
  for (const minute of [1, 2, 3]) {
    const rows = [1, 2, 1].map((id, at) => ({
      id: `${id}`,
      file_index: `${minute}`,
      file_row_number: `${at}`,
    }));
    await writeSilver(lake.silver, bronzeKey(minute, "positions"), rows, positions);
    if (minute !== 1) {
      await run(lake, defineCatalog([positions], []));
    }
  }
  const [[key] = []] = (await dataFilesOf(lake, "positions")).values();
  const rows = pl.readParquet(lake.gold.objects.get(key ?? "")?.bytes ?? Buffer.of());
  expect(rows.select("id", "file_index", "file_row_number").rows().map(String)).toEqual([
    "1,3,2",
    "2,3,1",
  ]);
});

test("negative zero becomes 0 in current rows", async () => {
  const measured = defineTable({ name: "measured", columns: { ratio: float64() } });
  const ratios = fc.array(fc.constantFrom("-0.0", "-0", "0.0", "-5e-324", "1.5"), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(ratios, async (all) => {
      const lake = newLake();
      const rows = all.map((ratio) => ({ ratio }));
      await writeSilver(lake.silver, bronzeKey(1, "measured"), rows, measured);
      await run(lake, defineCatalog([measured], []));
      const key = [...lake.gold.objects.keys()].find((each) => each.startsWith("measured/"));
      const bytes = lake.gold.objects.get(key ?? "")?.bytes ?? Buffer.of();
      // toEqual tells -0 from 0.
      expect(pl.readParquet(bytes).getColumn("ratio").toArray()).toEqual(
        all.map((ratio) => Number(ratio) + 0),
      );
    }),
    runs(30),
  );
});
