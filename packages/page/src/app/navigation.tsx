/** The links to all views. */
import type { JSX } from "preact";
import { hashOf, type Route, relationViews, type ViewName } from "./routes.ts";

const entries: readonly (readonly [ViewName, string])[] = [
  ["overview", "Overview"],
  ["quarantine", "Quarantine"],
  ["tables", "Tables"],
  ["lineage", "Lineage"],
  ["audit", "Audit"],
  ["sql", "SQL"],
];

/** The navigation. A report has no SQL. */
export function Navigation({
  route,
  hasSql,
}: {
  readonly route: Route;
  readonly hasSql: boolean;
}): JSX.Element {
  const isOfRelation = relationViews.some((each) => each === route.view);
  const current = isOfRelation ? "tables" : route.view;
  return (
    <nav class="views" aria-label="Views">
      <ul>
        {entries
          .filter(([view]) => view !== "sql" || hasSql)
          .map(([view, title]) => (
            <li key={view}>
              <a href={hashOf(view)} aria-current={view === current ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  );
}
