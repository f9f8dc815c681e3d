/** The alarms, as data: what each watches, when it rings, and what it means. docs/operations.md says what to do. */
import { functionNames } from "@lakehouse/lake/functions";
import {
  type GoldDimensions,
  goldMetricNames,
  metricsNamespace,
  type ObjectDimensions,
  objectMetricNames,
} from "@lakehouse/lake/metrics";
import { resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";

/** One metric of CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Average" | "Maximum" | "Sum";
}

/** When an alarm rings. */
export interface Alarm {
  /** What it is called after `lakehouse-<environment>-`. */
  readonly name: string;
  /** The heading in docs/operations.md that tells what to do; alarms of several tables share one. */
  readonly runbook: string;
  /** What it means that it rings, in one sentence. */
  readonly meaning: string;
  /** One metric, or several by their ids and what is calculated of them. */
  readonly watches:
    | Metric
    | { readonly metrics: Readonly<Record<string, Metric>>; readonly expression: string };
  readonly rings: "above" | "below";
  readonly threshold: number;
  /** Seconds of one measurement. */
  readonly periodSeconds: number;
  /** How many measurements in a row. */
  readonly periods: number;
  /** Whether it is alarming that there is no measurement. */
  readonly missingIsAlarming: boolean;
  /** The threshold while the lakehouse is paused. */
  readonly thresholdWhilePaused?: number;
}

const fiveMinutes = 300;
const quarterHour = 900;
const daySeconds = 86_400;
/** Gold is late when so many scheduled runs in a row did not end well. */
const missedRuns = 3;
/** Messages live seven days in the queue: while paused, the alarm rings in time to act. */
const pausedMessageSeconds = 5 * daySeconds;
/** Seconds that Firehose may take beyond its buffering. */
const deliverySlackSeconds = 900;

/** All alarms of an environment with these tables. */
export function alarmsOf(environment: Environment, tables: readonly string[]): readonly Alarm[] {
  return [
    ...functionNames.flatMap((transform) => functionAlarms(environment, transform)),
    ...queueAlarms(environment),
    ...goldAlarms(environment),
    ...tables.flatMap((table) => tableAlarms(environment, table)),
  ];
}

function functionAlarms(environment: Environment, transform: string): Alarm[] {
  const metric = (name: string): Metric => ({
    namespace: "AWS/Lambda",
    name,
    dimensions: { FunctionName: resourceName({ environment }, transform) },
    statistic: "Sum",
  });
  return [
    {
      name: `${transform}-errors`,
      runbook: `${transform}-errors`,
      meaning: `An invocation of ${transform} failed as a whole`,
      watches: metric("Errors"),
      rings: "above",
      threshold: 0,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: `${transform}-throttles`,
      runbook: "throttles",
      meaning: `Lambda has refused to start ${transform} for a quarter of an hour`,
      watches: metric("Throttles"),
      rings: "above",
      threshold: 0,
      periodSeconds: fiveMinutes,
      periods: 3,
      missingIsAlarming: false,
    },
  ];
}

function queueAlarms(environment: Environment): Alarm[] {
  const queue = (thing: string, name: string): Metric => ({
    namespace: "AWS/SQS",
    name,
    dimensions: { QueueName: resourceName({ environment }, thing) },
    statistic: "Maximum",
  });
  const deadLetters = (thing: string, meaning: string): Alarm => ({
    name: thing,
    runbook: thing,
    meaning,
    watches: queue(thing, "ApproximateNumberOfMessagesVisible"),
    rings: "above",
    threshold: 0,
    periodSeconds: fiveMinutes,
    periods: 1,
    missingIsAlarming: false,
  });
  return [
    deadLetters(
      "bronze-events-dead-letters",
      "A bronze object could not be made into silver in five attempts",
    ),
    deadLetters("gold-runs-dead-letters", "A gold run failed twice, or could not be started"),
    {
      name: "bronze-events-age",
      runbook: "bronze-events-age",
      meaning: "A bronze object has been waiting for silver for too long",
      watches: queue("bronze-events", "ApproximateAgeOfOldestMessage"),
      rings: "above",
      threshold: environment.alarms.oldestMessageMinutes * 60,
      thresholdWhilePaused: pausedMessageSeconds,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
  ];
}

function goldAlarms(environment: Environment): Alarm[] {
  const metric = (name: string): Metric => ({
    namespace: metricsNamespace,
    name,
    dimensions: { environment: environment.name } satisfies GoldDimensions,
    statistic: "Sum",
  });
  return [
    {
      name: "gold-late",
      runbook: "gold-late",
      meaning: "No gold run has ended well for three periods of its schedule",
      watches: metric(goldMetricNames.runs),
      rings: "below",
      threshold: 1,
      thresholdWhilePaused: 0,
      periodSeconds: environment.silverGold.scheduleMinutes * 60,
      periods: missedRuns,
      missingIsAlarming: true,
    },
    {
      name: "gold-checks-failed",
      runbook: "gold-checks-failed",
      meaning: "A model's check failed, so that the last good gold stays",
      watches: metric(goldMetricNames.checksFailed),
      rings: "above",
      threshold: 0,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
  ];
}

function tableAlarms(environment: Environment, table: string): Alarm[] {
  const objects = (name: string): Metric => ({
    namespace: metricsNamespace,
    name,
    dimensions: { environment: environment.name, table } satisfies ObjectDimensions,
    statistic: "Sum",
  });
  const stream = (name: string, statistic: Metric["statistic"]): Metric => ({
    namespace: "AWS/Firehose",
    name,
    dimensions: { DeliveryStreamName: resourceName({ environment }, table) },
    statistic,
  });
  const suffix = table.replaceAll("_", "-");
  return [
    {
      name: `quarantine-share-${suffix}`,
      runbook: "quarantine-share",
      meaning: `Too many records of ${table} are refused`,
      watches: {
        metrics: {
          records: objects(objectMetricNames.records),
          quarantined: objects(objectMetricNames.quarantined),
        },
        expression: "IF(records > 0, quarantined / records, 0)",
      },
      rings: "above",
      threshold: environment.alarms.quarantineShare,
      periodSeconds: quarterHour,
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: `delivery-freshness-${suffix}`,
      runbook: "delivery-freshness",
      meaning: `Firehose holds records of ${table} that should be in bronze by now`,
      watches: stream("DeliveryToS3.DataFreshness", "Maximum"),
      rings: "above",
      threshold: environment.ingest.bufferSeconds + deliverySlackSeconds,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: `delivery-failures-${suffix}`,
      runbook: "delivery-failures",
      meaning: `Firehose could not write records of ${table} to bronze`,
      watches: stream("DeliveryToS3.Success", "Average"),
      rings: "below",
      threshold: 1,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
  ];
}
