/** A SQL box over everything in the lake. Read only. */
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { QueryResult, RowsRequest } from "../../data.ts";
import { Chart } from "../chart/chart.tsx";
import { chartOfRows } from "../chart/chart-of-rows.ts";
import type { ChartChoice } from "../chart/choose-chart.ts";
import { formatCount, formatCountOf, formatMilliseconds } from "../format.ts";
import { Grid } from "../grid/grid.tsx";
import { useLake } from "../lake-context.ts";
import { Empty, Failure, Loading } from "../parts/loading.tsx";
import { quoteName } from "../quote-name.ts";
import { selectRows } from "../source/select-rows.ts";
import { errorData } from "../source/source-error.ts";
import type { Editor } from "../sql/editor.ts";
import { SqlEditor } from "../sql/sql-editor.tsx";
import type { Loaded } from "../use-loaded.ts";

const stored = "lakehouse-sql";

/** The box. The address may bring a query. Otherwise it has the last one. */
export function Sql({
  parameters,
}: {
  readonly parameters: Readonly<Record<string, string>>;
}): JSX.Element {
  const { lake, source } = useLake();
  const [loaded, setLoaded] = useState<Loaded<QueryResult> | null>(null);
  const running = useRef<AbortController | null>(null);
  const editor = useRef<Editor | null>(null);
  const example = lake.models[0]?.name ?? lake.tables[0]?.name ?? "…";
  const [initial] = useState(
    () =>
      parameters["sql"] ??
      sessionStorage.getItem(stored) ??
      `select * from ${quoteName(example)} limit 100`,
  );
  useEffect(() => () => running.current?.abort(), []);
  const run = (sql: string) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    sessionStorage.setItem(stored, sql);
    setLoaded({ state: "loading" });
    const answer = (result: Loaded<QueryResult> | null) => {
      if (running.current === controller) {
        setLoaded(result);
      }
    };
    (
      source.query?.(sql, controller.signal) ?? Promise.reject(new Error("There is no SQL here."))
    ).then(
      (value) => answer({ state: "ready", value }),
      (error: unknown) =>
        answer(controller.signal.aborted ? null : { state: "failed", error: errorData(error) }),
    );
  };
  const isRunning = loaded?.state === "loading";
  return (
    <>
      <h1>SQL</h1>
      <p class="lead">
        DuckDB over silver, current rows, quarantine and every model. Read only. Ctrl+Enter runs it.
      </p>
      <SqlEditor
        initial={initial}
        relations={lake.relations}
        error={loaded?.state === "failed" ? loaded.error : null}
        onRun={run}
        onOpen={(opened) => {
          editor.current = opened;
        }}
      />
      <p class="actions">
        <button type="button" class="primary" onClick={() => run(editor.current?.text() ?? "")}>
          Run
        </button>
        <button type="button" disabled={!isRunning} onClick={() => running.current?.abort()}>
          Stop
        </button>
      </p>
      {isRunning ? <Loading what="the answer" /> : null}
      {loaded?.state === "failed" ? <Failure error={loaded.error} /> : null}
      {loaded?.state === "ready" ? <Result result={loaded.value} /> : null}
    </>
  );
}

function Result({ result }: { readonly result: QueryResult }): JSX.Element {
  const { columns, rows, isCut, limit, milliseconds } = result;
  const load = useCallback(
    async (request: Omit<RowsRequest, "relation">) => selectRows(result, request),
    [result],
  );
  const [hasChart, setChart] = useState(false);
  return (
    <section aria-label="Result">
      <p class="actions">
        <span role="status">
          {isCut ? `The first ${formatCount(limit)} rows` : formatCountOf(rows.length, "row")} in{" "}
          {formatMilliseconds(milliseconds)}
        </span>
        <button
          type="button"
          class="small"
          aria-pressed={hasChart}
          onClick={() => setChart(!hasChart)}
        >
          Chart
        </button>
      </p>
      {hasChart ? (
        <Chart
          columns={columns}
          load={async (choice: ChartChoice) => chartOfRows(columns, rows, choice)}
          inputs={[result]}
        />
      ) : null}
      {rows.length === 0 ? <Empty>No row.</Empty> : <Grid title="Result" load={load} />}
    </section>
  );
}
