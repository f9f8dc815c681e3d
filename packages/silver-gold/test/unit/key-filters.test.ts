/** Runs keep filters of the keys of large files, and do without those that are lost. */
import { hash } from "node:crypto";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { FileLists } from "../../src/state/file-list.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { dataKey } from "../../src/state/state-keys.ts";
import { arrive, type MemoryLake, newLake, readings, run } from "../support/lake.ts";

const rows = 51_000;
const catalog = defineCatalog([readings], []);
/** Random, so the range of a file's sensors has all of them. */
const sensor = (number: number) => hash("md5", String(number));
const add = async (lake: MemoryLake, ...numbers: readonly number[]) => {
  await arrive(
    lake,
    ...numbers.map((n) => [sensor(n), n, "2024-01-05"] as const).map(([...row]) => row),
  );
  const { reads } = lake.gold;
  reads.length = 0;
  const { currentRows } = await run(lake, catalog);
  const record = (await readRunRecord(lake.gold))?.record.tables["readings"];
  const list = record && (await new FileLists(lake.gold).of(record));
  const large = list?.files.find((file) => file.rows > 50_000);
  const key = large && dataKey("readings", large);
  return {
    rows: currentRows["readings"],
    large: key,
    read: (of: string | undefined) => of !== undefined && reads.includes(of),
    filters: list?.filters ?? [],
    stored: [...lake.gold.objects.keys()].filter((each) => each.startsWith("_state/filters/")),
  };
};

test("a file that was read in vain is not read again, until its filter is lost", async () => {
  const lake = newLake();
  const first = await add(lake, ...Array.from({ length: rows }, (_, index) => index));
  expect(first.filters).toEqual([]);
  const second = await add(lake, rows);
  expect(second.filters.map(({ path }) => dataKey("readings", { path }))).toEqual([first.large]);
  expect(second.read(first.large)).toBe(true);
  const third = await add(lake, rows + 1);
  expect([third.rows, third.read(first.large)]).toEqual([rows + 2, false]);
  // A row is replaced. The new file has the same keys.
  const late = await add(lake, 7);
  expect([late.rows, late.large === first.large]).toEqual([rows + 2, false]);
  expect(late.filters.map(({ key }) => key)).toEqual(second.filters.map(({ key }) => key));
  const kept = await add(lake, rows + 2);
  expect([kept.rows, kept.read(late.large)]).toEqual([rows + 3, false]);
  expect(kept.stored).toEqual(second.filters.map(({ key }) => key));
  for (const key of kept.stored) {
    lake.gold.objects.delete(key);
  }
  const again = await add(lake, rows + 3);
  expect([again.rows, again.read(late.large), again.stored.length]).toEqual([rows + 4, true, 1]);
});
