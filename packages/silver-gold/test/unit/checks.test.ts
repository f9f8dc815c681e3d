/** Each check passes on good data and fails on bad data. A failed check leaves gold as it was. */
import {
  boolean,
  date,
  decimal,
  float64,
  int64,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import {
  acceptedRange,
  acceptedValues,
  type Check,
  notNull,
  relationship,
  returnsNoRow,
  unique,
} from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { CheckFailedError, ModelFailedError } from "../../src/errors.ts";
import {
  bronzeKey,
  contentOf,
  newLake,
  published,
  reading,
  readings,
  run,
  writeSilver,
} from "../support/lake.ts";

const columns = {
  sensor: string(),
  number: int64(),
  taken_on: date(),
  amount: decimal(38, 4),
  note: string(),
  taken_at: timestamp(),
  ok: boolean(),
  ratio: float64(),
};
const list = Object.keys(columns).join(", ");

const copy = (...checks: Check<keyof typeof columns>[]) =>
  defineModel({
    name: "copy",
    description: "",
    materialization: full(),
    columns,
    sql: `select ${list} from readings`,
    checks,
  });

async function outcomeOf(check: Check<keyof typeof columns>): Promise<unknown> {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05", {
      amount: "1.5000",
      note: "x",
      ok: "true",
      ratio: "0.5",
      taken_at: "2024-01-05T10:00:00.000000Z",
    }),
    reading("b", 2, "2024-02-05", {
      amount: "-2.0000",
      ok: "false",
      taken_at: "2024-02-05T10:00:00.000000Z",
    }),
  ]);
  try {
    return (await run(lake, defineCatalog([readings], [copy(check)]))).outcome;
  } catch (error) {
    if (!(error instanceof CheckFailedError)) {
      throw error;
    }
    expect(published(lake.gold)).toEqual({});
    return `${error.check}: ${error.failing}`;
  }
}

test.each<[Check<keyof typeof columns>, string]>([
  [unique("sensor"), "published"],
  [unique("ratio", "sensor"), "published"],
  [notNull("amount"), "published"],
  [notNull("note"), "not_null(note): 1"],
  [acceptedValues("sensor", ["a", "b", "it's"]), "published"],
  [acceptedValues("sensor", ["a"]), 'accepted_values(sensor in "a"): 1'],
  [acceptedValues("ok", [true]), "accepted_values(ok in true): 1"],
  [acceptedValues("taken_on", ["2024-01-05", "2024-02-05"]), "published"],
  [acceptedRange("amount", { minimum: "-2.00001", maximum: 1.5 }), "published"],
  [acceptedRange("amount", { minimum: "-1.99999" }), "accepted_range(amount from -1.99999): 1"],
  [
    acceptedRange("taken_at", { maximum: "2024-01-05T11:00:00+01:00" }),
    "accepted_range(taken_at to 2024-01-05T11:00:00+01:00): 1",
  ],
  [
    acceptedRange("ratio", { minimum: 0, maximum: 0.25 }),
    "accepted_range(ratio from 0 to 0.25): 1",
  ],
  [relationship("sensor", "readings", "sensor"), "published"],
  [relationship("sensor", "readings", "note"), "relationship(sensor in readings.note): 2"],
  [returnsNoRow("all positive", "select * from copy where amount < 0; -- none"), "all positive: 1"],
  [
    returnsNoRow(
      "same count",
      "select 1 where (select count(*) from copy) <> (select count(*) from readings)",
    ),
    "published",
  ],
])("%j", async (check, outcome) => {
  expect(await outcomeOf(check)).toBe(outcome);
});

test("a failed check publishes and commits nothing, and fixed data is published by the next run", async () => {
  const lake = newLake();
  const catalog = defineCatalog([readings], [copy(unique("sensor"), notNull("amount"))]);
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05", { amount: "1.0000" }),
  ]);
  await run(lake, catalog);
  const good = contentOf(lake.gold);
  await writeSilver(lake.silver, bronzeKey(2), [reading("a", 2, "2024-01-06", { note: "secret" })]);
  const failure = await run(lake, catalog).catch((error: unknown) => error);
  expect(contentOf(lake.gold)).toEqual(good);
  expect(failure).toBeInstanceOf(CheckFailedError);
  if (!(failure instanceof CheckFailedError)) {
    return;
  }
  expect(failure.message).toBe(
    "These checks failed: copy: unique(sensor) (1 rows); copy: not_null(amount) (1 rows). " +
      "Gold is unchanged. Fix the data or the check, then run again.",
  );
  expect(failure.failures[1]?.sample[0]).toMatchObject({ number: "2", note: "secret" });
  expect(failure.sample).toEqual([{ sensor: "a", rows: "2" }]);
  expect(
    JSON.stringify({ ...failure, message: failure.message, stack: failure.stack }),
  ).not.toContain("secret");
  await writeSilver(lake.silver, bronzeKey(3), [
    reading("a", 2, "2024-01-06", { amount: "2.0000" }),
  ]);
  await expect(run(lake, catalog)).rejects.toThrow(CheckFailedError);
  await writeSilver(lake.silver, bronzeKey(2), [
    reading("b", 3, "2024-01-06", { amount: "2.0000" }),
  ]);
  await writeSilver(lake.silver, bronzeKey(3), []);
  expect(await run(lake, catalog)).toMatchObject({ outcome: "published", newObjects: 2 });
});

test("the built partitions of an incremental model are checked, and SQL checks see the whole model", async () => {
  const lake = newLake();
  const sizes = defineModel({
    name: "sizes",
    description: "",
    materialization: incremental(readings),
    columns: { sensor: string(), number: int64() },
    sql: "select sensor, number from readings",
    checks: [
      unique("sensor"),
      returnsNoRow("at most three", "select count(*) from sizes having count(*) > 3"),
    ],
  });
  const catalog = defineCatalog([readings], [sizes]);
  for (const month of [1, 2, 3]) {
    await writeSilver(lake.silver, bronzeKey(month), [reading("a", month, `2024-0${month}-05`)]);
    await run(lake, catalog);
  }
  await writeSilver(lake.silver, bronzeKey(4), [reading("a", 4, "2024-04-05")]);
  await expect(run(lake, catalog)).rejects.toThrow("sizes: at most three (1 rows)");
});

test("the error of a query that fails on the data names the model, and its message shows no data", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05", { note: "secret" })]);
  const bad = defineModel({
    name: "bad",
    description: "",
    materialization: full(),
    columns: { number: int64() },
    sql: "select cast(note as bigint) as number from readings",
  });
  const failure = await run(lake, defineCatalog([readings], [bad])).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ModelFailedError);
  if (!(failure instanceof ModelFailedError)) {
    return;
  }
  expect(failure.message).toMatch(/^Model bad: DuckDB could not run its query for all rows/);
  expect(failure.message).not.toContain("secret");
  expect(failure.detail).toContain("secret");
});
