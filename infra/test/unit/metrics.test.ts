/** Alarms and the dashboard watch the metrics that the functions write. */
import { goldMetricNames, metricsNamespace, objectMetricNames } from "@lakehouse/lake/metrics";
import { catalog } from "@lakehouse/tables/catalog";
import { expect, test } from "vitest";
import { alarmsOf, type Metric } from "../../src/observability/alarms.ts";
import { dashboardBody } from "../../src/observability/dashboard.ts";
import { full } from "../../testing/environments.ts";

const everywhere = { accountId: "", partition: "aws", buildsOnAthena: true };

const tables = catalog.tables.map(({ name }) => name);

test("alarms watch metrics with the dimensions that functions write", () => {
  const watched = alarmsOf(full, tables, everywhere)
    .flatMap(({ watches }): Metric[] =>
      "namespace" in watches ? [watches] : Object.values(watches.metrics),
    )
    .filter(({ namespace }) => namespace === metricsNamespace);
  expect(watched.length).toBeGreaterThan(0);
  for (const { name, dimensions } of watched) {
    const perObject = Object.values<string>(objectMetricNames).includes(name);
    expect(Object.keys(dimensions)).toEqual(perObject ? ["environment", "table"] : ["environment"]);
  }
});

test("alarms have unique names", () => {
  const names = alarmsOf(full, tables, everywhere).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("the dashboard shows every metric, for every table, and every alarm", () => {
  const body = dashboardBody(full, tables, ["arn:alarm"], true);
  for (const metric of Object.values(objectMetricNames)) {
    for (const table of tables) {
      expect(body).toContain(
        JSON.stringify([metricsNamespace, metric, "environment", "full", "table", table]).slice(
          0,
          -1,
        ),
      );
    }
  }
  for (const metric of Object.values(goldMetricNames)) {
    expect(body).toContain(`"${metricsNamespace}","${metric}"`);
  }
  expect(body).toContain('"alarms":["arn:alarm"]');
});
