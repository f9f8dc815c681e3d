/** The last results of checks in one mark. */
import type { JSX } from "preact";
import type { CheckData } from "../../data.ts";
import { Badge } from "./badge.tsx";

/** Says how many checks passed, or that some failed or were not run. */
export function ChecksBadge({ checks }: { readonly checks: readonly CheckData[] }): JSX.Element {
  const failed = count(checks, "failed");
  const notRun = count(checks, "not run");
  if (checks.length === 0) {
    return <span class="muted">none</span>;
  }
  if (failed > 0) {
    return <Badge tone="bad">{failed} failed</Badge>;
  }
  return notRun > 0 ? (
    <Badge tone="warn">{notRun} not run</Badge>
  ) : (
    <Badge tone="good">{checks.length} passed</Badge>
  );
}

function count(checks: readonly CheckData[], result: CheckData["result"]): number {
  return checks.filter((check) => check.result === result).length;
}
