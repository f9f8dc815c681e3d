/** The rows of a table or model, with a chart. */
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import type { ChartData, FilterData, RowsPage, RowsRequest } from "../../data.ts";
import { Chart } from "../chart/chart.tsx";
import { chartOfRows } from "../chart/chart-of-rows.ts";
import type { ChartChoice } from "../chart/choose-chart.ts";
import { formatCount } from "../format.ts";
import { Grid } from "../grid/grid.tsx";
import { findRelation, useLake } from "../lake-context.ts";
import { Empty, Show } from "../parts/loading.tsx";
import { quoteName } from "../quote-name.ts";
import { hashOf } from "../routes.ts";
import { useLoaded } from "../use-loaded.ts";

/** The rows of a relation. The chart shows the rows that pass the grid's filters. */
export function Data({ name }: { readonly name: string }): JSX.Element {
  const { lake, source, limits } = useLake();
  const relation = findRelation(lake, name);
  const [filters, setFilters] = useState<readonly FilterData[]>([]);
  const first = useLoaded(
    () => source.rows({ relation: name, offset: 0, limit: 1 }),
    [source, name],
  );
  const load = useCallback(
    (request: Omit<RowsRequest, "relation">) => source.rows({ relation: name, ...request }),
    [source, name],
  );
  const loadChart = async (choice: ChartChoice): Promise<ChartData> => {
    if (source.chart !== undefined) {
      return source.chart({ relation: name, filters, ...choice });
    }
    const page = await source.rows({ relation: name, filters, offset: 0, limit: 1_000_000 });
    return chartOfRows(page.columns, page.rows, choice);
  };
  if (relation?.data.freshness === "new") {
    return <Empty>No run has built it yet. It has no rows.</Empty>;
  }
  return (
    <Show loaded={first} what="the rows">
      {(page) => (
        <>
          <Limit page={page} all={relation?.data.rows ?? page.total} isReport={limits !== null} />
          {page.total === 0 ? (
            <Empty>It has no rows.</Empty>
          ) : (
            <>
              <Chart
                columns={page.columns}
                keys={relation?.data.primaryKey ?? []}
                load={loadChart}
                inputs={[filters]}
              />
              <Grid title={`Rows of ${name}`} load={load} onFilters={setFilters} />
            </>
          )}
          {source.query === undefined ? null : (
            <p>
              <a href={hashOf("sql", null, { sql: `select * from ${quoteName(name)} limit 100` })}>
                Query it with SQL
              </a>
            </p>
          )}
        </>
      )}
    </Show>
  );
}

function Limit({
  page,
  all,
  isReport,
}: {
  readonly page: RowsPage;
  readonly all: number;
  readonly isReport: boolean;
}): JSX.Element | null {
  const { lake } = useLake();
  return isReport && page.total < all ? (
    <p class="muted">
      This report has the first {formatCount(page.total)} of {formatCount(all)} rows.{" "}
      <code>{lake.commandLine} ui</code> shows all.
    </p>
  ) : null;
}
