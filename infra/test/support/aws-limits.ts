/** AWS's limits that a synthesized stack could break, each with what it counts. */
import { type Document, listOf, type Resource, resourcesOf } from "./synthesized.ts";

/** A limit. */
export interface Limit {
  readonly says: string;
  readonly most: number;
  /** What the limit applies to, each with its size. */
  readonly sizes: (document: Document) => readonly Size[];
}

/** The size of a resource, or of a part of it. */
export interface Size {
  readonly of: string;
  readonly size: number;
}

interface Widget {
  readonly type: string;
  readonly properties: { readonly metrics?: readonly unknown[]; readonly alarms?: string[] };
}

/** All limits. Quotas that AWS raises on request are its defaults. */
export const limits: readonly Limit[] = [
  // IAM does not count whitespace, and our policies have none.
  ofArgument("the inline policies of a role", 10_240, "aws_iam_role_policy", "policy"),
  ofArgument("a managed policy", 6_144, "aws_iam_policy", "policy"),
  ofArgument("a trust policy", 2_048, "aws_iam_role", "assume_role_policy"),
  ofArgument("the name of a role", 64, "aws_iam_role", "name"),
  ofArgument("the policy of a bucket", 20_480, "aws_s3_bucket_policy", "policy"),
  ofArgument("the policy of a queue", 8_192, "aws_sqs_queue_policy", "policy"),
  ofArgument("the policy of a topic", 30_720, "aws_sns_topic_policy", "policy"),
  ofArgument("the policy of a repository", 10_240, "aws_ecr_repository_policy", "policy"),
  ofArgument("the name of a bucket", 63, "aws_s3_bucket", "bucket"),
  ofArgument("the name of a queue", 80, "aws_sqs_queue", "name"),
  ofArgument("the name of a function", 64, "aws_lambda_function", "function_name"),
  ofArgument("the name of a stream", 64, "aws_kinesis_firehose_delivery_stream", "name"),
  ofArgument("the name of a Kinesis stream", 128, "aws_kinesis_stream", "name"),
  {
    // Each path is a resource, and so is the root.
    says: "the resources of an API",
    most: 300,
    sizes: each("aws_api_gateway_rest_api", ({ arguments: { body } }) => {
      const { paths } = JSON.parse(String(body)) as { readonly paths: object };
      return Object.keys(paths).length + 1;
    }),
  },
  ofArgument("the document of an API", 6 * 2 ** 20, "aws_api_gateway_rest_api", "body"),
  ofArgument("the name of a log group", 512, "aws_cloudwatch_log_group", "name"),
  ofArgument("the name of an alarm", 255, "aws_cloudwatch_metric_alarm", "alarm_name"),
  ofArgument(
    "the description of an alarm",
    1_024,
    "aws_cloudwatch_metric_alarm",
    "alarm_description",
  ),
  ofArgument("the value of a parameter", 4_096, "aws_ssm_parameter", "value"),
  ofArgument("the name of a saved query", 128, "aws_athena_named_query", "name"),
  ofArgument("the description of a saved query", 1_024, "aws_athena_named_query", "description"),
  ofArgument("a saved query", 262_144, "aws_athena_named_query", "query"),
  ofArgument("the name of a table of Glue", 255, "aws_glue_catalog_table", "name"),
  ofArgument("the description of a table of Glue", 2_048, "aws_glue_catalog_table", "description"),
  ofArgument("the text of a view", 409_600, "aws_glue_catalog_table", "view_original_text"),
  {
    says: "the managed policies of a role",
    most: 10,
    sizes: (document) =>
      countBy(
        resourcesOf(document, "aws_iam_role_policy_attachment").map(({ arguments: args }) =>
          String(args["role"]),
        ),
      ),
  },
  {
    says: "the notifications of a bucket",
    most: 100,
    sizes: each("aws_s3_bucket_notification", ({ arguments: args }) =>
      ["queue", "topic", "lambda_function"].reduce(
        (sum, kind) => sum + listOf(args[kind] as readonly unknown[] | undefined).length,
        0,
      ),
    ),
  },
  {
    says: "the lifecycle rules of a bucket",
    most: 1_000,
    sizes: each(
      "aws_s3_bucket_lifecycle_configuration",
      ({ arguments: { rule } }) => listOf(rule as readonly unknown[]).length,
    ),
  },
  {
    says: "the environment of a function",
    most: 4_096,
    sizes: each("aws_lambda_function", ({ arguments: { environment } }) =>
      Buffer.byteLength(resolved((environment as { variables: object }).variables)),
    ),
  },
  {
    says: "the metrics of an alarm",
    most: 10,
    sizes: each("aws_cloudwatch_metric_alarm", ({ arguments: { metric_query } }) =>
      // Expressions do not count.
      listOf(metric_query as readonly { metric?: unknown }[] | undefined).reduce(
        (sum, { metric }) => sum + (metric === undefined ? 0 : 1),
        0,
      ),
    ),
  },
  {
    says: "the widgets of a dashboard",
    most: 500,
    sizes: each("aws_cloudwatch_dashboard", (dashboard) => widgetsOf(dashboard).length),
  },
  {
    says: "the metrics of a dashboard",
    most: 2_500,
    sizes: each("aws_cloudwatch_dashboard", (dashboard) =>
      widgetsOf(dashboard).reduce((sum, widget) => sum + metricsIn(widget), 0),
    ),
  },
  ofWidget("the metrics of a widget", 500, metricsIn),
  ofWidget("the alarms of a widget", 100, ({ properties: { alarms = [] } }) => alarms.length),
  ofAll("the roles of an account", 1_000, "aws_iam_role"),
  ofAll("the streams of a region", 5_000, "aws_kinesis_firehose_delivery_stream"),
  ofAll("the alarms of a region", 5_000, "aws_cloudwatch_metric_alarm"),
];

/** What is larger than its limit. */
export function broken(document: Document): readonly string[] {
  return limits.flatMap(({ says, most, sizes }) =>
    sizes(document)
      .filter(({ size }) => size > most)
      .map(({ of, size }) => `${of}: ${says} would be ${size}, at most ${most}`),
  );
}

function ofArgument(says: string, most: number, type: string, argument: string): Limit {
  const sizeOf = ({ arguments: args }: Resource) =>
    args[argument] === undefined ? 0 : Buffer.byteLength(resolved(args[argument]));
  return { says, most, sizes: each(type, sizeOf) };
}

function ofAll(says: string, most: number, type: string): Limit {
  return {
    says,
    most,
    sizes: (document) => [{ of: type, size: resourcesOf(document, type).length }],
  };
}

function ofWidget(says: string, most: number, sizeOf: (widget: Widget) => number): Limit {
  return {
    says,
    most,
    sizes: (document) =>
      resourcesOf(document, "aws_cloudwatch_dashboard").flatMap((dashboard) =>
        widgetsOf(dashboard).map((widget, index) => ({
          of: `${dashboard.address}, widget ${index + 1}`,
          size: sizeOf(widget),
        })),
      ),
  };
}

function each(type: string, sizeOf: (resource: Resource) => number): Limit["sizes"] {
  return (document) =>
    resourcesOf(document, type).map((resource) => ({
      of: resource.address,
      size: sizeOf(resource),
    }));
}

function countBy(names: readonly string[]): readonly Size[] {
  return [...new Set(names)].map((name) => ({
    of: name,
    size: names.filter((other) => other === name).length,
  }));
}

function widgetsOf({ arguments: { dashboard_body } }: Resource): readonly Widget[] {
  return (JSON.parse(String(dashboard_body)) as { widgets: Widget[] }).widgets;
}

function metricsIn({ properties: { metrics = [] } }: Widget): number {
  return metrics.length;
}

/** The longest text that Terraform may make of a value with references. */
function resolved(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text
    .replaceAll(/\$\{data\.aws_caller_identity\.[^}]*\}/g, "123456789012")
    .replaceAll(/\$\{data\.aws_partition\.[^}]*\}/g, "aws-us-gov")
    .replaceAll(/\$\{[^}]*\}/g, "x".repeat(64));
}
