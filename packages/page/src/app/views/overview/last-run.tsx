/** When gold was last written. */
import type { JSX } from "preact";
import { formatCountOf } from "../../format.ts";
import { useLake } from "../../lake-context.ts";
import { PageTime } from "../../parts/page-time.tsx";

/** A sentence about the latest gold run. */
export function LastRun(): JSX.Element {
  const { lake } = useLake();
  const run = lake.lastRun;
  if (run === null) {
    return (
      <p class="lead">
        No gold run has committed yet. <code>{lake.commandLine} gold</code> starts one.
      </p>
    );
  }
  return (
    <p class="lead">
      Gold run {run.sequence} committed <PageTime at={run.committedAt} now={lake.at} />. It read{" "}
      {formatCountOf(run.newObjects, "new object")} and kept{" "}
      {formatCountOf(run.currentRows, "current row")}.
    </p>
  );
}
