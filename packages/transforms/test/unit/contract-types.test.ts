/** What the type checker must reject in a contract or model. */
import { describe, expect, it } from "vitest";
import {
  date,
  decimal,
  float64,
  int64,
  json,
  string,
  timestamp,
} from "../../src/contract/column.ts";
import { when } from "../../src/contract/computed.ts";
import { expectation } from "../../src/contract/expectation.ts";
import { month } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { notNull, unique } from "../../src/model/check.ts";
import { athena } from "../../src/model/engine.ts";
import { defineModel, full } from "../../src/model/model.ts";

const columns = {
  id: int64().notNull(),
  amount: decimal(18, 2).notNull(),
  day: date().notNull(),
  note: string(),
  extra: json(),
};

const model = {
  ...{ name: "m", description: "", materialization: full() },
  ...{ columns: { id: int64() }, sql: "select 1" },
};

describe("the type checker", () => {
  it("knows a contract's columns in its rules, key and partitioning", () => {
    const table = defineTable({
      name: "t",
      columns,
      primaryKey: ["id"],
      partitionBy: month("day"),
      expectations: (row) => [
        expectation("amount is positive", row.amount.gt(0)),
        expectation("note is short", row.note.startsWith("x").or(row.id.lt(3))),
      ],
    });
    expect(table.expectations.map((each) => each.name)).toEqual([
      "amount is positive",
      "note is short",
    ]);
  });

  it("rejects columns that do not exist and rules that do not fit", () => {
    const mistakes = [
      () =>
        defineTable({
          name: "t",
          columns,
          // @ts-expect-error no such column
          primaryKey: ["key"],
          partitionBy: month("day"),
        }),
      () =>
        defineTable({
          name: "t",
          columns,
          primaryKey: ["id"],
          // @ts-expect-error no such column
          partitionBy: month("date"),
        }),
      () =>
        defineTable({
          name: "t",
          columns,
          primaryKey: ["id"],
          partitionBy: month("day"),
          // @ts-expect-error no such column
          orderBy: ["day", "date"],
        }),
      () =>
        defineTable({
          name: "t",
          columns,
          primaryKey: ["id"],
          partitionBy: month("day"),
          // @ts-expect-error no such column
          expectations: (row) => [expectation("x", row.amuont.gt(0))],
        }),
      () =>
        defineTable({
          name: "t",
          columns,
          primaryKey: ["id"],
          partitionBy: month("day"),
          // @ts-expect-error strings have no order that all engines agree on
          expectations: (row) => [expectation("x", row.note.gt("a"))],
        }),
      // @ts-expect-error strings have no range
      () => string().range({ minimum: "a" }).spec.minimum.missing,
      // @ts-expect-error only strings have a pattern
      () => int64().pattern(/7/).spec.pattern.missing,
      // @ts-expect-error engines disagree which doubles are equal
      () => float64().accepts(0.1).spec.accepted.missing,
      // @ts-expect-error a contract can't write a json value
      () => json().default("1").spec.default.missing,
      // @ts-expect-error only dates and timestamps read epochs
      () => int64().epoch("ms").spec.reading.missing,
      // @ts-expect-error only dates count days
      () => timestamp().epoch("d").spec.reading.missing,
      // @ts-expect-error a json value is kept as it is
      () => json().trim().spec.reading.missing,
      // @ts-expect-error a timestamp is not a date
      () => timestamp().fromTimestamp().spec.reading.missing,
      () =>
        defineTable({
          name: "t",
          columns,
          // @ts-expect-error no such column
          computed: (row) => ({ large: row.amount.gt(7) }),
        }),
      () =>
        defineTable({
          name: "t",
          columns,
          // @ts-expect-error strings have no order that all engines agree on
          computed: (row) => ({ note: when(row.note.gt("a"), "b") }),
        }),
      () =>
        defineModel({
          name: "m",
          description: "",
          materialization: full(),
          columns: { id: int64() },
          sql: "select 1",
          // @ts-expect-error no such column
          checks: [unique("id"), notNull("amount")],
        }),
      // @ts-expect-error no such engine
      () => defineModel({ ...model, engine: "spark" }),
      // @ts-expect-error no such option
      () => defineModel({ ...model, engine: athena({ workgroup: "w" }) }),
      // @ts-expect-error without large output is the default
      () => defineModel({ ...model, engine: athena({ largeOutput: false }) }),
    ];
    expect(mistakes).toHaveLength(19);
  });
});
