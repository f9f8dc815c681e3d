/** What `describe` says of checks. */

import { describe } from "@lakehouse/silver-gold/describe";
import { boolean, date, int64, string, timestamp } from "@lakehouse/transforms/contract/column";
import { when } from "@lakehouse/transforms/contract/computed";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { rowCount, unique } from "@lakehouse/transforms/model/check";
import { athena, type EngineOption } from "@lakehouse/transforms/model/engine";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { descriptionText } from "../../src/commands/describe/command.ts";

const plainScreen = { columns: undefined, paint: (_: unknown, text: string): string => text };

test("checks of tables and models are shown with their limits", () => {
  const visits = defineTable({
    name: "visits",
    columns: { id: string().notNull(), day: date().notNull(), seen: date() },
    primaryKey: ["id"],
    partitionBy: month("day"),
    orderBy: "seen",
    checks: [rowCount({ maximumDecrease: 0.5 })],
  });
  const days = defineModel({
    name: "days",
    description: "Days with visits",
    materialization: full(),
    columns: { day: date() },
    sql: "select distinct day from visits",
    checks: [unique("day"), rowCount({ minimum: 1, maximumDecrease: 0.1 })],
  });
  expect(describe(defineCatalog([visits], [days]))).toMatchObject({
    tables: [{ checks: ["row_count(maximumDecrease 0.5)"], orderBy: ["seen"] }],
    models: [{ checks: ["unique(day)", "row_count(minimum 1, maximumDecrease 0.1)"] }],
  });
});

test("a model on Athena says so, with its own SQL", () => {
  const made = (engine: EngineOption) =>
    describe(
      defineCatalog(
        [],
        [
          defineModel({
            ...{ name: "m", description: "", materialization: full(), columns: { id: int64() } },
            ...{ sql: "select 1::bigint as id", engine },
          }),
        ],
      ),
    );
  const shown = (engine: EngineOption) => descriptionText(made(engine), plainScreen);
  expect(made("duckdb").models[0]).toMatchObject({ engine: "duckdb", athenaSql: null });
  expect(shown("duckdb")).toContain("model m (full)\n");
  expect(made("athena").models[0]).toMatchObject({ engine: "athena", athenaSql: null });
  expect(shown(athena({ sql: "select bigint '1' as id\n" }))).toMatch(
    /^model m \(full, by Athena\)[\s\S]*\n {2}select 1::bigint as id\n\nin Athena:\n\n {2}select bigint '1' as id\n$/,
  );
});

test("the spellings that a column accepts are among its rules", () => {
  const table = defineTable({
    name: "readings",
    columns: {
      id: string().coerce().trim().upper(),
      at: timestamp().epoch("ms"),
      local: timestamp().parse("dd/MM/yyyy HH:mm").assumeUtc(),
      day: date().fromTimestamp(),
      is_new: boolean().map({ yes: true, "": null }),
      sku: string().from("items[0].sku", "sku.id"),
      is_old: boolean(),
      kind: string(),
    },
    computed: (row) => ({
      is_old: row.day.lt("2020-01-01"),
      kind: when(row.is_new.eq(true), "new").otherwise(row.id),
    }),
  });
  const [described] = describe(defineCatalog([table], [])).tables;
  expect(described?.columns.map(({ rules }) => rules)).toEqual([
    ["numbers as sent", "trimmed", "upper case"],
    ["epoch milliseconds"],
    ["written dd/MM/yyyy HH:mm", "UTC if it has no offset"],
    ["the date of a timestamp, in UTC"],
    ['"" is null, "yes" is true'],
    ["from items[0].sku or sku.id"],
    ['whether day < "2020-01-01"'],
    ['"new" if is_new = true, otherwise id'],
  ]);
});
