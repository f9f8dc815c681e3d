/** The gold models of orders. Sums are decimal(38,2), the widest type, so that they don't overflow. */
import { date, decimal, int64 } from "serverless-lakehouse/contract";
import {
  acceptedRange,
  defineModel,
  full,
  givenFrom,
  incremental,
  notNull,
  relationship,
  returnsNoRow,
  unique,
} from "serverless-lakehouse/model";
import { orders } from "./contract.ts";
import customerDailySql from "./customer_daily.sql";
import customerSummarySql from "./customer_summary.sql";
import dailySalesSql from "./daily_sales.sql";

const given = givenFrom(orders);

export const customerDaily = defineModel({
  name: "customer_daily",
  description: "What each customer ordered on each day",
  materialization: incremental(orders),
  columns: {
    customer_id: int64(),
    order_date: date(),
    orders: int64().describe("Orders of that customer on that day"),
    revenue: decimal(38, 2).describe("The sum of their amounts"),
  },
  sql: customerDailySql,
  checks: [
    unique("customer_id", "order_date"),
    acceptedRange("orders", { minimum: 1 }),
    acceptedRange("revenue", { minimum: "0.01" }),
  ],
});

export const customerSummary = defineModel({
  name: "customer_summary",
  description: "Totals of each customer's orders",
  materialization: full(),
  columns: {
    customer_id: int64(),
    order_count: int64(),
    total_spent: decimal(38, 2),
    avg_order_value: decimal(18, 2).describe(
      "total_spent / order_count. Half a cent rounds away from 0",
    ),
    first_order: date().describe("Day of the first order"),
    last_order: date().describe("Day of the latest order"),
  },
  sql: customerSummarySql,
  checks: [
    unique("customer_id"),
    notNull("customer_id"),
    notNull("avg_order_value"),
    acceptedRange("order_count", { minimum: 1 }),
    returnsNoRow(
      "first order is not after the last",
      "select * from customer_summary where first_order > last_order",
    ),
  ],
  tests: [
    // Half a cent rounds away from 0.
    given({
      orders: [
        { customer_id: 1, amount: "10.00", order_date: "2024-05-31" },
        { customer_id: 1, amount: "0.01", order_date: "2024-06-01" },
        { customer_id: 2, amount: "7.50", order_date: "2024-06-01" },
      ],
    }).expect([
      { customer_id: 1, order_count: 2, total_spent: "10.01", avg_order_value: "5.01" },
      { customer_id: 2, order_count: 1, total_spent: "7.50", avg_order_value: "7.50" },
    ]),
  ],
});

export const dailySales = defineModel({
  name: "daily_sales",
  description: "Each day's sales, and the revenue of the seven days up to it",
  materialization: full(),
  columns: {
    order_date: date(),
    orders: int64(),
    revenue: decimal(38, 2),
    customers: int64().describe("Customers with at least one order on that day"),
    revenue_7d: decimal(38, 2).describe("Revenue of that day and the six calendar days before"),
  },
  sql: dailySalesSql,
  checks: [
    unique("order_date"),
    notNull("order_date"),
    relationship("order_date", "customer_daily", "order_date"),
    returnsNoRow(
      "seven days hold at least the day itself",
      "select * from daily_sales where revenue_7d < revenue or customers > orders",
    ),
  ],
  tests: [
    // The seven days include days without orders, and those of the month before.
    given({
      orders: [
        { customer_id: 1, amount: "1.00", order_date: "2024-05-31" },
        { customer_id: 1, amount: "2.00", order_date: "2024-06-06" },
        { customer_id: 1, amount: "4.00", order_date: "2024-06-07" },
      ],
    }).expect([
      { order_date: "2024-05-31", orders: 1, revenue_7d: "1.00" },
      { order_date: "2024-06-06", orders: 1, revenue_7d: "3.00" },
      { order_date: "2024-06-07", orders: 1, revenue_7d: "6.00" },
    ]),
  ],
});
