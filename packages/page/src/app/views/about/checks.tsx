/** The checks of a table or model, with their last results. */
import type { JSX } from "preact";
import type { CheckData } from "../../../data.ts";
import { formatCountOf } from "../../format.ts";
import { Badge } from "../../parts/badge.tsx";
import { Empty } from "../../parts/loading.tsx";
import { PageTime } from "../../parts/page-time.tsx";

const tones = { passed: "good", failed: "bad", "not run": "warn" } as const;

/** A row for each check. */
export function Checks({
  checks,
  now,
}: {
  readonly checks: readonly CheckData[];
  /** When the lake was read. */
  readonly now: string;
}): JSX.Element {
  if (checks.length === 0) {
    return <Empty>It has no checks.</Empty>;
  }
  return (
    <ul class="rows">
      {checks.map(({ name, result, at, failing }) => (
        <li key={name}>
          <Badge tone={tones[result]}>{result}</Badge> <span>{name}</span>
          {failing === null ? null : (
            <span class="muted">{formatCountOf(failing, "failing row")}</span>
          )}
          {at === null ? null : (
            <span class="muted">
              <PageTime at={at} now={now} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
