/** A report sorts and filters as the server does. */
import { expect, test } from "vitest";
import { selectRows } from "../../src/app/source/select-rows.ts";
import type { FilterData, ResultColumnData, SortData, Value } from "../../src/data.ts";

const columns: readonly ResultColumnData[] = [
  { name: "id", type: "BIGINT", kind: "number" },
  { name: "city", type: "VARCHAR", kind: "text" },
];
const rows: readonly (readonly Value[])[] = [
  ["9007199254740993", "Oslo"],
  [2, null],
  ["9007199254740992", "bergen"],
  [10, "OSLO S"],
];

function ids(sort: readonly SortData[], filters: readonly FilterData[] = []): unknown[] {
  const page = selectRows({ columns, rows }, { sort, filters, offset: 0, limit: 10 });
  return page.rows.map(([id]) => id);
}

test("numbers are sorted by their exact value", () => {
  expect(ids([{ column: "id", descending: false }])).toEqual([
    2,
    10,
    "9007199254740992",
    "9007199254740993",
  ]);
});

test("nulls are last in both directions", () => {
  expect(ids([{ column: "city", descending: false }]).at(-1)).toBe(2);
  expect(ids([{ column: "city", descending: true }]).at(-1)).toBe(2);
});

test.each<[FilterData, unknown[]]>([
  [{ column: "city", operator: "contains", value: "oslo" }, ["9007199254740993", 10]],
  [{ column: "city", operator: "is null" }, [2]],
  [{ column: "city", operator: "is not null" }, ["9007199254740993", "9007199254740992", 10]],
  [{ column: "id", operator: "=", value: "2.0" }, [2]],
  [{ column: "id", operator: ">", value: "9007199254740992" }, ["9007199254740993"]],
  [{ column: "id", operator: "<=", value: "10" }, [2, 10]],
  [{ column: "city", operator: "<>", value: "Oslo" }, ["9007199254740992", 10]],
])("%j", (filter, expected) => {
  expect(ids([], [filter])).toEqual(expected);
});

test("the total is that of all rows that pass", () => {
  const page = selectRows({ columns, rows }, { offset: 1, limit: 2 });
  expect(page).toMatchObject({ total: 4, rows: [rows[1], rows[2]] });
});
