/** The contract of web events: what visitors did on the shop's site. */
import {
  boolean,
  day,
  defineTable,
  expectation,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
} from "serverless-lakehouse/contract";

export const webEvents = defineTable({
  name: "web_events",
  description: "What visitors did on the site, one row for each event",
  columns: {
    event_id: string()
      .notNull()
      .pattern(/^evt_[0-9a-f]{16}$/)
      .describe("Created by the browser. A retry repeats it"),
    occurred_at: timestamp().notNull().describe("When it happened. Records may have any offset; this is UTC"),
    event_type: string().notNull().accepts("page_view", "click", "search", "purchase"),
    user_id: int64().from("user", "id").describe("Null if the visitor is not signed in"),
    country: string()
      .from("user", "country")
      .default("ZZ")
      .pattern(/^[A-Z]{2}$/)
      .describe("ISO 3166-1 code, ZZ if unknown"),
    page_path: string().notNull().from("page", "path"),
    page_title: string().from("page", "title").describe("As shown to the visitor, in any script"),
    is_mobile: boolean().from("device", "mobile").default(false),
    scroll_depth: float64()
      .range({ minimum: 0, maximum: 1 })
      .describe("The part of the page that was seen, 0 to 1"),
    duration_ms: int32().range({ minimum: 0 }).describe("Milliseconds spent on the page"),
    payload: json().describe("Details that depend on the type of event"),
  },
  primaryKey: ["event_id"],
  partitionBy: day("occurred_at"),
  // Titles have line ends, which Athena cannot read in CSV.
  format: { silver: "parquet", gold: "parquet" },
  unknownColumns: "ignore",
  expectations: (row) => [
    expectation("page path starts with a slash", row.page_path.startsWith("/")),
    expectation("not a health check", row.page_path.startsWith("/internal/").not(), "drop"),
    expectation("less than an hour on a page", row.duration_ms.lt(3_600_000), "warn"),
  ],
});
