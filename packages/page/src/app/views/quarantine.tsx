/** What was refused: by table and reason over time, down to the bytes. */
import type { JSX } from "preact";
import type { RefusalsData } from "../../data.ts";
import { formatCountOf, formatDay } from "../format.ts";
import { useLake } from "../lake-context.ts";
import { Empty, Show } from "../parts/loading.tsx";
import { hashOf } from "../routes.ts";
import { useLoaded } from "../use-loaded.ts";
import { DayChart } from "./quarantine/day-chart.tsx";
import { Reasons } from "./quarantine/reasons.tsx";
import { Records } from "./quarantine/records.tsx";
import { parametersOf, type Selection, selectionOf } from "./quarantine/selection.ts";

/** Quarantine. The address holds what is selected. */
export function Quarantine({
  parameters,
}: {
  readonly parameters: Readonly<Record<string, string>>;
}): JSX.Element {
  const { source } = useLake();
  const loaded = useLoaded(() => source.refusals(), [source]);
  return (
    <>
      <h1>Quarantine</h1>
      <Show loaded={loaded} what="the refused records">
        {(refusals) =>
          refusals.records === 0 ? (
            <Empty>No record was refused.</Empty>
          ) : (
            <Refusals refusals={refusals} selection={selectionOf(parameters)} />
          )
        }
      </Show>
    </>
  );
}

function Refusals({
  refusals,
  selection,
}: {
  readonly refusals: RefusalsData;
  readonly selection: Selection;
}): JSX.Element {
  const { table, rule } = selection;
  const total =
    table === null
      ? refusals.records
      : (refusals.tables.find((each) => each.table === table)?.records ?? 0);
  return (
    <>
      <p class="lead">
        {formatCountOf(total, "record was", "records were")} refused
        {table === null ? "" : ` of ${table}`}, each with its reasons and its bytes.
      </p>
      <Filters refusals={refusals} selection={selection} />
      <DayChart refusals={refusals} selection={selection} />
      <section aria-labelledby="reasons">
        <h2 id="reasons">Reasons</h2>
        <Reasons refusals={refusals} selection={selection} />
      </section>
      {table === null ? null : (
        <section aria-labelledby="records">
          <h2 id="records">
            Records{rule === null ? "" : ": "}
            {rule === null ? null : <bdi>{rule}</bdi>}
          </h2>
          <Records key={JSON.stringify(selection)} selection={{ ...selection, table }} />
        </section>
      )}
    </>
  );
}

/** Two lists to choose a table and a day from. */
function Filters({
  refusals,
  selection,
}: {
  readonly refusals: RefusalsData;
  readonly selection: Selection;
}): JSX.Element {
  const go = (change: Partial<Selection>) => {
    location.hash = hashOf("quarantine", null, parametersOf({ ...selection, ...change }));
  };
  const days = new Set(
    refusals.tables
      .filter(({ table }) => selection.table === null || table === selection.table)
      .flatMap((each) => each.days.map(({ day }) => day)),
  );
  return (
    <p class="filters">
      <label>
        Table{" "}
        <select
          value={selection.table ?? ""}
          onChange={({ currentTarget: { value } }) =>
            go({ table: value === "" ? null : value, column: undefined, rule: null, day: null })
          }
        >
          <option value="">all</option>
          {refusals.tables.map(({ table, records }) => (
            <option key={table} value={table}>
              {table} ({records})
            </option>
          ))}
        </select>
      </label>
      <label>
        Day of arrival{" "}
        <select
          value={selection.day ?? ""}
          onChange={({ currentTarget: { value } }) => go({ day: value === "" ? null : value })}
        >
          <option value="">all</option>
          {[...days]
            .sort()
            .reverse()
            .map((day) => (
              <option key={day} value={day}>
                {formatDay(day)}
              </option>
            ))}
        </select>
      </label>
      {selection.rule === null ? null : (
        <button type="button" onClick={() => go({ column: undefined, rule: null })}>
          All reasons
        </button>
      )}
    </p>
  );
}
