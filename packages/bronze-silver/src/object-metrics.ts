/** What CloudWatch is told of each object, by EMF on stdout. Alarms watch these names: infra holds them to account. */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { parseBronzeKey } from "@lakehouse/lake/keys";
import type { ProcessedObject } from "./process-object.ts";

/** Takes down what became of objects. Nothing is printed before `publish`. */
export interface ObjectMetrics {
  /** `Records`, `Rows`, `Quarantined`, `Dropped`, and `Lag`: seconds from the object's arrival until now. */
  processed(object: ProcessedObject): void;
  /** Prints one line for each table. */
  publish(): void;
}

const none: ObjectMetrics = { processed: () => {}, publish: () => {} };

/** @param environment The deployed environment's name; without one, as on a laptop, nothing is printed. */
export function objectMetrics(environment: string | undefined): ObjectMetrics {
  if (environment === undefined) {
    return none;
  }
  const tables = new Map<string, Metrics>();
  return {
    processed({ bronzeKey, receipt }) {
      const { table, arrival } = parseBronzeKey(bronzeKey);
      const metrics = tables.get(table) ?? metricsOf({ environment, table });
      tables.set(table, metrics);
      metrics.addMetric("Records", MetricUnit.Count, receipt.records);
      metrics.addMetric("Rows", MetricUnit.Count, receipt.rows);
      metrics.addMetric("Quarantined", MetricUnit.Count, receipt.quarantined);
      metrics.addMetric("Dropped", MetricUnit.Count, receipt.dropped);
      const lag = Math.max(0, Date.now() - Date.parse(`${arrival}Z`)) / 1000;
      metrics.addMetric("Lag", MetricUnit.Seconds, lag);
    },
    publish() {
      for (const metrics of tables.values()) {
        if (metrics.hasStoredMetrics()) {
          metrics.publishStoredMetrics();
        }
      }
    },
  };
}

/** An instance for each table: the library forgets other dimensions when it prints a long list early. */
function metricsOf(dimensions: Readonly<Record<string, string>>): Metrics {
  const metrics = new Metrics({ namespace: "Lakehouse" });
  // The library's own dimension would make other metrics of these.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions(dimensions);
  return metrics;
}
