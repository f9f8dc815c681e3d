/** The report that the gold function publishes, and what the page's data costs in calls. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quarantineKey, reportKey } from "@lakehouse/lake/keys";
import { type ReportData, reportElement } from "@lakehouse/page/data";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { beforeAll, expect, test } from "vitest";
import { inspect } from "../../src/inspect/inspect.ts";
import { summarize } from "../../src/inspect/summary.ts";
import { lakeData } from "../../src/page/lake-data.ts";
import { publishReport } from "../../src/page/publish-report.ts";
import { Refusals } from "../../src/page/refusals.ts";
import { arrive, bronzeKey, newLake, run, smallCatalog } from "../support/lake.ts";

const folder = temporaryDirectory();
const page = join(folder, "page");
const lake = newLake("gold-1");
const reported = {
  lake,
  catalog: smallCatalog,
  scratch: join(folder, "scratch"),
  environment: "dev",
  bucket: "gold-1",
  region: "eu-west-1",
  glueDatabase: "lakehouse_dev",
  page,
};
const finished = { isChanged: true, outdated: {}, milliseconds: 60_000, passOver: () => {} };

beforeAll(async () => {
  mkdirSync(join(page, "report"), { recursive: true });
  writeFileSync(join(page, "report/page.js"), "");
  writeFileSync(join(page, "report/page.css"), "");
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 2, "2024-02-05"]);
  const refused = {
    kind: "record",
    line: 1,
    byte_offset: 0,
    raw: "{",
    reasons: [{ column: null, rule: "malformed_json", message: "x" }],
  };
  const key = quarantineKey(bronzeKey(1));
  await lake.silver.put(
    key,
    Buffer.from(`${JSON.stringify({ ...refused, bronze_key: bronzeKey(1) })}\n`),
  );
  await run(lake, smallCatalog);
});

test("it holds what the function can read, and is asked for only when gold has changed", async () => {
  expect(await publishReport(reported, finished)).toBe(
    Buffer.byteLength(lake.gold.text(reportKey) ?? ""),
  );
  const json = new RegExp(`id="${reportElement}">(.*?)</script>`).exec(
    lake.gold.text(reportKey) ?? "",
  )?.[1];
  const data = JSON.parse(json ?? "") as ReportData;
  expect(data.lake).toMatchObject({
    environment: "dev",
    commandLine: "lakehouse --env dev",
    tables: [{ bronze: null, rows: 2 }],
  });
  expect(data.lake.tables[0]?.engines[0]?.line).toBe("select * from lakehouse_dev.readings;");
  expect(data.flow).toMatchObject({ backlog: null });
  expect(data.flow.layers.map(({ layer }) => layer)).toEqual([
    "silver",
    "quarantine",
    "gold",
    "gold",
  ]);
  expect(data.rows["readings"]).toMatchObject({ total: 2, rows: { length: 2 } });
  expect(data.refused).toMatchObject([{ raw: "{", day: data.refusals.tables[0]?.days[0]?.day }]);
  expect(data.history["readings"]).toHaveLength(1);
  // Nothing is left in /tmp.
  expect(readdirSync(reported.scratch).filter((name) => /\.(csv|parquet)$/.test(name))).toEqual([]);
  expect(await publishReport(reported, { ...finished, isChanged: false })).toBe(0);
});

test("without the page, or without time, it fails and the last one stays", async () => {
  const before = lake.gold.text(reportKey);
  await expect(publishReport({ ...reported, page: folder }, finished)).rejects.toThrow("ENOENT");
  await expect(publishReport(reported, { ...finished, milliseconds: 0 })).rejects.toThrow();
  expect(lake.gold.text(reportKey)).toBe(before);
});

test("a run leaves it alone", async () => {
  await publishReport(reported, finished);
  await arrive(lake, ["c", 3, "2024-03-05"]);
  await run(lake, smallCatalog, { prune: true, rebuild: true });
  expect(lake.gold.text(reportKey)).toContain("readings");
});

test("the first view reads the run record, and one object of each open table", async () => {
  const place = { root: "s3://gold-1", database: "lakehouse_dev" };
  const { page: _, ...rest } = reported;
  lake.gold.reads.length = 0;
  lake.silver.reads.length = 0;
  await lakeData(
    {
      ...rest,
      bronze: undefined,
      mistakes: [],
      place,
      commandLine: "lakehouse",
      passOver: () => {},
    },
    new Date(),
  );
  expect(lake.silver.reads).toEqual([]);
  expect(lake.gold.reads.filter((key) => key.includes("_state/open/"))).toHaveLength(1);
  expect(lake.gold.reads.length).toBeLessThan(5);
  const { relations, currentRows } = await summarize(lake.gold, smallCatalog);
  const inspection = await inspect(lake.gold, smallCatalog);
  expect(currentRows).toBe(inspection.currentRows);
  for (const { model, files, freshness } of inspection.models) {
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    expect(relations.get(model.name)).toEqual({ freshness, rows });
  }
});

test("quarantine is read once", async () => {
  const refusals = new Refusals(lake.silver, () => {});
  const first = await refusals.count(["readings"]);
  expect(first.records).toBe(1);
  lake.silver.reads.length = 0;
  expect(await refusals.count(["readings"])).toEqual(first);
  expect(lake.silver.reads).toEqual([]);
});
