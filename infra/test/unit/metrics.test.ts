/** Alarms and the dashboard watch metrics by name: the functions must write just these. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@lakehouse/tables/catalog";
import { expect, test } from "vitest";
import { alarmsOf, type Metric } from "../../src/observability/alarms.ts";
import { dashboardBody } from "../../src/observability/dashboard.ts";
import { goldMetrics, metricsNamespace, objectMetrics } from "../../src/observability/metrics.ts";
import { full } from "../../testing/environments.ts";

const packages = join(import.meta.dirname, "..", "..", "..", "packages");
const tables = catalog.tables.map(({ name }) => name);

test.each([
  ["bronze-silver", "object-metrics.ts", objectMetrics],
  ["silver-gold", "gold-metrics.ts", goldMetrics],
])("%s writes the metrics that are watched, and no other", (name, file, metrics) => {
  const source = readFileSync(join(packages, name, "src", file), "utf8");
  const written = [...source.matchAll(/addMetric\("(\w+)"/g)].map(([, metric]) => metric);
  expect(new Set(written)).toEqual(new Set(Object.values(metrics)));
  expect(source).toContain(`namespace: "${metricsNamespace}"`);
});

test("alarms watch metrics with the dimensions that they are written with", () => {
  const watched = alarmsOf(full, tables)
    .flatMap(({ watches }): Metric[] =>
      "namespace" in watches ? [watches] : Object.values(watches.metrics),
    )
    .filter(({ namespace }) => namespace === metricsNamespace);
  expect(watched.length).toBeGreaterThan(0);
  for (const { name, dimensions } of watched) {
    const perObject = Object.values<string>(objectMetrics).includes(name);
    expect(Object.keys(dimensions)).toEqual(perObject ? ["environment", "table"] : ["environment"]);
  }
});

test("no two alarms have one name", () => {
  const names = alarmsOf(full, tables).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("the dashboard shows every metric of ours, for every table, and every alarm", () => {
  const body = dashboardBody(full, tables, ["arn:alarm"]);
  for (const metric of Object.values(objectMetrics)) {
    for (const table of tables) {
      expect(body).toContain(
        JSON.stringify([metricsNamespace, metric, "environment", "full", "table", table]).slice(
          0,
          -1,
        ),
      );
    }
  }
  for (const metric of Object.values(goldMetrics)) {
    expect(body).toContain(`"${metricsNamespace}","${metric}"`);
  }
  expect(body).toContain('"alarms":["arn:alarm"]');
});
