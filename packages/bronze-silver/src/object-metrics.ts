/** Writes the metrics of each object to stdout, as EMF for CloudWatch. */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { parseBronzeKey } from "@lakehouse/lake/keys";
import {
  metricsNamespace,
  type ObjectDimensions,
  objectMetricNames,
} from "@lakehouse/lake/metrics";
import type { ProcessedObject } from "./process-object.ts";

/** Collects metrics of objects. Nothing is printed before `publish`. */
export interface ObjectMetrics {
  /** Adds the object's `objectMetricNames`. */
  processed(object: ProcessedObject): void;
  /** Prints one line for each table. */
  publish(): void;
}

const none: ObjectMetrics = { processed: () => {}, publish: () => {} };

/** @param environment The deployed environment's name. Without one, as on a laptop, nothing is printed. */
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
      metrics.addMetric(objectMetricNames.records, MetricUnit.Count, receipt.records);
      metrics.addMetric(objectMetricNames.rows, MetricUnit.Count, receipt.rows);
      metrics.addMetric(objectMetricNames.quarantined, MetricUnit.Count, receipt.quarantined);
      metrics.addMetric(objectMetricNames.dropped, MetricUnit.Count, receipt.dropped);
      metrics.addMetric(objectMetricNames.unreadKeys, MetricUnit.Count, receipt.unreadKeys ?? 0);
      const lag = Math.max(0, Date.now() - Date.parse(`${arrival}Z`)) / 1000;
      metrics.addMetric(objectMetricNames.lag, MetricUnit.Seconds, lag);
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
function metricsOf(dimensions: ObjectDimensions): Metrics {
  const metrics = new Metrics({ namespace: metricsNamespace });
  // The library's own dimension would make these different metrics.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ ...dimensions });
  return metrics;
}
