/** The benchmark of silver to gold measures the right runs, and its report is complete. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { goldSection, measureGold } from "../../src/gold/gold.ts";
import {
  manyObjectsSection,
  measureManyObjects,
  mostReadObjects,
  newObjects,
} from "../../src/gold/many-objects.ts";
import { measureMonth, monthSection } from "../../src/gold/month.ts";
import { measurePeers, peersSection } from "../../src/gold/peers.ts";
import { sectionText } from "../../src/report.ts";
import { sizes } from "../../src/sizes.ts";
import { inTemporaryDirectory } from "../support/temporary-directory.ts";

test("gold and its peers have the same rows, and calls are counted", async () => {
  const { orders, newOrders } = sizes.tiny.gold;
  const { result, models } = await inTemporaryDirectory(async (directory) => {
    const measured = await measurePeers(sizes.tiny.gold, directory, () => {});
    const lake = join(directory, "peers-0");
    const read = (model: string) => [
      readFileSync(join(lake, "gold", model, "data.csv"), "utf8"),
      ...["duckdb", "polars"].map((peer) => readFileSync(join(lake, peer, `${model}.csv`), "utf8")),
    ];
    return { result: measured, models: ["customer_summary", "daily_sales"].map(read) };
  });
  for (const [ours, duckdb, polars] of models) {
    expect([duckdb, polars]).toEqual([ours, ours]);
  }
  for (const { runs } of result.cases) {
    for (const who of ["ours", "duckdb", "polars"] as const) {
      expect(
        [runs.first, runs.recent, runs.scattered].map((run) => run[who].facts["rows"]),
      ).toEqual([orders, orders + newOrders, orders + 2 * newOrders]);
    }
  }
  for (const { LIST, GET, PUT } of Object.values(result.calls)) {
    expect(Math.min(LIST, GET, PUT)).toBeGreaterThan(0);
  }
  expect(sectionText(peersSection(result))).not.toMatch(/NaN|undefined/);
});

test("runs without new silver list some or all of it, and small files are read", async () => {
  const { smallFiles } = sizes.tiny.gold;
  const result = await inTemporaryDirectory((directory) =>
    measureManyObjects(sizes.tiny.gold, directory, () => {}),
  );
  for (const { objects, empty, few, replaced, nightly } of result.runs) {
    const rows = Math.min(objects, mostReadObjects);
    const runs = [empty, few, replaced, nightly];
    expect(runs.map(({ facts }) => [facts["rows"], facts["newObjects"]])).toEqual([
      [rows, 0],
      [rows + newObjects, newObjects],
      // All of its month is read.
      [objects + newObjects, 1],
      [objects + newObjects, 0],
    ]);
    // Gold, the mark, and silver: a page, or all four.
    expect([empty.facts["LIST"], nightly.facts["LIST"]]).toEqual([3, 6]);
  }
  for (const { ours, duckdb, polars } of Object.values(result.small)) {
    expect([ours, duckdb, polars].map(({ facts }) => facts["rows"])).toEqual(
      Array(3).fill(10 * smallFiles),
    );
  }
  const { packs } = result;
  expect(packs.making.facts["packs"]).toBe(1);
  expect(packs.with.facts["rows"]).toBe(10 * smallFiles);
  const saved = (packs.without.facts["GET"] ?? 0) - (packs.with.facts["GET"] ?? 0);
  // The pack and the manifest are read instead.
  expect(saved).toBeGreaterThanOrEqual(smallFiles - 2);
  expect(sectionText(manyObjectsSection(result))).not.toMatch(/NaN|undefined/);
});

test("late orders replace others, and new ones are added", async () => {
  const runs = await inTemporaryDirectory((directory) =>
    measureMonth(sizes.tiny.gold, directory, () => {}),
  );
  for (const { of, kind, ours, statements } of runs) {
    const { orders, late } = of;
    expect(ours.facts["rows"]).toBe(kind === "new" || kind === "rebuild" ? orders + late : orders);
    if (kind === "late") {
      expect(statements?.merge.facts["rows"]).toBe(orders);
      expect(statements?.copy.facts["rows"]).toBe(orders);
    }
  }
  expect(runs.map(({ kind }) => kind)).toEqual(["first", "late", "new", "rebuild", "first", "new"]);
  const peers = runs.filter(({ peer }) => peer !== undefined);
  expect(peers.map(({ peer }) => peer?.facts["rows"])).toEqual(
    peers.map(({ ours }) => ours.facts["rows"]),
  );
  expect(sectionText(monthSection(runs))).not.toMatch(/NaN|undefined/);
});

test("each run has the expected orders and days", async () => {
  const { orders, newOrders, days } = sizes.tiny.gold;
  const result = await inTemporaryDirectory((directory) =>
    measureGold(sizes.tiny.gold, directory, () => {}),
  );
  for (const { scale, first, incremental, scattered, rebuild } of result.scales) {
    const facts = [first, incremental, scattered, rebuild].map(({ samples }) => {
      const { rows, partitions } = samples[0]?.facts ?? {};
      return { rows, partitions };
    });
    expect(facts).toEqual([
      { rows: orders * scale, partitions: days },
      // The warm-up had one new file.
      { rows: orders * scale + 2 * newOrders, partitions: 3 },
      { rows: orders * scale + 3 * newOrders, partitions: days },
      { rows: orders * scale + 3 * newOrders, partitions: days },
    ]);
  }
  const section = goldSection(result);
  expect(section.grids.map(({ rows }) => rows.length)).toEqual([2, 2, 2]);
  expect(section.targets).toHaveLength(3);
  expect(sectionText(section)).not.toMatch(/NaN|undefined/);
});
