/** The names of views. */
import type { Route } from "./routes.ts";

const titles: Readonly<Record<Route["view"], string>> = {
  overview: "Overview",
  quarantine: "Quarantine",
  tables: "Tables and models",
  about: "About",
  data: "Data",
  history: "History",
  lineage: "Lineage",
  audit: "Audit",
  sql: "SQL",
  missing: "Not found",
};

/** The view's title: `Data of orders`. */
export function titleOf({ view, name }: Route): string {
  const title = titles[view];
  return name === null || view === "lineage" ? title : `${title} of ${name}`;
}
