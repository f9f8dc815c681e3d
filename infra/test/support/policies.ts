/** Policies for every stack. Each check names the resources that break it. */
import {
  type Document,
  listOf,
  type PolicyStatement,
  type Resource,
  reference,
  referringTo,
  resourcesOf,
  statementsOf,
} from "./synthesized.ts";

/** A check of one stack. */
export interface Policy {
  readonly says: string;
  /** The resources that break it, each with the reason. */
  readonly violations: (document: Document) => readonly string[];
}

/** A method in an OpenAPI document. */
interface Method {
  readonly security?: unknown;
  readonly "x-amazon-apigateway-request-validator"?: string;
}

/** Actions that AWS cannot limit to a resource, with the reason for each. No other action may have `*`. */
export const unscopedActions: Readonly<Record<string, string>> = {
  "xray:PutTraceSegments": "X-Ray has no resource to limit it to",
  "xray:PutTelemetryRecords": "as above",
  "ecr:GetAuthorizationToken":
    "signs in to all repositories; other statements limit what it may do there",
  "logs:DescribeLogGroups": "lists names; Terraform needs it to find the log groups",
  "ssm:DescribeParameters": "lists names; Terraform needs it to find one parameter",
  "kms:ListAliases": "lists names; Terraform needs it to find the lake's key by its alias",
  "lambda:GetAccountSettings":
    "the account's quota has no resource; `deploy` compares it with the settings",
  "ec2:DescribeNetworkInterfaces": "lists; Lambda needs it to attach a function to its network",
  "ec2:DescribeSubnets": "as above; Terraform needs it to find the network",
  "ec2:DescribeSecurityGroups": "as above",
  "ec2:DescribeVpcs": "as above",
  "states:ValidateStateMachineDefinition": "checks text, which has no resource",
  "lambda:CreateEventSourceMapping":
    "a mapping has no ARN before it is created; a condition names its function",
};

const account = reference("data.aws_caller_identity.current.account_id");
/** Resource policies: who else may use a resource. */
const resourcePolicyTypes = [
  "aws_s3_bucket_policy",
  "aws_sqs_queue_policy",
  "aws_sns_topic_policy",
  "aws_ecr_repository_policy",
  "aws_kms_key",
];
/** Resource types that open a resource to others without such a policy. */
const openingTypes = [
  "aws_lambda_function_url",
  "aws_lambda_permission",
  "aws_s3_bucket_acl",
  "aws_s3_bucket_website_configuration",
  "aws_s3_bucket_cors_configuration",
];

/** The argument that names a resource's dead-letter queue. */
const deadLetterArguments = {
  aws_sqs_queue: ({ redrive_policy }: Resource["arguments"]) => redrive_policy,
  aws_lambda_function_event_invoke_config: ({ destination_config }: Resource["arguments"]) =>
    destination_config,
  aws_scheduler_schedule: ({ target }: Resource["arguments"]) =>
    (target as { readonly dead_letter_config?: unknown } | undefined)?.dead_letter_config,
};

/** All policies. */
export const policies: readonly Policy[] = [
  perBucket("every bucket blocks public access", (document, bucket) =>
    referringTo(document, "aws_s3_bucket_public_access_block", "bucket", bucket).some(
      ({ arguments: block }) =>
        [
          "block_public_acls",
          "block_public_policy",
          "ignore_public_acls",
          "restrict_public_buckets",
        ].every((each) => block[each] === true),
    ),
  ),
  perBucket("no bucket has access lists", (document, bucket) =>
    referringTo(document, "aws_s3_bucket_ownership_controls", "bucket", bucket).some(
      ({ arguments: { rule } }) =>
        (rule as { object_ownership?: string }).object_ownership === "BucketOwnerEnforced",
    ),
  ),
  perBucket("every bucket requires TLS", (document, bucket) =>
    referringTo(document, "aws_s3_bucket_policy", "bucket", bucket).some(({ arguments: args }) =>
      statementsOf(args["policy"]).some(
        (statement) =>
          deniesPlainHttp(statement, "s3:*") &&
          [`\${${bucket}.arn}`, `\${${bucket}.arn}/*`].every((arn) =>
            listOf(statement.Resource).includes(arn),
          ),
      ),
    ),
  ),
  perBucket("every bucket is encrypted", (document, bucket) =>
    referringTo(
      document,
      "aws_s3_bucket_server_side_encryption_configuration",
      "bucket",
      bucket,
    ).some(({ arguments: args }) =>
      /"sse_algorithm":"(AES256|aws:kms)"/.test(JSON.stringify(args["rule"])),
    ),
  ),
  perBucket("every bucket keeps earlier versions", (document, bucket) =>
    referringTo(document, "aws_s3_bucket_versioning", "bucket", bucket).some(
      ({ arguments: args }) =>
        (args["versioning_configuration"] as { status?: string }).status === "Enabled",
    ),
  ),
  perBucket("every bucket expires earlier versions and unfinished uploads", (document, bucket) =>
    referringTo(document, "aws_s3_bucket_lifecycle_configuration", "bucket", bucket).some(
      ({ arguments: { rule } }) => {
        const rules = rule as readonly Record<string, unknown>[];
        return ["noncurrent_version_expiration", "abort_incomplete_multipart_upload"].every(
          (what) => rules.some((each) => each["status"] === "Enabled" && each[what] !== undefined),
        );
      },
    ),
  ),
  perBucket(
    "every bucket can either be emptied by Terraform or not be destroyed",
    (document, address) => {
      const { force_destroy: force, lifecycle } = argumentsOf(document, address);
      const prevented = (lifecycle as { prevent_destroy?: boolean } | undefined)?.prevent_destroy;
      return (prevented === true) !== (force === true);
    },
  ),
  {
    says: "every key rotates, and cannot be destroyed",
    violations: (document) =>
      resourcesOf(document, "aws_kms_key").flatMap(({ address, arguments: args }) => [
        ...(args["enable_key_rotation"] === true ? [] : [`${address}: does not rotate`]),
        ...((args["lifecycle"] as { prevent_destroy?: boolean } | undefined)?.prevent_destroy ===
        true
          ? []
          : [`${address}: can be destroyed`]),
      ]),
  },
  {
    says: "nothing is public",
    violations: (document) => [
      ...resourcesOf(document, ...openingTypes).map(
        ({ address }) => `${address}: opens a resource`,
      ),
      ...allowances(document)
        .filter(({ statement }) => Object.values(statement.Principal ?? {}).includes("*"))
        .map(({ address, statement }) => `${address}: ${statement.Sid} allows everybody`),
    ],
  },
  {
    says: "AWS services may use a resource or a role only for this account",
    violations: (document) =>
      allowances(document)
        .concat(trusts(document))
        .filter(
          ({ address, statement }) =>
            statement.Principal?.["Service"] !== undefined &&
            // AWS gives a function, a bucket or an API only roles of its own account.
            !(
              address.startsWith("aws_iam_role.") &&
              ["lambda.amazonaws.com", "s3.amazonaws.com", "apigateway.amazonaws.com"].includes(
                statement.Principal["Service"],
              )
            ),
        )
        .filter(
          ({ statement: { Condition: condition } }) =>
            condition?.["StringEquals"]?.["aws:SourceAccount"] !== account &&
            condition?.["ArnLike"]?.["aws:SourceArn"]?.includes(`:${account}:`) !== true,
        )
        .map(({ address, statement }) => `${address}: ${statement.Sid} may be for any account`),
  },
  {
    says: "GitHub's jobs assume a role only for one repository, and one environment, pull requests or main",
    violations: (document) =>
      trusts(document)
        .filter(({ statement }) => statement.Principal?.["Federated"] !== undefined)
        .filter(({ statement }) => {
          const { "token.actions.githubusercontent.com:sub": subject } =
            statement.Condition?.["StringEquals"] ?? {};
          return !/^repo:[^:*]+\/[^:*]+:(environment:[^*]+|pull_request|ref:refs\/heads\/main)$/.test(
            String(subject),
          );
        })
        .map(({ address }) => `${address}: may be assumed by others`),
  },
  {
    says: "no role may do everything with anything",
    violations: (document) =>
      rolePolicies(document).flatMap(({ address, statement }) =>
        listOf(statement.Action)
          .filter((action) => action.includes("*"))
          .map((action) => `${address}: ${statement.Sid} has the action ${action}`),
      ),
  },
  {
    says: "no role may use every resource, unless AWS offers nothing narrower",
    violations: (document) =>
      rolePolicies(document)
        .filter(({ statement }) => listOf(statement.Resource).includes("*"))
        .flatMap(({ address, statement }) =>
          listOf(statement.Action)
            .filter((action) => !(action in unscopedActions))
            .map((action) => `${address}: ${statement.Sid} allows ${action} on everything`),
        ),
  },
  {
    says: "every role of the lakehouse has the permissions boundary",
    violations: (document) =>
      resourcesOf(document, "aws_iam_role")
        .filter(({ arguments: { name } }) => String(name).startsWith("lakehouse-"))
        .filter(
          ({ arguments: args }) => !String(args["permissions_boundary"]).endsWith("-boundary"),
        )
        .map(({ address }) => `${address}: has no boundary`),
  },
  {
    says: "every queue is encrypted, requires TLS, and has a dead-letter queue, is one, or holds requests that are repeated",
    violations: (document) =>
      resourcesOf(document, "aws_sqs_queue").flatMap(({ address, arguments: args }) => [
        ...(args["sqs_managed_sse_enabled"] === true ? [] : [`${address}: is not encrypted`]),
        ...(args["redrive_policy"] !== undefined ||
        takesDeadLetters(document, address) ||
        startsRuns(args)
          ? []
          : [`${address}: has no dead-letter queue`]),
        ...(referringTo(document, "aws_sqs_queue_policy", "queue_url", address).some(
          ({ arguments: { policy } }) =>
            statementsOf(policy).some((each) => deniesPlainHttp(each, "sqs:*")),
        )
          ? []
          : [`${address}: allows requests without TLS`]),
      ]),
  },
  {
    says: "messages stay hidden for six times the function's timeout, and fail one by one; those that start runs, while one may run",
    violations: (document) =>
      resourcesOf(document, "aws_lambda_event_source_mapping").flatMap(
        ({ address, arguments: args }) => {
          const queue = argumentsOf(document, addressIn(args["event_source_arn"]));
          const alias = argumentsOf(document, addressIn(args["function_name"]));
          const lambda = argumentsOf(document, addressIn(alias["function_name"]));
          if (startsRuns(queue)) {
            return Number(queue["visibility_timeout_seconds"]) > Number(lambda["timeout"])
              ? []
              : [`${address}: a run may start beside another`];
          }
          return [
            ...(Number(queue["visibility_timeout_seconds"]) >= 6 * Number(lambda["timeout"])
              ? []
              : [`${address}: messages come back too early`]),
            ...(listOf(args["function_response_types"]).includes("ReportBatchItemFailures")
              ? []
              : [`${address}: one bad message fails its batch`]),
          ];
        },
      ),
  },
  {
    says: "every trigger invokes an alias, so that a new image can be rolled back",
    violations: (document) => [
      ...resourcesOf(document, "aws_lambda_event_source_mapping")
        .filter(({ arguments: args }) => !isAlias(args["function_name"]))
        .map(({ address }) => `${address}: invokes no alias`),
      ...resourcesOf(document, "aws_scheduler_schedule")
        .filter(({ arguments: args }) => {
          const { arn } = args["target"] as { arn?: string };
          return (
            !isAlias(arn) &&
            !addressIn(arn).startsWith("aws_sfn_state_machine.") &&
            !startsRuns(argumentsOf(document, addressIn(arn)))
          );
        })
        .map(({ address }) => `${address}: invokes no alias`),
      ...resourcesOf(document, "aws_sfn_state_machine").flatMap(({ address, arguments: args }) =>
        invokedBy(args["definition"])
          .filter((each) => !isAlias(each))
          .map((each) => `${address}: ${each} is no alias`),
      ),
      ...resourcesOf(document, "aws_lambda_function")
        .filter(
          ({ address, arguments: args }) =>
            args["publish"] !== true ||
            referringTo(document, "aws_lambda_alias", "function_version", address).length !== 1,
        )
        .map(({ address }) => `${address}: has no alias of its versions`),
    ],
  },
  {
    says: "every function has an image by digest, traces, its own logs and alarms",
    violations: (document) =>
      resourcesOf(document, "aws_lambda_function").flatMap(({ address, arguments: args }) => [
        ...(isDigestVariable(document, args["image_uri"]) ? [] : [`${address}: has no digest`]),
        ...((args["tracing_config"] as { mode?: string } | undefined)?.mode === "Active"
          ? []
          : [`${address}: has no traces`]),
        ...(addressIn(
          (args["logging_config"] as { log_group?: string } | undefined)?.log_group,
        ).startsWith("aws_cloudwatch_log_group.")
          ? []
          : [`${address}: has no log group`]),
        ...["Errors", "Throttles", "Duration"]
          .filter((metric) => !alarmsOn(document, metric, { FunctionName: args["function_name"] }))
          .map((metric) => `${address}: has no alarm on ${metric}`),
        ...(alarmsOn(document, `${args["function_name"]}-memory`)
          ? []
          : [`${address}: has no alarm on memory`]),
      ]),
  },
  {
    says: "every state machine ends, and has alarms on its executions",
    violations: (document) =>
      resourcesOf(document, "aws_sfn_state_machine").flatMap(({ address, arguments: args }) => [
        ...(JSON.parse(String(args["definition"])).TimeoutSeconds > 0
          ? []
          : [`${address}: may run for a year`]),
        ...["ExecutionsFailed", "ExecutionsTimedOut"]
          .filter(
            (metric) =>
              !resourcesOf(document, "aws_cloudwatch_metric_alarm").some(
                ({ arguments: { metric_name, dimensions } }) =>
                  metric_name === metric &&
                  JSON.stringify(dimensions).endsWith(`:stateMachine:${args["name"]}"}`),
              ),
          )
          .map((metric) => `${address}: has no alarm on ${metric}`),
      ]),
  },
  {
    says: "every dead-letter queue has an alarm",
    violations: (document) =>
      resourcesOf(document, "aws_sqs_queue")
        .filter(({ address }) => takesDeadLetters(document, address))
        .filter(
          ({ arguments: { name } }) =>
            !alarmsOn(document, "ApproximateNumberOfMessagesVisible", { QueueName: name }),
        )
        .map(({ address }) => `${address}: has no alarm`),
  },
  {
    says: "every topic is encrypted with the environment's key, if it has one, and requires TLS",
    violations: (document) =>
      resourcesOf(document, "aws_sns_topic").flatMap(({ address, arguments: args }) => [
        ...(args["kms_master_key_id"] !== undefined ||
        document.data?.["aws_kms_alias"] === undefined
          ? []
          : [`${address}: is not encrypted`]),
        ...(referringTo(document, "aws_sns_topic_policy", "arn", address).some(
          ({ arguments: { policy } }) =>
            statementsOf(policy).some((each) => deniesPlainHttp(each, "sns:Publish")),
        )
          ? []
          : [`${address}: allows requests without TLS`]),
      ]),
  },
  {
    says: "every alarm has an action",
    violations: (document) =>
      resourcesOf(document, "aws_cloudwatch_metric_alarm")
        .filter(({ arguments: args }) => listOf(args["alarm_actions"]).length === 0)
        .map(({ address }) => `${address}: has no action`),
  },
  {
    says: "every log group has a retention",
    violations: (document) =>
      resourcesOf(document, "aws_cloudwatch_log_group")
        .filter(({ arguments: args }) => !(Number(args["retention_in_days"]) > 0))
        .map(({ address }) => `${address}: keeps logs forever`),
  },
  {
    says: "every stream encrypts, compresses, logs and separates records",
    violations: (document) =>
      resourcesOf(document, "aws_kinesis_firehose_delivery_stream").flatMap(
        ({ address, arguments: args }) => {
          const text = JSON.stringify(args["extended_s3_configuration"]);
          const encryption = args["server_side_encryption"] as { enabled?: boolean } | undefined;
          const source = args["kinesis_source_configuration"] as
            | { kinesis_stream_arn?: string }
            | undefined;
          const stream = argumentsOf(document, addressIn(source?.kinesis_stream_arn));
          return [
            ...(encryption?.enabled === true || stream["encryption_type"] === "KMS"
              ? []
              : [`${address}: is not encrypted`]),
            ...(text.includes('"compression_format":"GZIP"')
              ? []
              : [`${address}: is not compressed`]),
            ...(text.includes('"log_group_name"') ? [] : [`${address}: does not log`]),
            ...(text.includes('"AppendDelimiterToRecord"') ? [] : [`${address}: joins records`]),
          ];
        },
      ),
  },
  {
    says: "every method of an API needs a key, except OPTIONS, and checks and limits what it takes",
    violations: (document) =>
      resourcesOf(document, "aws_api_gateway_rest_api").flatMap(({ address, arguments: args }) => {
        const { paths } = JSON.parse(String(args["body"])) as {
          readonly paths: Readonly<Record<string, Readonly<Record<string, Method>>>>;
        };
        const methods = Object.entries(paths).flatMap(([path, item]) =>
          Object.entries(item)
            .filter(([verb]) => verb !== "options")
            .map(([verb, method]) => ({ place: `${address}: ${verb} ${path}`, method })),
        );
        const limits = referringTo(
          document,
          "aws_api_gateway_method_settings",
          "rest_api_id",
          address,
        );
        return [
          ...methods
            .filter(({ method }) => JSON.stringify(method.security) !== '[{"key":[]}]')
            .map(({ place }) => `${place} needs no key`),
          ...methods
            .filter(({ method }) => method["x-amazon-apigateway-request-validator"] === undefined)
            .map(({ place }) => `${place} checks nothing`),
          ...(limits.length === 1 ? [] : [`${address}: has no limit`]),
        ];
      }),
  },
  {
    says: "every usage plan has limits",
    violations: (document) =>
      resourcesOf(document, "aws_api_gateway_usage_plan")
        .filter(({ arguments: args }) => args["throttle_settings"] === undefined)
        .map(({ address }) => `${address}: has no limit`),
  },
  {
    says: "every repository has immutable tags, scans images and expires old ones",
    violations: (document) =>
      resourcesOf(document, "aws_ecr_repository").flatMap(({ address, arguments: args }) => {
        const scan = args["image_scanning_configuration"] as { scan_on_push?: boolean } | undefined;
        return [
          ...(args["image_tag_mutability"] === "IMMUTABLE"
            ? []
            : [`${address}: tags can be moved`]),
          ...(scan?.scan_on_push === true ? [] : [`${address}: does not scan`]),
          ...(referringTo(document, "aws_ecr_lifecycle_policy", "repository", address).length === 1
            ? []
            : [`${address}: keeps images forever`]),
        ];
      }),
  },
  {
    says: "Athena's workgroup enforces its limit and encryption",
    violations: (document) =>
      resourcesOf(document, "aws_athena_workgroup")
        .filter(({ arguments: { configuration } }) => {
          const settings = configuration as Record<string, unknown>;
          return !(
            settings["enforce_workgroup_configuration"] === true &&
            Number(settings["bytes_scanned_cutoff_per_query"]) > 0 &&
            JSON.stringify(settings["result_configuration"]).includes('"encryption_option"')
          );
        })
        .map(({ address }) => `${address}: can be overridden`),
  },
  {
    says: "every resource is tagged, and works with AWS provider 5 and 6",
    violations: (document) => {
      const [provider = {}] = document.provider.aws;
      const tags = JSON.stringify(provider["default_tags"] ?? "");
      return [
        ...["project", "environment", "managed-by"]
          .filter((tag) => !tags.includes(`"${tag}"`))
          .map((tag) => `provider: does not tag ${tag}`),
        ...resourcesOf(document)
          .filter(({ arguments: args }) => "region" in args)
          .map(({ address }) => `${address}: only provider 6 has the argument region`),
      ];
    },
  },
];

/** Every statement of a role's policy or boundary that allows something. */
export function rolePolicies(document: Document): StatementOf[] {
  return statementsIn(document, ["aws_iam_role_policy", "aws_iam_policy"], "policy").filter(
    ({ statement }) => statement.Effect === "Allow",
  );
}

/** A statement and where it is. */
export interface StatementOf {
  readonly address: string;
  readonly statement: PolicyStatement;
}

function perBucket(says: string, holds: (document: Document, address: string) => boolean): Policy {
  return {
    says,
    violations: (document) =>
      resourcesOf(document, "aws_s3_bucket")
        .filter(({ address }) => !holds(document, address))
        .map(({ address }) => `${address}: not so`),
  };
}

function allowances(document: Document): StatementOf[] {
  return statementsIn(document, resourcePolicyTypes, "policy").filter(
    ({ statement }) => statement.Effect === "Allow",
  );
}

function trusts(document: Document): StatementOf[] {
  return statementsIn(document, ["aws_iam_role"], "assume_role_policy");
}

function statementsIn(
  document: Document,
  types: readonly string[],
  argument: string,
): StatementOf[] {
  return resourcesOf(document, ...types).flatMap(({ address, arguments: args }) =>
    statementsOf(args[argument]).map((statement) => ({ address, statement })),
  );
}

function deniesPlainHttp(statement: PolicyStatement, action: string): boolean {
  return (
    statement.Effect === "Deny" &&
    statement.Principal?.["AWS"] === "*" &&
    listOf(statement.Action).includes(action) &&
    statement.Condition?.["Bool"]?.["aws:SecureTransport"] === "false"
  );
}

/** Whether a queue's messages hold nothing but the request to run, which the next one repeats: they are forgotten soon. */
function startsRuns(queue: Resource["arguments"]): boolean {
  return queue["fifo_queue"] === true && Number(queue["message_retention_seconds"]) <= 3_600;
}

/** Whether a queue, schedule or function uses this one as its dead-letter queue. */
function takesDeadLetters(document: Document, address: string): boolean {
  const arn = `\${${address}.arn}`;
  return Object.entries(deadLetterArguments).some(([type, argumentOf]) =>
    resourcesOf(document, type).some(({ arguments: args }) =>
      String(JSON.stringify(argumentOf(args))).includes(arn),
    ),
  );
}

/** Whether a value is a variable that Terraform accepts only with a digest. */
function isDigestVariable(document: Document, value: unknown): boolean {
  const name = /^\$\{var\.(\w+)\}$/.exec(String(value))?.[1];
  const variable = name === undefined ? undefined : document.variable?.[name];
  return JSON.stringify(variable?.["validation"] ?? "").includes("@sha256:[0-9a-f]{64}$");
}

function alarmsOn(
  document: Document,
  metric: string,
  dimensions: Readonly<Record<string, unknown>> = {},
): boolean {
  return resourcesOf(document, "aws_cloudwatch_metric_alarm").some(
    ({ arguments: args }) =>
      args["metric_name"] === metric &&
      JSON.stringify(args["dimensions"]) === JSON.stringify(dimensions),
  );
}

/** The functions that a state machine's definition names. */
function invokedBy(definition: unknown): readonly unknown[] {
  const names: unknown[] = [];
  JSON.parse(String(definition), (key, value: unknown) => {
    if (key === "FunctionName") {
      names.push(value);
    }
    return value;
  });
  return names;
}

function isAlias(reference: unknown): boolean {
  return addressIn(reference).startsWith("aws_lambda_alias.");
}

function addressIn(reference: unknown): string {
  return /^\$\{([a-z0-9_]+\.[a-z0-9_]+)\./.exec(String(reference))?.[1] ?? "";
}

function argumentsOf(document: Document, address: string): Resource["arguments"] {
  const [type = "", name = ""] = address.split(".");
  return document.resource[type]?.[name] ?? {};
}
