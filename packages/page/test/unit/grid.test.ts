/** What a grid does with keys, clicks and typed filters, and which rows it asks for. */
import { describe, expect, test } from "vitest";
import { moveCell } from "../../src/app/grid/move-cell.ts";
import { nextSort } from "../../src/app/grid/next-sort.ts";
import { parseFilter } from "../../src/app/grid/parse-filter.ts";
import { pageSize, RowCache } from "../../src/app/grid/row-cache.ts";
import type { RowsPage } from "../../src/data.ts";

describe("keys", () => {
  const size = { rows: 100, columns: 3, perPage: 20 };
  const plain = { ctrlKey: false, metaKey: false };

  test.each([
    ["ArrowDown", { row: 51, column: 1 }],
    ["ArrowLeft", { row: 50, column: 0 }],
    ["PageUp", { row: 30, column: 1 }],
    ["Home", { row: 50, column: 0 }],
    ["End", { row: 50, column: 2 }],
  ])("%s", (key, expected) => {
    expect(moveCell({ row: 50, column: 1 }, { key, ...plain }, size)).toEqual(expected);
  });

  test("the cell stays in the grid", () => {
    const end = moveCell({ row: 95, column: 1 }, { key: "PageDown", ...plain }, size);
    expect(end).toEqual({ row: 99, column: 1 });
    const far = { key: "End", ctrlKey: true, metaKey: false };
    expect(moveCell({ row: 0, column: 0 }, far, size)).toEqual({ row: 99, column: 2 });
  });

  test("other keys, and grids without rows, are left alone", () => {
    expect(moveCell({ row: 0, column: 0 }, { key: "Tab", ...plain }, size)).toBeNull();
    const empty = { ...size, rows: 0 };
    expect(moveCell({ row: 0, column: 0 }, { key: "End", ...plain }, empty)).toBeNull();
  });
});

test("a click sorts ascending, then descending, then not at all", () => {
  const once = nextSort([], "a", false);
  expect(once).toEqual([{ column: "a", descending: false }]);
  const twice = nextSort(once, "a", false);
  expect(twice).toEqual([{ column: "a", descending: true }]);
  expect(nextSort(twice, "a", false)).toEqual([]);
  expect(nextSort(once, "b", true)).toEqual([...once, { column: "b", descending: false }]);
  expect(nextSort(once, "b", false)).toEqual([{ column: "b", descending: false }]);
});

test.each([
  ["number", "5", { operator: "=", value: "5" }],
  ["number", ">= 5", { operator: ">=", value: "5" }],
  ["text", "5", { operator: "contains", value: "5" }],
  ["text", "<>paid", { operator: "<>", value: "paid" }],
  ["text", "= null", { operator: "=", value: "null" }],
  ["text", " null ", { operator: "is null" }],
  ["time", "not null", { operator: "is not null" }],
  ["time", "2026-11", { operator: "contains", value: "2026-11" }],
  ["boolean", "true", { operator: "=", value: "true" }],
] as const)("a filter of a %s: %s", (kind, text, expected) => {
  expect(parseFilter({ name: "c", kind }, text)).toEqual({ column: "c", ...expected });
});

test("blanks filter nothing", () => {
  expect(parseFilter({ name: "c", kind: "text" }, "  ")).toBeNull();
});

describe("the rows that a grid has asked for", () => {
  function cacheOf(load: (offset: number) => RowsPage): { cache: RowCache; asked: number[] } {
    const asked: number[] = [];
    const cache = new RowCache(
      async (offset) => {
        asked.push(offset);
        return load(offset);
      },
      () => undefined,
    );
    return { cache, asked };
  }
  const page = (offset: number, state = "a"): RowsPage => ({
    columns: [],
    rows: Array.from({ length: pageSize }, (_, index) => [offset + index]),
    total: 1_000_000,
    state,
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  test("each page is asked for once", async () => {
    const { cache, asked } = cacheOf((offset) => page(offset));
    cache.request(0, 10);
    cache.request(5, pageSize + 1);
    await settled();
    cache.request(0, pageSize);
    expect(asked).toEqual([0, pageSize]);
    expect(cache.row(pageSize)).toEqual([pageSize]);
    expect(cache.row(2 * pageSize)).toBeUndefined();
  });

  test("pages that were not looked at for long are forgotten", async () => {
    const { cache, asked } = cacheOf((offset) => page(offset));
    for (let each = 0; each < 150; each += 1) {
      cache.request(each * pageSize, each * pageSize + 1);
      await settled();
    }
    expect(cache.row(0)).toBeUndefined();
    expect(cache.row(149 * pageSize)).toEqual([149 * pageSize]);
    expect(asked).toHaveLength(150);
  });

  test("rows of two runs are noticed", async () => {
    const { cache } = cacheOf((offset) => page(offset, offset === 0 ? "a" : "b"));
    cache.request(0, 2 * pageSize);
    await settled();
    expect(cache.isReplaced).toBe(true);
  });

  test("a page that could not be had is asked for again", async () => {
    let attempts = 0;
    const { cache } = cacheOf((offset) => {
      attempts += 1;
      if (attempts === 1) {
        throw new Error("stopped");
      }
      return page(offset);
    });
    cache.request(0, 1);
    await settled();
    expect(cache.error).toEqual(new Error("stopped"));
    cache.request(0, 1);
    await settled();
    expect(cache.error).toBeNull();
    expect(cache.row(0)).toEqual([0]);
  });
});
