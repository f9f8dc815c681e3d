/** What an audit counted, to look at or to print. */
import type { JSX } from "preact";
import type { AuditData } from "../../../data.ts";
import { formatCount, formatCountOf, formatMilliseconds, formatTime } from "../../format.ts";
import { useLake } from "../../lake-context.ts";
import { PlainText } from "../../parts/plain-text.tsx";

/** The certificate. */
export function Certificate({ audit }: { readonly audit: AuditData }): JSX.Element {
  const { lake } = useLake();
  const parts = [
    ["rows in silver", audit.rows],
    ["in quarantine", audit.quarantined],
    ["dropped by a rule", audit.dropped],
    ["forgotten on request", audit.forgotten],
  ] as const;
  return (
    <article class={`certificate ${audit.ok ? "good" : "bad"}`} aria-labelledby="verdict">
      <p class="muted">Audit of</p>
      <p class="lake">
        <PlainText text={lake.environment ?? lake.location} />
      </p>
      <h2 id="verdict">
        {audit.ok ? "Nothing was lost" : `${formatCountOf(audit.problems.length, "problem")} found`}
      </h2>
      <p>
        {formatCount(audit.records)} records in {formatCountOf(audit.objects, "bronze object")},
        each accounted for once:
      </p>
      <table class="sum">
        <tbody>
          {parts.map(([title, count]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td class="number">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">records</th>
            <td class="number">{formatCount(audit.records)}</td>
          </tr>
        </tfoot>
      </table>
      <p>
        {formatCountOf(audit.currentRows, "current row")}, each with a key of its own.{" "}
        {audit.content
          ? "The content of every published object was read."
          : "Sizes and etags of published objects were compared."}
      </p>
      {audit.problems.length === 0 ? null : (
        <ul class="problems">
          {audit.problems.map(({ kind, object, message, hint }) => (
            <li key={`${kind} ${object} ${message}`}>
              <strong>{kind}</strong> <code>{object}</code>
              <p>{message}</p>
              {hint === null ? null : <p class="hint">{hint}</p>}
            </li>
          ))}
        </ul>
      )}
      <p class="foot">
        <time dateTime={audit.at}>{formatTime(audit.at)}</time>, in{" "}
        {formatMilliseconds(audit.seconds * 1_000)}
      </p>
      <p class="actions">
        <button type="button" onClick={() => print()}>
          Print
        </button>
      </p>
    </article>
  );
}
