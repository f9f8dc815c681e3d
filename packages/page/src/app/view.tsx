/** The view of an address. */
import type { JSX } from "preact";
import { lazy } from "./parts/lazy.tsx";
import { Empty } from "./parts/loading.tsx";
import type { Route } from "./routes.ts";
import { Audit } from "./views/audit.tsx";
import { Overview } from "./views/overview.tsx";
import { Quarantine } from "./views/quarantine.tsx";
import { RelationPage } from "./views/relation-page.tsx";
import { Tables } from "./views/tables.tsx";

const Lineage = lazy("the lineage", async () => (await import("./views/lineage.tsx")).Lineage);
const Sql = lazy("the editor", async () => (await import("./views/sql.tsx")).Sql);

/** Shows one view. */
export function View({ route }: { readonly route: Route }): JSX.Element {
  const { view, name } = route;
  switch (view) {
    case "overview":
      return <Overview />;
    case "quarantine":
      return <Quarantine parameters={route.parameters} />;
    case "tables":
      return <Tables />;
    case "about":
    case "data":
    case "history":
      return name === null ? <Tables /> : <RelationPage view={view} name={name} />;
    case "lineage":
      return <Lineage name={name} />;
    case "audit":
      return <Audit />;
    case "sql":
      return IS_REPORT ? <NoSql /> : <Sql parameters={route.parameters} />;
    case "missing":
      return <Empty>There is no such page. The links above lead to all that there are.</Empty>;
  }
}

function NoSql(): JSX.Element {
  return <Empty>A report has no SQL. Run lakehouse ui to query the lake.</Empty>;
}
