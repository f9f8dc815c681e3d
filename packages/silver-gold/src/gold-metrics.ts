/** What CloudWatch is told of a gold run, by EMF on stdout. Alarms watch these names: infra holds them to account. */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { GoldRun } from "./gold-run.ts";
import { readRunRecord } from "./state/run-record.ts";

/** Takes down what becomes of a run. Nothing is printed before `publish`. */
export interface GoldMetrics {
  /** `GoldAge`, seconds since the last run that committed; nothing where none has yet. */
  started(gold: ObjectStore): Promise<void>;
  /** `GoldRuns`, `NewObjects` and `ChecksFailed` (0) of a run that ended well. */
  finished(run: GoldRun): void;
  /** `ChecksFailed` of a run that its checks ended. */
  failed(checks: number): void;
  publish(): void;
}

const none: GoldMetrics = {
  started: () => Promise.resolve(),
  finished: () => {},
  failed: () => {},
  publish: () => {},
};

/** @param environment The deployed environment's name; without one, as on a laptop, nothing is printed. */
export function goldMetrics(environment: string | undefined): GoldMetrics {
  if (environment === undefined) {
    return none;
  }
  const metrics = new Metrics({ namespace: "Lakehouse" });
  // The library's own dimension would make other metrics of these.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ environment });
  return {
    async started(gold) {
      const run = (await readRunRecord(gold))?.record.run;
      if (run !== undefined) {
        const ended = Date.parse(run.finishedAt ?? run.committedAt);
        const age = Math.max(0, Date.now() - ended) / 1000;
        metrics.addMetric("GoldAge", MetricUnit.Seconds, age);
      }
    },
    finished({ newObjects }) {
      metrics.addMetric("GoldRuns", MetricUnit.Count, 1);
      metrics.addMetric("NewObjects", MetricUnit.Count, newObjects);
      metrics.addMetric("ChecksFailed", MetricUnit.Count, 0);
    },
    failed(checks) {
      metrics.addMetric("ChecksFailed", MetricUnit.Count, checks);
    },
    publish() {
      if (metrics.hasStoredMetrics()) {
        metrics.publishStoredMetrics();
      }
    },
  };
}
