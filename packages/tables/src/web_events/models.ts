/** The gold models of web events. */
import { date, float64, int32, int64, string } from "serverless-lakehouse/contract";
import {
  acceptedRange,
  defineModel,
  full,
  incremental,
  notNull,
  relationship,
  returnsNoRow,
  unique,
} from "serverless-lakehouse/model";
import { webEvents } from "./contract.ts";
import pageViewsDailySql from "./page_views_daily.sql";
import topPagesSql from "./top_pages.sql";

export const pageViewsDaily = defineModel({
  name: "page_views_daily",
  description: "Views of each page on each day",
  materialization: incremental(webEvents),
  columns: {
    view_date: date().describe("The day in UTC"),
    page_path: string(),
    page_title: string().describe("The latest title on that day"),
    views: int64(),
    mobile_views: int64(),
    signed_in_visitors: int64().describe(
      "Different users. Visitors who are not signed in can't be distinguished",
    ),
    deepest_scroll: float64().describe("The largest part of the page that a visitor saw, 0 to 1"),
  },
  sql: pageViewsDailySql,
  checks: [
    unique("view_date", "page_path"),
    notNull("view_date"),
    acceptedRange("views", { minimum: 1 }),
    acceptedRange("deepest_scroll", { minimum: 0, maximum: 1 }),
  ],
});

export const topPages = defineModel({
  name: "top_pages",
  description: "The hundred pages with the most views",
  materialization: full(),
  columns: {
    rank: int32(),
    page_path: string(),
    page_title: string().describe("The latest title"),
    views: int64(),
    mobile_views: int64(),
    days: int64().describe("Days on which it was viewed"),
    busiest_day: date().describe("The day with the most views, the earliest if several"),
  },
  sql: topPagesSql,
  checks: [
    unique("rank"),
    unique("page_path"),
    acceptedRange("rank", { minimum: 1, maximum: 100 }),
    relationship("page_path", "page_views_daily", "page_path"),
    returnsNoRow(
      "no more mobile views than views",
      "select * from top_pages where mobile_views > views",
    ),
  ],
});
