/** Writes the metrics of a gold run to stdout, as EMF for CloudWatch. */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { type GoldDimensions, goldMetricNames, metricsNamespace } from "@lakehouse/lake/metrics";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { GoldRun } from "./gold-run.ts";
import type { AthenaModelRun } from "./models/athena/athena-run.ts";
import { retiredOf } from "./state/retired.ts";
import { readRunRecord } from "./state/run-record.ts";

/** Collects the metrics of a run. Nothing is printed before `publish`. */
export interface GoldMetrics {
  /** Adds `GoldAge` and `Retired`, unless no run has committed yet. */
  started(gold: ObjectStore, catalog: Catalog): Promise<void>;
  /** Notes the count for `OutdatedObjects`. It is added when metrics are published, also if the run fails. */
  outdated(outdated: GoldRun["outdated"]): void;
  /** Adds `GoldRuns`, `NewObjects`, `GoldBacklog…` and `ChecksFailed` (0) of a run that succeeded. */
  finished(run: GoldRun): void;
  /** Adds `AthenaBytesScanned`, `AthenaMilliseconds`, `AthenaModelsFailed` and `AthenaModelsWaiting`. */
  athena(runs: readonly AthenaModelRun[]): void;
  /** Adds `ChecksFailed` of a run whose checks failed. */
  failed(checks: number): void;
  publish(): void;
}

const none: GoldMetrics = {
  started: () => Promise.resolve(),
  outdated: () => {},
  finished: () => {},
  athena: () => {},
  failed: () => {},
  publish: () => {},
};

/** @param environment The deployed environment's name; without one, as on a laptop, nothing is printed. */
export function goldMetrics(environment: string | undefined): GoldMetrics {
  if (environment === undefined) {
    return none;
  }
  const metrics = new Metrics({ namespace: metricsNamespace });
  // The library's own dimension would make these different metrics.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ environment } satisfies GoldDimensions);
  let outdatedObjects: number | undefined;
  return {
    async started(gold, catalog) {
      const record = (await readRunRecord(gold))?.record;
      if (record !== undefined) {
        const { run } = record;
        const retired = retiredOf(record, catalog).length;
        metrics.addMetric(goldMetricNames.retired, MetricUnit.Count, retired);
        const ended = Date.parse(run.finishedAt ?? run.committedAt);
        const age = Math.max(0, Date.now() - ended) / 1000;
        metrics.addMetric(goldMetricNames.age, MetricUnit.Seconds, age);
      }
    },
    outdated(outdated) {
      outdatedObjects = Object.values(outdated).reduce((sum, number) => sum + number, 0);
    },
    finished({ newObjects, remaining }) {
      metrics.addMetric(goldMetricNames.runs, MetricUnit.Count, 1);
      metrics.addMetric(goldMetricNames.newObjects, MetricUnit.Count, newObjects);
      metrics.addMetric(goldMetricNames.backlogObjects, MetricUnit.Count, remaining.objects);
      metrics.addMetric(goldMetricNames.backlogBytes, MetricUnit.Bytes, remaining.bytes);
      metrics.addMetric(goldMetricNames.checksFailed, MetricUnit.Count, 0);
    },
    athena(runs) {
      // A query that goes on is counted once, when it has ended.
      const ended = runs.filter(({ state }) => state === "built" || state === "failed");
      const left = runs.filter((run) => !ended.includes(run));
      const sum = (of: (run: AthenaModelRun) => number) =>
        ended.reduce((total, run) => total + of(run), 0);
      const waits = left.map(({ since }) =>
        since === undefined ? 0 : Date.now() - Date.parse(since),
      );
      metrics.addMetric(
        goldMetricNames.athenaBytes,
        MetricUnit.Bytes,
        sum((run) => run.bytesScanned),
      );
      metrics.addMetric(
        goldMetricNames.athenaMilliseconds,
        MetricUnit.Milliseconds,
        sum((run) => run.milliseconds),
      );
      metrics.addMetric(
        goldMetricNames.athenaFailed,
        MetricUnit.Count,
        ended.filter(({ state }) => state === "failed").length,
      );
      metrics.addMetric(
        goldMetricNames.athenaWaiting,
        MetricUnit.Seconds,
        Math.max(0, ...waits) / 1000,
      );
    },
    failed(checks) {
      metrics.addMetric(goldMetricNames.checksFailed, MetricUnit.Count, checks);
    },
    publish() {
      if (outdatedObjects !== undefined) {
        metrics.addMetric(goldMetricNames.outdatedObjects, MetricUnit.Count, outdatedObjects);
        outdatedObjects = undefined;
      }
      if (metrics.hasStoredMetrics()) {
        metrics.publishStoredMetrics();
      }
    },
  };
}
