/** The alarms, as data: what each watches, when it rings, and what that means. docs/operations.md says what to do. */
import {
  bronzeSilver,
  type DeployedFunctionName,
  goldTask,
  silverGold,
} from "@lakehouse/lake/functions";
import {
  type GoldDimensions,
  goldMetricNames,
  metricsNamespace,
  type ObjectDimensions,
  objectMetricNames,
} from "@lakehouse/lake/metrics";
import { deployedFunctions } from "../deployed-functions.ts";
import { arnOf, bucketName, type Deployment, resourceName } from "../deployment.ts";
import { doorStage } from "../door/stage.ts";
import type { Environment, FunctionSize } from "../environment.ts";
import { executionTimeoutSeconds, stateMachineName } from "../fan-out/definition.ts";
import { replicationRule } from "../iam/replication.ts";
import { readsKinesis } from "../kinesis.ts";
import { memoryMetric } from "./memory-metric.ts";

/** One metric of CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Average" | "Maximum" | "Minimum" | "Sum";
}

/** When an alarm rings. */
export interface Alarm {
  /** Its name after `lakehouse-<environment>-`. */
  readonly name: string;
  /** The heading in docs/operations.md that says what to do. Alarms of several tables share one. */
  readonly runbook: string;
  /** What it means if it rings, in one sentence. */
  readonly meaning: string;
  /** One metric, or several by id and an expression of them. */
  readonly watches:
    | Metric
    | { readonly metrics: Readonly<Record<string, Metric>>; readonly expression: string };
  readonly rings: "above" | "below";
  readonly threshold: number;
  /** Length of one measurement, in seconds. */
  readonly periodSeconds: number;
  /** How many measurements in a row. */
  readonly periods: number;
  /** Whether the alarm rings if there is no measurement. */
  readonly missingIsAlarming: boolean;
  /** The threshold while the lakehouse is paused. */
  readonly thresholdWhilePaused?: number;
}

const fiveMinutes = 300;
/** Rings at the first event within five minutes. */
const atFirst = {
  rings: "above",
  threshold: 0,
  periodSeconds: fiveMinutes,
  periods: 1,
  missingIsAlarming: false,
} as const;
const quarterHour = 900;
const daySeconds = 86_400;
/** Gold is late if this many scheduled runs in a row did not succeed. */
const missedRuns = 3;
/** Gold falls behind if this many scheduled runs in a row need nearly all of their time. */
const longRuns = 3;
/** Time to replay after a deployment that changed a contract, before an alarm rings. */
const replaySeconds = 6 * 3_600;
/** Silver that gold runs leave behind for this long waits too long, though runs succeed. */
const backlogSeconds = 3 * 3_600;
/** Messages stay in the queue for seven days. While paused, the alarm rings in time to act. */
const pausedMessageSeconds = 5 * daySeconds;
/** The share of a limit (memory, time, throughput) at which an alarm rings, before the limit is reached. */
const nearLimit = 0.9;
/** The same for Firehose, because AWS takes days to raise its limits. */
const nearQuota = 0.8;
/** A Kinesis stream keeps records for a day. */
const sourceBehindMilliseconds = 3_600_000;
/** A query of Athena ends after hours at most. A model that waits longer is not built. */
const modelWaitingSeconds = 4 * 3_600;
/** Seconds that Firehose may take in addition to its buffering. */
const deliverySlackSeconds = 900;

/**
 * All alarms of an environment with these tables.
 *
 * @param place Where it is deployed, which is part of the names that some metrics have, and what builds its models.
 */
export function alarmsOf(
  environment: Environment,
  tables: readonly string[],
  place: Omit<Deployment, "environment"> = {
    accountId: "",
    partition: "aws",
    buildsOnAthena: false,
  },
): readonly Alarm[] {
  return [
    ...deployedFunctions(environment).flatMap((transform) =>
      functionAlarms(environment, transform),
    ),
    ...queueAlarms(environment),
    ...goldAlarms(environment),
    ...(place.buildsOnAthena ? athenaAlarms(environment) : []),
    ...executionAlarms({ environment, ...place }),
    ...replicaAlarms(environment, place.accountId),
    ...doorAlarms(environment),
    ...tables.flatMap((table) => tableAlarms(environment, table)),
  ];
}

function sizeOf(environment: Environment, transform: DeployedFunctionName): FunctionSize {
  const sizes = {
    [bronzeSilver]: environment.bronzeSilver,
    [silverGold]: environment.silverGold,
    [goldTask]: environment.silverGold,
  } satisfies Record<DeployedFunctionName, FunctionSize>;
  return sizes[transform];
}

function functionAlarms(environment: Environment, transform: DeployedFunctionName): Alarm[] {
  const { memoryMib, timeoutSeconds } = sizeOf(environment, transform);
  const metric = (name: string, statistic: Metric["statistic"] = "Sum"): Metric => ({
    namespace: "AWS/Lambda",
    name,
    dimensions: { FunctionName: resourceName({ environment }, transform) },
    statistic,
  });
  return [
    {
      name: `${transform}-errors`,
      runbook: `${transform}-errors`,
      meaning: `An invocation of ${transform} failed as a whole`,
      watches: metric("Errors"),
      ...atFirst,
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
    {
      name: `${transform}-memory`,
      runbook: "memory",
      meaning: `${transform} used more than ${percent(nearLimit)} of its memory`,
      watches: { ...memoryMetric(environment, transform), dimensions: {}, statistic: "Maximum" },
      rings: "above",
      threshold: Math.floor(memoryMib * nearLimit),
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: `${transform}-duration`,
      runbook: "duration",
      meaning: `Invocations of ${transform} take more than ${percent(nearLimit)} of their time`,
      watches: metric("Duration", "Maximum"),
      rings: "above",
      threshold: Math.floor(timeoutSeconds * 1_000 * nearLimit),
      // A gold run with a backlog uses all of its time on purpose: only several in a row mean that it falls behind.
      ...(transform === silverGold
        ? { periodSeconds: environment.silverGold.scheduleMinutes * 60, periods: longRuns }
        : { periodSeconds: fiveMinutes, periods: 1 }),
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
    ...atFirst,
  });
  return [
    deadLetters("bronze-events-dead-letters", "Five attempts to process a bronze object failed"),
    deadLetters("replay-dead-letters", "Five attempts to replay a bronze object failed"),
    deadLetters("catch-ups-dead-letters", "A nightly catch-up failed twice, or could not start"),
    deadLetters("gold-runs-dead-letters", "A gold run failed twice, or could not start"),
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

/** A metric of gold runs. */
function goldMetric(
  environment: Environment,
  name: string,
  statistic: Metric["statistic"] = "Sum",
): Metric {
  const dimensions = { environment: environment.name } satisfies GoldDimensions;
  return { namespace: metricsNamespace, name, dimensions, statistic };
}

function athenaAlarms(environment: Environment): Alarm[] {
  return [
    {
      name: "athena-models-failed",
      runbook: "athena-models-failed",
      meaning: "Athena could not build a model, so its last version stays",
      watches: goldMetric(environment, goldMetricNames.athenaFailed),
      ...atFirst,
    },
    {
      name: "athena-models-waiting",
      runbook: "athena-models-waiting",
      meaning: "A model has been waiting for Athena for hours",
      watches: goldMetric(environment, goldMetricNames.athenaWaiting, "Maximum"),
      rings: "above",
      threshold: modelWaitingSeconds,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
  ];
}

function goldAlarms(environment: Environment): Alarm[] {
  const metric = (name: string): Metric => goldMetric(environment, name);
  // Each measurement has at least one run.
  const runSeconds = Math.max(3_600, environment.silverGold.scheduleMinutes * 60);
  return [
    {
      name: "gold-late",
      runbook: "gold-late",
      meaning: "No gold run has succeeded for three periods of its schedule",
      watches: metric(goldMetricNames.runs),
      rings: "below",
      threshold: 1,
      thresholdWhilePaused: 0,
      periodSeconds: environment.silverGold.scheduleMinutes * 60,
      periods: missedRuns,
      missingIsAlarming: true,
    },
    {
      name: "gold-backlog",
      runbook: "gold-backlog",
      meaning: "For hours, each gold run has left silver for the next one",
      // One run that leaves nothing is enough.
      watches: { ...metric(goldMetricNames.backlogObjects), statistic: "Minimum" },
      rings: "above",
      threshold: 0,
      periodSeconds: runSeconds,
      periods: Math.max(1, Math.floor(backlogSeconds / runSeconds)),
      missingIsAlarming: false,
    },
    {
      name: "gold-checks-failed",
      runbook: "gold-checks-failed",
      meaning: "A model's check failed, so the last good gold stays",
      watches: metric(goldMetricNames.checksFailed),
      ...atFirst,
    },
    {
      name: "gold-retired",
      runbook: "gold-retired",
      meaning: "Gold has tables or models that the deployed code does not define",
      watches: metric(goldMetricNames.retired),
      rings: "above",
      threshold: 0,
      // Each run measures once, so every measurement has one.
      periodSeconds: Math.min(2 * environment.silverGold.scheduleMinutes * 60, daySeconds),
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: "silver-outdated",
      runbook: "silver-outdated",
      meaning: "For hours, gold has held silver that an older contract made",
      watches: { ...metric(goldMetricNames.outdatedObjects), statistic: "Maximum" },
      rings: "above",
      threshold: 0,
      periodSeconds: runSeconds,
      periods: Math.max(1, Math.floor(replaySeconds / runSeconds)),
      missingIsAlarming: false,
    },
  ];
}

/** Of the state machine that spreads gold runs over many invocations. */
function executionAlarms(deployment: Deployment): Alarm[] {
  if (deployment.environment.silverGold.fanOut === undefined) {
    return [];
  }
  const name = resourceName(deployment, stateMachineName);
  const StateMachineArn = arnOf(deployment, "states", `stateMachine:${name}`);
  const executions = (alarm: string, metric: string, meaning: string): Alarm => ({
    name: alarm,
    runbook: alarm,
    meaning,
    watches: {
      namespace: "AWS/States",
      name: metric,
      dimensions: { StateMachineArn },
      statistic: "Sum",
    },
    ...atFirst,
  });
  return [
    executions("gold-executions-failed", "ExecutionsFailed", "A gold run failed"),
    executions(
      "gold-executions-timed-out",
      "ExecutionsTimedOut",
      `A gold run was not finished after ${executionTimeoutSeconds / 3_600} hours`,
    ),
  ];
}

function replicaAlarms(environment: Environment, accountId: string): Alarm[] {
  const replica = environment.bronze?.replica;
  if (replica === undefined) {
    return [];
  }
  return [
    {
      name: "bronze-replica-failures",
      runbook: "bronze-replica-failures",
      meaning: "S3 could not copy bronze objects to the replica",
      watches: {
        namespace: "AWS/S3",
        name: "OperationsFailedReplication",
        dimensions: {
          SourceBucket: bucketName({ environment, accountId }, "bronze"),
          DestinationBucket: replica.bucketArn.replace(/^.*:::/, ""),
          RuleId: replicationRule,
        },
        statistic: "Sum",
      },
      ...atFirst,
    },
  ];
}

/** The share of requests to the door that may be refused. */
const refusedShare = 0.1;

function doorAlarms(environment: Environment): Alarm[] {
  if (environment.door === undefined) {
    return [];
  }
  const metric = (name: string): Metric => ({
    namespace: "AWS/ApiGateway",
    name,
    dimensions: { ApiName: resourceName({ environment }, "door"), Stage: doorStage },
    // Of all requests, because each measures 0 or 1.
    statistic: "Average",
  });
  return [
    {
      name: "door-refusals",
      runbook: "door-refusals",
      meaning: `The HTTP door has refused more than ${percent(refusedShare)} of the requests`,
      watches: metric("4XXError"),
      rings: "above",
      threshold: refusedShare,
      periodSeconds: quarterHour,
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: "door-errors",
      runbook: "door-errors",
      meaning: "The HTTP door itself fails",
      watches: metric("5XXError"),
      ...atFirst,
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
      name: `new-keys-${suffix}`,
      runbook: "new-keys",
      meaning: `Records of ${table} have keys that no column reads, and had fewer of them the day before`,
      watches: {
        metrics: { unread: { ...objects(objectMetricNames.unreadKeys), statistic: "Maximum" } },
        // Rare keys are missing for hours, but hardly for a day.
        expression: "DIFF(unread)",
      },
      rings: "above",
      threshold: 0,
      periodSeconds: daySeconds,
      periods: 1,
      missingIsAlarming: false,
    },
    {
      name: `delivery-freshness-${suffix}`,
      runbook: "delivery-freshness",
      meaning: `Firehose still holds records of ${table} that should be in bronze`,
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
    ...(readsKinesis(environment, table)
      ? sourceAlarms(environment, table, stream)
      : directAlarms(table, stream)),
  ];
}

type StreamMetric = (name: string, statistic: Metric["statistic"]) => Metric;

/** Of a stream that reads a Kinesis stream. */
function sourceAlarms(environment: Environment, table: string, stream: StreamMetric): Alarm[] {
  const suffix = table.replaceAll("_", "-");
  return [
    {
      name: `source-behind-${suffix}`,
      runbook: "source-behind",
      meaning: `Firehose is far behind the Kinesis stream of ${table}`,
      watches: stream("KinesisMillisBehindLatest", "Maximum"),
      rings: "above",
      threshold: sourceBehindMilliseconds,
      periodSeconds: fiveMinutes,
      periods: 3,
      missingIsAlarming: false,
    },
    {
      name: `source-throttles-${suffix}`,
      runbook: "source-throttles",
      meaning: `The Kinesis stream refused records of ${table}, because too many came at once`,
      watches: {
        namespace: "AWS/Kinesis",
        name: "WriteProvisionedThroughputExceeded",
        dimensions: { StreamName: resourceName({ environment }, table) },
        statistic: "Sum",
      },
      ...atFirst,
    },
  ];
}

/** Of a stream into which producers put records. */
function directAlarms(table: string, stream: StreamMetric): Alarm[] {
  const suffix = table.replaceAll("_", "-");
  return [
    {
      name: `delivery-throttles-${suffix}`,
      runbook: "delivery-throttles",
      meaning: `Firehose refused records of ${table}, because too many came at once`,
      watches: stream("ThrottledRecords", "Sum"),
      ...atFirst,
    },
    {
      name: `delivery-limit-${suffix}`,
      runbook: "delivery-limit",
      meaning: `The stream of ${table} gets more than ${percent(nearQuota)} of what Firehose takes`,
      watches: {
        metrics: Object.fromEntries(
          quotas.flatMap(({ id, incoming, limit }) => [
            [id, stream(incoming, "Sum")],
            [`${id}_limit`, stream(limit, "Average")],
          ]),
        ),
        expression: `MAX([${quotas
          .map(({ id }) => `${id} / PERIOD(${id}) / ${id}_limit`)
          .join(", ")}])`,
      },
      rings: "above",
      threshold: nearQuota,
      periodSeconds: fiveMinutes,
      periods: 1,
      missingIsAlarming: false,
    },
  ];
}

/** What Firehose limits per second, and its metrics of use and limit. */
const quotas = [
  { id: "bytes", incoming: "IncomingBytes", limit: "BytesPerSecondLimit" },
  { id: "records", incoming: "IncomingRecords", limit: "RecordsPerSecondLimit" },
  { id: "requests", incoming: "IncomingPutRequests", limit: "PutRequestsPerSecondLimit" },
] as const;

function percent(share: number): string {
  return `${share * 100} %`;
}
