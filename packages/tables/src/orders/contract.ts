/** The contract of orders: one row for each order that a customer placed. */
import {
  date,
  decimal,
  defineTable,
  expectation,
  int64,
  month,
} from "serverless-lakehouse/contract";

export const orders = defineTable({
  name: "orders",
  description:
    "Orders that customers placed, one row each. A correction replaces the whole order and keeps its month",
  columns: {
    customer_id: int64().notNull().describe("The customer who placed the order"),
    order_id: int64().notNull().describe("Identifies the order. A retry or a correction repeats it"),
    amount: decimal(18, 2).notNull().describe("What the customer pays, in euros, with taxes"),
    order_date: date()
      .notNull()
      .describe(
        "The day on which it was placed, in the shop's time zone. Its month never changes",
      ),
  },
  primaryKey: ["order_id"],
  partitionBy: month("order_date"),
  unknownColumns: "ignore",
  expectations: (row) => [expectation("amount is positive", row.amount.gt(0))],
});
