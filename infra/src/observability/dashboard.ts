/** The dashboard. From left to right and top to bottom it follows the data. */
import { goldMetricNames, metricsNamespace, objectMetricNames } from "@lakehouse/lake/metrics";
import { pricesOf } from "../costs/prices.ts";
import { deployedFunctions } from "../deployed-functions.ts";
import { resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { goldStartsName } from "../iam/gold-starts.ts";
import { memoryMetric } from "./memory-metric.ts";

type MetricRow = readonly (string | Readonly<Record<string, string>>)[];

interface Graph {
  readonly title: string;
  readonly statistic: "Average" | "Maximum" | "Sum";
  readonly metrics: readonly MetricRow[];
}

const columns = 3;
const width = 24 / columns;
const height = 6;

/** CloudWatch's limit for the alarms of a widget. */
const alarmsInWidget = 100;
/**
 * The most tables whose metrics a graph shows. A dashboard has at most 2,500 metrics in all, and there are eight graphs with
 * a line for each table.
 */
const tablesInGraph = 300;

/**
 * The body of an `aws_cloudwatch_dashboard`: the alarms' states, then the graphs. If there are more alarms than fit into one
 * widget, the rest follows below the graphs.
 *
 * @param alarmArns The alarms. Those at the beginning are at the top.
 * @param buildsOnAthena Whether Athena builds models.
 */
export function dashboardBody(
  environment: Environment,
  tables: readonly string[],
  alarmArns: readonly string[],
  buildsOnAthena = false,
): string {
  const graphs = [
    ...graphsOf(environment, tables),
    ...(buildsOnAthena ? athenaGraphs(environment) : []),
  ].map(({ title, statistic, metrics }, index) => ({
    type: "metric",
    x: (index % columns) * width,
    y: height + Math.floor(index / columns) * height,
    width,
    height,
    properties: {
      title:
        metrics.length < tablesInGraph ? title : `${title} (the first ${tablesInGraph} tables)`,
      region: environment.region,
      view: "timeSeries",
      stat: statistic,
      period: 300,
      metrics,
    },
  }));
  const title = "Alarms (docs/operations.md says what to do)";
  const alarms = pagesOf(alarmArns).map((page, index, pages) => ({
    type: "alarm",
    x: 0,
    y: index === 0 ? 0 : height * (Math.ceil(graphs.length / columns) + index),
    width: 24,
    height,
    properties: {
      title: pages.length === 1 ? title : `${title}, ${index + 1} of ${pages.length}`,
      alarms: page,
    },
  }));
  return JSON.stringify({ widgets: [...alarms.slice(0, 1), ...graphs, ...alarms.slice(1)] });
}

function pagesOf(alarmArns: readonly string[]): readonly (readonly string[])[] {
  const pages = Math.ceil(alarmArns.length / alarmsInWidget);
  return Array.from({ length: pages }, (_, page) =>
    alarmArns.slice(page * alarmsInWidget, (page + 1) * alarmsInWidget),
  );
}

function goldRow(environment: Environment, metric: string): MetricRow {
  return [metricsNamespace, metric, "environment", environment.name];
}

function athenaGraphs(environment: Environment): readonly Graph[] {
  const gold = (metric: string): MetricRow => goldRow(environment, metric);
  const dollars = `bytes / ${1e12} * ${pricesOf(environment.region).usd.athenaTb}`;
  return [
    {
      title: "Athena's models: bytes scanned, and US dollars",
      statistic: "Sum",
      metrics: [
        [...gold(goldMetricNames.athenaBytes), { id: "bytes" }],
        [{ expression: dollars, label: "US dollars", yAxis: "right" }],
      ],
    },
    {
      title: "Athena's models: milliseconds of queries",
      statistic: "Sum",
      metrics: [gold(goldMetricNames.athenaMilliseconds)],
    },
    {
      title: "Athena's models: failed, and seconds that the oldest has waited",
      statistic: "Maximum",
      metrics: [
        gold(goldMetricNames.athenaFailed),
        [...gold(goldMetricNames.athenaWaiting), { yAxis: "right" }],
      ],
    },
  ];
}

function graphsOf(environment: Environment, allTables: readonly string[]): readonly Graph[] {
  const tables = allTables.slice(0, tablesInGraph);
  const name = (thing: string): string => resourceName({ environment }, thing);
  const perTable = (metric: string): MetricRow[] =>
    tables.map((table) => [
      metricsNamespace,
      metric,
      "environment",
      environment.name,
      "table",
      table,
      { label: table },
    ]);
  const gold = (metric: string): MetricRow => goldRow(environment, metric);
  const streams = (metric: string): MetricRow[] =>
    tables.map((table) => [
      "AWS/Firehose",
      metric,
      "DeliveryStreamName",
      name(table),
      { label: table },
    ]);
  const functions = (metric: string): MetricRow[] =>
    deployedFunctions(environment).map((transform) => [
      "AWS/Lambda",
      metric,
      "FunctionName",
      name(transform),
      { label: transform },
    ]);
  const queue = (thing: string, metric: string): MetricRow => [
    "AWS/SQS",
    metric,
    "QueueName",
    name(thing),
    { label: thing },
  ];
  return [
    {
      title: "Records received (joined ones count once)",
      statistic: "Sum",
      metrics: streams("IncomingRecords"),
    },
    {
      title: "Oldest record in Firehose, seconds",
      statistic: "Maximum",
      metrics: streams("DeliveryToS3.DataFreshness"),
    },
    {
      title: "Objects waiting for silver, and failed objects",
      statistic: "Maximum",
      metrics: [
        "bronze-events",
        "bronze-events-dead-letters",
        "replay",
        "replay-dead-letters",
        "catch-ups-dead-letters",
        "gold-runs-dead-letters",
      ].map((thing) => queue(thing, "ApproximateNumberOfMessagesVisible")),
    },
    ...(environment.silverGold.startBySilver === undefined
      ? []
      : [
          {
            title: "Messages that start gold runs",
            statistic: "Sum",
            metrics: ["NumberOfMessagesSent", "NumberOfMessagesDeleted"].map((metric) => [
              "AWS/SQS",
              metric,
              "QueueName",
              goldStartsName({ environment }),
              { label: metric === "NumberOfMessagesSent" ? "sent" : "done" },
            ]),
          } as const,
        ]),
    { title: "Records read", statistic: "Sum", metrics: perTable(objectMetricNames.records) },
    { title: "Rows written", statistic: "Sum", metrics: perTable(objectMetricNames.rows) },
    {
      title: "Records refused",
      statistic: "Sum",
      metrics: perTable(objectMetricNames.quarantined),
    },
    {
      title: "Records dropped by expectations",
      statistic: "Sum",
      metrics: perTable(objectMetricNames.dropped),
    },
    {
      title: "Keys that no column reads",
      statistic: "Maximum",
      metrics: perTable(objectMetricNames.unreadKeys),
    },
    {
      title: "From arrival to silver, seconds",
      statistic: "Maximum",
      metrics: perTable(objectMetricNames.lag),
    },
    {
      title: "Successful gold runs, and failed checks",
      statistic: "Sum",
      metrics: [gold(goldMetricNames.runs), gold(goldMetricNames.checksFailed)],
    },
    { title: "Age of gold, seconds", statistic: "Maximum", metrics: [gold(goldMetricNames.age)] },
    { title: "New silver objects", statistic: "Sum", metrics: [gold(goldMetricNames.newObjects)] },
    {
      title: "Silver objects left for the next gold run",
      statistic: "Maximum",
      metrics: [gold(goldMetricNames.backlogObjects)],
    },
    {
      title: "Silver left for the next gold run, bytes",
      statistic: "Maximum",
      metrics: [gold(goldMetricNames.backlogBytes)],
    },
    {
      title: "Silver objects that an older contract made",
      statistic: "Maximum",
      metrics: [gold(goldMetricNames.outdatedObjects)],
    },
    {
      title: "Memory used, MiB",
      statistic: "Maximum",
      metrics: deployedFunctions(environment).map((transform) => {
        const { namespace, name: metric } = memoryMetric(environment, transform);
        return [namespace, metric, { label: transform }];
      }),
    },
    {
      title: "Tables and models without a definition",
      statistic: "Maximum",
      metrics: [gold(goldMetricNames.retired)],
    },
    { title: "Duration, milliseconds", statistic: "Maximum", metrics: functions("Duration") },
    { title: "Errors", statistic: "Sum", metrics: functions("Errors") },
    {
      title: "Concurrent invocations",
      statistic: "Maximum",
      metrics: functions("ConcurrentExecutions"),
    },
  ];
}
