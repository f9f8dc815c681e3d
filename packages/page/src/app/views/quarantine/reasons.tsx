/** Why records were refused. */
import type { JSX } from "preact";
import type { ReasonData, RefusalsData } from "../../../data.ts";
import { formatCount, formatDay } from "../../format.ts";
import { Empty } from "../../parts/loading.tsx";
import { ScrollRegion } from "../../parts/scroll-region.tsx";
import { hashOf } from "../../routes.ts";
import { parametersOf, type Selection } from "./selection.ts";
import { Sparkline } from "./sparkline.tsx";

/** A row for each reason, the most frequent first. Its link selects the records. */
export function Reasons({
  refusals,
  selection,
}: {
  readonly refusals: RefusalsData;
  readonly selection: Selection;
}): JSX.Element {
  const reasons = refusals.reasons
    .filter(({ table }) => selection.table === null || table === selection.table)
    .map((reason) => ({ reason, records: recordsOf(reason, selection.day) }))
    .filter(({ records }) => records > 0);
  const allDays = refusals.tables.flatMap(({ days }) => days.map(({ day }) => day)).sort();
  if (reasons.length === 0) {
    return <Empty>Nothing was refused that fits the choice above.</Empty>;
  }
  return (
    <ScrollRegion label="Reasons">
      <table class="reasons">
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Table</th>
            <th scope="col">Column</th>
            <th scope="col" class="number">
              Records
            </th>
            <th scope="col">By day</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {reasons.map(({ reason, records }) => {
            const { table, column, rule, days } = reason;
            const isChosen =
              rule === selection.rule && column === selection.column && table === selection.table;
            const last = days.at(-1)?.day;
            return (
              <tr key={`${table}\n${column}\n${rule}`} class={isChosen ? "chosen" : undefined}>
                <th scope="row">
                  <a
                    href={hashOf(
                      "quarantine",
                      null,
                      parametersOf({ ...selection, table, column, rule }),
                    )}
                    aria-current={isChosen ? "true" : undefined}
                  >
                    <bdi>{rule}</bdi>
                  </a>
                </th>
                <td>
                  <bdi>{table}</bdi>
                </td>
                <td>
                  {column === null ? (
                    <span class="muted">whole record</span>
                  ) : (
                    <code>
                      <bdi>{column}</bdi>
                    </code>
                  )}
                </td>
                <td class="number">{formatCount(records)}</td>
                <td>
                  <Sparkline days={days} from={allDays[0]} to={allDays.at(-1)} />
                </td>
                <td class="nowrap">{last === undefined ? "" : formatDay(last)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function recordsOf({ records, days }: ReasonData, day: string | null): number {
  return day === null ? records : (days.find((each) => each.day === day)?.records ?? 0);
}
