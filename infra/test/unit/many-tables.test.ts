/** A lakehouse of 200 tables fits AWS's limits, and so does one of any names. */

import { bronzePrefix, quarantinePrefix } from "@lakehouse/lake/keys";
import { runs } from "@lakehouse/testing/property";
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tableFolders } from "../../src/table-folders.ts";
import { full as fullEnvironment } from "../../testing/environments.ts";
import { broken, limits } from "../support/aws-limits.ts";
import { type Arguments, type Document, resourcesOf, stacksOf } from "../support/synthesized.ts";

const subjects = ["billing_invoices", "clicks", "customer_support_tickets", "events", "shipments"];
const names = Array.from(
  { length: 200 },
  (_, index) => `${subjects[index % subjects.length]}_of_region_${index}`,
);
const catalog = defineCatalog(
  names.map((name) =>
    defineTable({
      name,
      columns: {
        id: int64().notNull().describe("The record's number"),
        day: date().notNull(),
        amount: decimal(18, 2),
        note: string(),
      },
      primaryKey: ["id"],
      partitionBy: month("day"),
    }),
  ),
  [
    defineModel({
      name: "total",
      description: "Athena adds permissions, alarms and graphs",
      materialization: full(),
      columns: { amount: decimal(38, 2) },
      sql: "select sum(amount) as amount from events_of_region_3",
      engine: "athena",
    }),
  ],
);
// One environment, with every setting that adds something: synthesis takes most of the time.
const stacks = stacksOf([{ ...fullEnvironment, kinesis: "all" }], catalog);

function lakehouse(): Document {
  const found = stacks.find(({ name }) => name.endsWith("-lakehouse"));
  if (found === undefined) {
    throw new Error("There is no lakehouse.");
  }
  return found.document;
}

test.each(stacks)("$name with 200 tables fits AWS's limits", ({ document }) => {
  expect(broken(document)).toEqual([]);
});

test("every limit is of something that is deployed", () => {
  const unused = limits.filter(({ sizes }) =>
    stacks.every(({ document }) => sizes(document).every(({ size }) => size === 0)),
  );
  expect(unused.map(({ says }) => says)).toEqual([]);
});

test("every table still has its stream, notification, permissions, alarms and graphs", () => {
  const document = lakehouse();
  const filters = resourcesOf(document, "aws_s3_bucket_notification").flatMap(
    ({ arguments: args }) =>
      (args["queue"] as Arguments[]).map((queue) => String(queue["filter_prefix"])),
  );
  const [dashboard] = resourcesOf(document, "aws_cloudwatch_dashboard");
  const body = String(dashboard?.arguments["dashboard_body"]);
  const streams = resourcesOf(document, "aws_kinesis_firehose_delivery_stream").map(
    ({ arguments: args }) => args["name"],
  );
  expect(streams.toSorted()).toEqual(
    names.map((name) => `lakehouse-full-${name.replaceAll("_", "-")}`).toSorted(),
  );
  for (const name of names) {
    expect(filters.filter((prefix) => bronzePrefix(name).startsWith(prefix))).toHaveLength(1);
    expect(body).toContain(`"table","${name}"`);
  }
  const alarms = resourcesOf(document, "aws_cloudwatch_metric_alarm");
  expect(alarms.length).toBeGreaterThan(5 * names.length);
  const shown = new Set(body.match(/aws_cloudwatch_metric_alarm\.\w+/g));
  expect(shown).toEqual(new Set(alarms.map(({ address }) => address)));
});

describe("the tables' folders", () => {
  const table = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);
  const tables = fc.uniqueArray(table, { minLength: 1, maxLength: 60 });

  test("cover every table, no other's underscore, and never each other", () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 26, max: 40 }), (some, most) => {
        for (const prefixOf of [bronzePrefix, quarantinePrefix]) {
          const folders = tableFolders(some, prefixOf, ({ length }) => length <= most);
          expect(folders.length).toBeLessThanOrEqual(most);
          for (const each of some) {
            expect(folders.filter((folder) => prefixOf(each).startsWith(folder))).toHaveLength(1);
          }
          for (const folder of folders) {
            expect(folders.filter((other) => other.startsWith(folder))).toEqual([folder]);
            expect(folder).toMatch(/^(_quarantine\/)?[a-z]/);
          }
        }
      }),
      runs(100),
    );
  });

  test("are the tables' own while they fit", () => {
    expect(tableFolders(["b", "a"], bronzePrefix, () => true)).toEqual(["b/", "a/"]);
  });

  test("are as narrow as AWS takes", () => {
    const some = ["orders", "orders_late", "web_events"];
    expect(tableFolders(some, quarantinePrefix, ({ length }) => length <= 2)).toEqual([
      "_quarantine/orders",
      "_quarantine/web_ev",
    ]);
  });
});
