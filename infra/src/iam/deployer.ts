/** The permissions of GitHub's jobs: read what is deployed and, for one of the roles, change it. */
import { glueDatabase } from "@lakehouse/lake/deployed-lake";
import { silverGold } from "@lakehouse/lake/functions";
import { arnOf, boundaryName, type Deployment, liveAlias, resourceName } from "../deployment.ts";
import { findNetwork } from "./network.ts";
import type { Conditions, Denial, RoleStatement, Statement, UnscopedStatement } from "./policy.ts";
import { tableResources } from "./table-access.ts";

interface ServiceAccess {
  /** The service, capitalized: part of the statements' names. */
  readonly name: string;
  readonly resources: readonly [string, ...string[]];
  /** What a plan reads. */
  readonly read: readonly string[];
  /** What an apply changes. */
  readonly write: readonly string[];
  readonly conditions?: Conditions;
}

/**
 * Permission to read the configuration of everything that is deployed, but no data.
 *
 * @param keyArn The lake's own key, if it has one. Whoever deploys may look it up, but neither use nor change it:
 *   configuring a service to encrypt with a key needs neither.
 */
export function planStatements(
  deployment: Deployment,
  keyArn: string | undefined,
): readonly RoleStatement[] {
  return [
    ...keepKeys(deployment),
    ...statements(deployment, "read"),
    ...(keyArn === undefined ? [] : findKey(keyArn)),
    ...findNetwork(deployment),
    ...checkDefinitions(deployment),
    {
      sid: "Find",
      actions: [
        "ssm:DescribeParameters",
        "ecr:GetAuthorizationToken",
        "lambda:GetAccountSettings",
        "logs:DescribeLogGroups",
      ],
      everyResourceBecause: "These list, describe or sign in, and AWS has no resource for them",
    },
  ];
}

/**
 * Permission to change all that within the boundary, but never the boundary, this role, the state bucket, the lake's buckets
 * or who may assume the lakehouse's roles.
 */
export function deployStatements(deployment: Deployment): readonly RoleStatement[] {
  const { environment, partition, accountId } = deployment;
  const ours = `lakehouse-${environment.name}-*`;
  const roles = `arn:${partition}:iam::${accountId}:role/${ours}`;
  return [
    ...statements(deployment, "write"),
    ...protections(deployment),
    {
      // The roles themselves, with who may assume them, are a person's.
      sid: "ChangeBoundedRoles",
      actions: ["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
      resources: [roles],
      conditions: {
        StringEquals: {
          "iam:PermissionsBoundary": `arn:${partition}:iam::${accountId}:policy/${boundaryName(deployment)}`,
        },
      },
    },
    {
      sid: "HandRolesToServices",
      actions: ["iam:PassRole"],
      resources: [roles],
      conditions: {
        StringEquals: {
          "iam:PassedToService": [
            "lambda.amazonaws.com",
            "firehose.amazonaws.com",
            "scheduler.amazonaws.com",
            ...(environment.door === undefined ? [] : ["apigateway.amazonaws.com"]),
            ...(environment.silverGold.fanOut === undefined
              ? []
              : ["states.amazonaws.com", "pipes.amazonaws.com"]),
          ],
        },
      },
    },
    {
      sid: "MakeTriggers",
      actions: ["lambda:CreateEventSourceMapping"],
      everyResourceBecause:
        "A mapping has no ARN before it is created; the condition names its function",
      conditions: {
        ArnLike: { "lambda:FunctionArn": arnOf(deployment, "lambda", `function:${ours}`) },
      },
    },
    {
      // A trigger has no tags before it is created. Only the permission to tag it depends on its tags.
      sid: "TagNewTriggers",
      actions: ["lambda:TagResource"],
      resources: [arnOf(deployment, "lambda", "event-source-mapping:*")],
      conditions: { StringEquals: { "aws:RequestTag/environment": environment.name } },
    },
    ...validateModels(deployment),
  ];
}

/** Permission to have the function ask Athena whether it takes the queries of its models. Empty if DuckDB builds all models. */
function validateModels(deployment: Deployment): readonly Statement[] {
  const name = `function:${resourceName(deployment, silverGold)}`;
  return deployment.buildsOnAthena
    ? [
        {
          sid: "ValidateModels",
          actions: ["lambda:InvokeFunction"],
          resources: [arnOf(deployment, "lambda", `${name}:${liveAlias}`)],
        },
      ]
    : [];
}

/** Permission to read Terraform's state or, with `write`, to replace it and hold its lock. */
export function stateStatements(
  { environment }: Deployment,
  stateBucketArn: string,
  access: "read" | "write",
): readonly Statement[] {
  const stateOf = (stack: string): string =>
    `${stateBucketArn}/${environment.name}-${stack}.tfstate`;
  // The other stacks are a person's. Whoever deploys must know whether storage has all that the lakehouse needs.
  const states = [stateOf("registry"), stateOf("lakehouse")] as const;
  return [
    { sid: "FindState", actions: ["s3:ListBucket"], resources: [stateBucketArn] },
    { sid: "ReadStorage", actions: ["s3:GetObject"], resources: [stateOf("storage")] },
    {
      sid: "State",
      actions: access === "write" ? ["s3:GetObject", "s3:PutObject"] : ["s3:GetObject"],
      resources: states,
    },
    ...(access === "write"
      ? [
          {
            sid: "LockState",
            actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources: [`${states[0]}.tflock`, `${states[1]}.tflock`] as const,
          },
        ]
      : []),
  ];
}

/**
 * What no other policy of the role can allow either: to change or read a bucket of the lake, apart from Bronze's notifications,
 * and to change who may assume a role.
 */
function protections(deployment: Deployment): readonly Denial[] {
  const { environment, partition, accountId } = deployment;
  const bucket = (layer: string): string =>
    `arn:${partition}:s3:::lakehouse-${environment.name}-${layer}-${accountId}`;
  const layers = ["bronze", "silver", "gold", "athena-results", "access-logs"].map(bucket);
  return [
    {
      sid: "KeepBuckets",
      allButActions: ["s3:GetBucketNotification", "s3:PutBucketNotification"],
      deniedResources: [...layers, ...layers.map((arn) => `${arn}/*`)],
    },
    {
      sid: "KeepTrust",
      deniedActions: [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePermissionsBoundary",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
      ],
      deniedResources: [`arn:${partition}:iam::${accountId}:role/*`],
    },
  ];
}

/** The permissions with which Terraform finds a key by its alias. */
function findKey(keyArn: string): readonly (Statement | UnscopedStatement)[] {
  return [
    { sid: "ReadKey", actions: ["kms:DescribeKey"], resources: [keyArn] },
    {
      sid: "FindKey",
      actions: ["kms:ListAliases"],
      everyResourceBecause: "It lists the names of all keys, and AWS has no resource for it",
    },
  ];
}

function statements(deployment: Deployment, kind: "read" | "write"): Statement[] {
  return services(deployment)
    .filter((service) => service[kind].length > 0)
    .map(({ name, resources, conditions, ...actions }) => ({
      sid: `${kind === "read" ? "Read" : "Change"}${name}`,
      actions: actions[kind],
      resources,
      ...(conditions === undefined ? {} : { conditions }),
    }));
}

function services(deployment: Deployment): readonly ServiceAccess[] {
  const { environment, partition, accountId } = deployment;
  const ours = `lakehouse-${environment.name}-*`;
  const arn = (service: string, resource: string): string => arnOf(deployment, service, resource);
  const catalog = tableResources(deployment);
  // AWS chooses a mapping's name, so only a condition can tell whose it is.
  const triggers = [arn("lambda", "event-source-mapping:*")] as const;
  return [
    {
      // The rest of a bucket is a person's.
      name: "Notification",
      resources: [`arn:${partition}:s3:::lakehouse-${environment.name}-bronze-${accountId}`],
      read: ["s3:GetBucketNotification"],
      write: ["s3:PutBucketNotification"],
    },
    {
      name: "Streams",
      resources: [arn("firehose", `deliverystream/${ours}`)],
      read: ["firehose:DescribeDeliveryStream", "firehose:ListTagsForDeliveryStream"],
      write: [
        "firehose:CreateDeliveryStream",
        "firehose:DeleteDeliveryStream",
        "firehose:StartDeliveryStreamEncryption",
        "firehose:StopDeliveryStreamEncryption",
        "firehose:TagDeliveryStream",
        "firehose:UntagDeliveryStream",
        "firehose:UpdateDestination",
      ],
    },
    ...(environment.kinesis === undefined ? [] : sourceAccess(deployment, ours)),
    ...(environment.door === undefined ? [] : doorAccess(deployment)),
    ...(environment.silverGold.fanOut === undefined ? [] : fanOutAccess(deployment)),
    {
      name: "Queues",
      resources: [arn("sqs", ours)],
      read: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"],
      write: [
        "sqs:CreateQueue",
        "sqs:DeleteQueue",
        "sqs:SetQueueAttributes",
        "sqs:TagQueue",
        "sqs:UntagQueue",
      ],
    },
    {
      name: "Functions",
      resources: [arn("lambda", `function:${ours}`)],
      read: [
        "lambda:GetAlias",
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionConfiguration",
        "lambda:GetFunctionEventInvokeConfig",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
      ],
      write: [
        "lambda:CreateAlias",
        "lambda:CreateFunction",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:DeleteFunctionEventInvokeConfig",
        "lambda:PutFunctionConcurrency",
        "lambda:PublishVersion",
        "lambda:PutFunctionEventInvokeConfig",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:UpdateFunctionEventInvokeConfig",
      ],
    },
    {
      // Without a condition: Terraform waits until a trigger is gone, and then AWS cannot tell its function.
      name: "AllTriggers",
      resources: triggers,
      read: ["lambda:GetEventSourceMapping", "lambda:ListTags"],
      write: [],
    },
    {
      name: "Triggers",
      resources: triggers,
      read: [],
      write: ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"],
      conditions: {
        ArnLike: { "lambda:FunctionArn": arn("lambda", `function:${ours}`) },
      },
    },
    {
      // Requests for tags name no function.
      name: "TriggersTags",
      resources: triggers,
      read: [],
      write: ["lambda:TagResource", "lambda:UntagResource"],
      conditions: { StringEquals: { "aws:ResourceTag/environment": environment.name } },
    },
    {
      name: "Schedules",
      resources: [arn("scheduler", `schedule-group/${ours}`), arn("scheduler", `schedule/${ours}`)],
      read: [
        "scheduler:GetSchedule",
        "scheduler:GetScheduleGroup",
        "scheduler:ListTagsForResource",
      ],
      write: [
        "scheduler:CreateSchedule",
        "scheduler:CreateScheduleGroup",
        "scheduler:DeleteSchedule",
        "scheduler:DeleteScheduleGroup",
        "scheduler:TagResource",
        "scheduler:UntagResource",
        "scheduler:UpdateSchedule",
      ],
    },
    {
      name: "Logs",
      resources: [
        arn("logs", `log-group:/aws/lambda/${ours}`),
        arn("logs", `log-group:/aws/kinesisfirehose/${ours}`),
        ...(environment.door?.accessLogs === true
          ? [arn("logs", `log-group:/aws/apigateway/${ours}`)]
          : []),
      ],
      read: ["logs:DescribeLogStreams", "logs:DescribeMetricFilters", "logs:ListTagsForResource"],
      write: [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DeleteLogGroup",
        "logs:DeleteLogStream",
        "logs:DeleteMetricFilter",
        "logs:DeleteRetentionPolicy",
        "logs:PutMetricFilter",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ],
    },
    {
      name: "Alarms",
      resources: [
        arn("cloudwatch", `alarm:${ours}`),
        `arn:${partition}:cloudwatch::${accountId}:dashboard/${ours}`,
      ],
      read: ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"],
      write: [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
    },
    {
      name: "AlarmStates",
      // Describing one alarm by name needs permission for all alarms.
      resources: [arn("cloudwatch", "alarm:*")],
      read: ["cloudwatch:DescribeAlarms"],
      write: [],
    },
    {
      name: "Topics",
      resources: [arn("sns", ours)],
      read: [
        "sns:GetSubscriptionAttributes",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource",
      ],
      write: [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:Unsubscribe",
        "sns:UntagResource",
      ],
    },
    {
      name: "Catalog",
      resources: catalog,
      read: ["glue:GetDatabase", "glue:GetPartitionIndexes", "glue:GetTable", "glue:GetTags"],
      write: [
        "glue:CreateDatabase",
        "glue:CreateTable",
        "glue:DeleteTable",
        "glue:TagResource",
        "glue:UntagResource",
        "glue:UpdateDatabase",
        "glue:UpdateTable",
      ],
    },
    {
      name: "Database",
      // Glue requires permission for functions to delete a database, although ours has none.
      resources: [
        ...catalog,
        arn("glue", `userDefinedFunction/${glueDatabase(environment.name)}/*`),
      ],
      read: [],
      write: ["glue:DeleteDatabase"],
    },
    {
      name: "Workgroup",
      resources: [arn("athena", `workgroup/${ours}`)],
      read: ["athena:GetNamedQuery", "athena:GetWorkGroup", "athena:ListTagsForResource"],
      write: [
        "athena:CreateNamedQuery",
        "athena:CreateWorkGroup",
        "athena:DeleteNamedQuery",
        "athena:DeleteWorkGroup",
        "athena:TagResource",
        "athena:UntagResource",
        "athena:UpdateWorkGroup",
      ],
    },
    {
      name: "Budget",
      resources: [`arn:${partition}:budgets::${accountId}:budget/${ours}`],
      read: ["budgets:ListTagsForResource", "budgets:ViewBudget"],
      write: ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"],
    },
    {
      name: "Parameter",
      resources: [arn("ssm", `parameter/lakehouse/${environment.name}/*`)],
      read: ["ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"],
      write: [
        "ssm:AddTagsToResource",
        "ssm:DeleteParameter",
        "ssm:PutParameter",
        "ssm:RemoveTagsFromResource",
      ],
    },
    {
      name: "Images",
      resources: [arn("ecr", `repository/lakehouse-${environment.name}/*`)],
      read: [
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetLifecyclePolicy",
        "ecr:GetRepositoryPolicy",
        "ecr:ListTagsForResource",
      ],
      write: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:CompleteLayerUpload",
        "ecr:CreateRepository",
        "ecr:DeleteLifecyclePolicy",
        "ecr:DeleteRepository",
        "ecr:DeleteRepositoryPolicy",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutImageTagMutability",
        "ecr:PutLifecyclePolicy",
        "ecr:SetRepositoryPolicy",
        "ecr:TagResource",
        "ecr:UntagResource",
        "ecr:UploadLayerPart",
      ],
    },
    {
      name: "Roles",
      resources: [`arn:${partition}:iam::${accountId}:role/${ours}`],
      read: [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:ListRoleTags",
      ],
      write: [],
    },
  ];
}

/** The state machine of gold runs, and the pipe that starts it after new silver. */
function fanOutAccess(deployment: Deployment): ServiceAccess[] {
  const ours = resourceName(deployment, "*");
  return [
    {
      name: "StateMachines",
      resources: [arnOf(deployment, "states", `stateMachine:${ours}`)],
      read: [
        "states:DescribeStateMachine",
        "states:ListStateMachineVersions",
        "states:ListTagsForResource",
      ],
      write: [
        "states:CreateStateMachine",
        "states:DeleteStateMachine",
        "states:TagResource",
        "states:UntagResource",
        "states:UpdateStateMachine",
      ],
    },
    {
      name: "Pipes",
      resources: [arnOf(deployment, "pipes", `pipe/${ours}`)],
      read: ["pipes:DescribePipe", "pipes:ListTagsForResource"],
      write: [
        "pipes:CreatePipe",
        "pipes:DeletePipe",
        "pipes:TagResource",
        "pipes:UntagResource",
        "pipes:UpdatePipe",
      ],
    },
  ];
}

/** Terraform has AWS check a state machine's definition when it plans a change. */
function checkDefinitions({ environment }: Deployment): readonly UnscopedStatement[] {
  return environment.silverGold.fanOut === undefined
    ? []
    : [
        {
          sid: "CheckDefinitions",
          actions: ["states:ValidateStateMachineDefinition"],
          everyResourceBecause: "It checks text, and AWS has no resource for it",
        },
      ];
}

function sourceAccess(deployment: Deployment, ours: string): ServiceAccess[] {
  const streams = arnOf(deployment, "kinesis", `stream/${ours}`);
  return [
    {
      name: "Sources",
      resources: [streams],
      read: ["kinesis:DescribeStreamSummary", "kinesis:ListTagsForStream"],
      write: [
        "kinesis:AddTagsToStream",
        "kinesis:CreateStream",
        "kinesis:DeleteStream",
        "kinesis:RemoveTagsFromStream",
      ],
    },
    {
      // AWS requires the key as a resource, too. This is no permission to use it.
      name: "SourcesEncryption",
      resources: [streams, arnOf(deployment, "kms", "key/*")],
      read: [],
      write: ["kinesis:StartStreamEncryption", "kinesis:StopStreamEncryption"],
    },
  ];
}

/**
 * AWS chooses the ids of APIs and usage plans, so only their tags tell whose they are. What is inside an API has the API's tags.
 */
function doorAccess({ environment, partition }: Deployment): ServiceAccess[] {
  const at = (path: string): string =>
    `arn:${partition}:apigateway:${environment.region}::/${path}`;
  const tagsOf = (kind: string): string =>
    at(`tags/arn%3A${partition}%3Aapigateway%3A${environment.region}%3A%3A%2F${kind}%2F*`);
  return [
    {
      name: "Door",
      resources: [at("restapis/*"), at("usageplans/*")],
      read: ["apigateway:GET"],
      write: ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"],
      conditions: { StringEquals: { "aws:ResourceTag/environment": environment.name } },
    },
    {
      name: "NewDoor",
      resources: [at("restapis"), at("usageplans")],
      read: [],
      write: ["apigateway:POST"],
      conditions: { StringEquals: { "aws:RequestTag/environment": environment.name } },
    },
    {
      // AWS asks for it beside the permissions above, wherever something has tags.
      name: "DoorTags",
      resources: [tagsOf("restapis"), tagsOf("usageplans")],
      read: [],
      write: ["apigateway:DELETE", "apigateway:PUT"],
    },
  ];
}

/** The producers' keys are a person's. Whoever may change a usage plan could otherwise read its keys. */
function keepKeys({ environment, partition }: Deployment): readonly Denial[] {
  if (environment.door === undefined) {
    return [];
  }
  const at = (path: string): string =>
    `arn:${partition}:apigateway:${environment.region}::/${path}`;
  return [
    {
      sid: "KeepProducersKeys",
      deniedActions: ["DELETE", "GET", "PATCH", "POST"].map((each) => `apigateway:${each}`),
      deniedResources: [at("apikeys"), at("apikeys/*"), at("usageplans/*/keys*")],
    },
  ];
}
