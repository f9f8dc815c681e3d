/** The types of records, which the compiler checks: `npm run typecheck` fails if one is another. */

import { each } from "@lakehouse/transforms/contract/child";
import {
  boolean,
  date,
  decimal,
  int32,
  int64,
  json,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { defineTable, type RecordOf } from "@lakehouse/transforms/contract/table";
import { describe, expectTypeOf, test } from "vitest";

describe("the type of a record", () => {
  test("a column without notNull(), or with a default, may be missing or null", () => {
    const table = defineTable({
      name: "orders",
      columns: {
        id: int64().notNull(),
        note: string(),
        is_new: boolean().notNull().default(false),
        amount: decimal(18, 2).notNull(),
        placed: timestamp().notNull(),
        day: date().notNull(),
        pieces: int32(),
      },
      primaryKey: ["id"],
    });
    expectTypeOf<RecordOf<typeof table>>().toEqualTypeOf<{
      readonly id: number | bigint | string;
      readonly note?: string | null | undefined;
      readonly is_new?: boolean | "true" | "false" | null | undefined;
      readonly amount: number | bigint | string;
      readonly placed: string | Date;
      readonly day: string;
      readonly pieces?: number | string | null | undefined;
    }>();
  });

  test("accepted values and those of map() are literals, if only they can be sent", () => {
    const table = defineTable({
      name: "orders",
      columns: {
        currency: string().notNull().accepts("EUR", "USD"),
        size: int32().notNull().accepts(1, 2),
        state: string().notNull().lower().accepts("paid", "open"),
        op: string().notNull().map({ c: "create", d: "delete" }).accepts("create", "delete"),
        is_paid: boolean().notNull().map({ "1": true, no: false }),
        epoch: timestamp().notNull().epoch("ms"),
        late: date().notNull().fromTimestamp(),
        written: date().notNull().parse("dd/MM/yyyy"),
        any: string().notNull().coerce(),
        details: json().notNull(),
      },
    });
    expectTypeOf<RecordOf<typeof table>>().toEqualTypeOf<{
      readonly currency: "EUR" | "USD";
      readonly size: 1 | 2 | "1" | "2";
      readonly state: string;
      readonly op: "c" | "d" | "create" | "delete";
      readonly is_paid: boolean | "true" | "false" | "1" | 1 | "no";
      readonly epoch: number | bigint;
      readonly late: string | Date;
      readonly written: string;
      readonly any: string | number | boolean;
      readonly details: NonNullable<unknown>;
    }>();
  });

  test("values are where from() reads them", () => {
    const table = defineTable({
      name: "orders",
      columns: {
        country: string().notNull().from("payer", "country"),
        city: string().from("payer.address.city"),
        sku: string().notNull().from("items[0].sku"),
        id: int64().notNull().from("after.id", "before.id"),
        temperature: int32().from(["temp"], ["t.x"]),
      },
    });
    type Sent = RecordOf<typeof table>;
    const whole = {
      payer: { country: "PE", address: { city: null } },
      items: [{ sku: "a" }, 17],
      after: { id: 1n },
      before: null,
      temp: 3,
    } satisfies Sent;
    expectTypeOf(whole).toExtend<Sent>();
    expectTypeOf<{ payer: { country: string }; items: [{ sku: string }] }>().toExtend<Sent>();
    expectTypeOf<{ payer: { city: string }; items: [{ sku: string }] }>().not.toExtend<Sent>();
    expectTypeOf<{ payer: { country: string }; items: [] }>().not.toExtend<Sent>();
    expectTypeOf<{
      payer: { country: string };
      items: [{ sku: string }];
      after: { id: boolean };
    }>().not.toExtend<Sent>();
    expectTypeOf<Sent["t.x"]>().toEqualTypeOf<string | number | null | undefined>();
  });

  test("a child is an array of elements, and computed columns are not sent", () => {
    const table = defineTable({
      name: "orders",
      columns: { id: int64().notNull(), amount: int32().notNull(), is_large: boolean() },
      computed: (row) => ({ is_large: row.amount.gt(1000) }),
      children: {
        lines: each(
          "order.items",
          { sku: string().notNull(), quantity: int32(), is_many: boolean() },
          { computed: (row) => ({ is_many: row.quantity.gt(9) }) },
        ),
      },
      primaryKey: ["id"],
    });
    type Line = { readonly sku: string; readonly quantity?: number | string | null | undefined };
    expectTypeOf<RecordOf<typeof table>>().toEqualTypeOf<{
      readonly id: number | bigint | string;
      readonly amount: number | string;
      readonly order?: { readonly items?: readonly Line[] | null | undefined } | null | undefined;
    }>();
  });

  test("of a contract whose columns the compiler does not know, any object", () => {
    expectTypeOf<RecordOf<import("@lakehouse/transforms/contract/table").Table>>().toEqualTypeOf<
      Readonly<Record<string, unknown>>
    >();
  });
});
