/** Every stack of every environment follows the policies, and each policy can fail. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@lakehouse/tables/catalog";
import { App } from "cdktf";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ServiceRole } from "../../src/constructs/service-role.ts";
import { alarmsOf } from "../../src/observability/alarms.ts";
import { EnvironmentStack, stackKinds } from "../../src/stacks/environment-stack.ts";
import { StorageStack } from "../../src/stacks/storage-stack.ts";
import { bare, full, testedEnvironments, wide } from "../../testing/environments.ts";
import { policies, rolePolicies, unscopedActions } from "../support/policies.ts";
import {
  type Arguments,
  type Document,
  listOf,
  reference,
  resourcesOf,
  stacksOf,
  statementsOf,
} from "../support/synthesized.ts";

const everywhere = { accountId: "", partition: "aws", buildsOnAthena: true };

interface RoleJob {
  readonly "timeout-minutes": number;
  readonly steps: readonly { readonly with?: Readonly<Record<string, unknown>> }[];
}

const stacks = stacksOf(testedEnvironments);
const tables = catalog.tables.map(({ name }) => name);

function documentOf(name: string): Document {
  const stack = stacks.find((each) => each.name === name);
  if (stack === undefined) {
    throw new Error(`There is no stack ${name}.`);
  }
  return structuredClone(stack.document);
}

describe.each(stacks)("$name", ({ document }) => {
  test.each(policies)("$says", ({ violations }) => {
    expect(violations(document)).toEqual([]);
  });
});

test("every environment has all its stacks", () => {
  expect(stacks.map(({ name }) => name).sort()).toEqual(
    testedEnvironments.flatMap(({ name }) => stackKinds.map((kind) => `${name}-${kind}`)).sort(),
  );
});

describe("each policy can fail", () => {
  interface Breach {
    readonly policy: string;
    readonly stack: string;
    readonly breach: (document: Document) => void;
    readonly found: string;
  }
  const lakehouse = "full-lakehouse";
  const storage = "full-storage";
  const breaches: readonly Breach[] = [
    {
      policy: "every bucket blocks public access",
      stack: storage,
      breach: ({ resource }) => {
        delete resource["aws_s3_bucket_public_access_block"]?.["lake_gold_public_access"];
      },
      found: "aws_s3_bucket.lake_gold: not so",
    },
    {
      policy: "no bucket has access lists",
      stack: storage,
      breach: (document) =>
        set(document, "aws_s3_bucket_ownership_controls.lake_silver_ownership", {
          rule: { object_ownership: "ObjectWriter" },
        }),
      found: "aws_s3_bucket.lake_silver: not so",
    },
    {
      policy: "every bucket requires TLS",
      stack: "full-bootstrap",
      breach: (document) =>
        replaceIn(document, "aws_s3_bucket_policy.state_policy", "policy", '"Deny"', '"Allow"'),
      found: "aws_s3_bucket.state: not so",
    },
    {
      policy: "every bucket is encrypted",
      stack: storage,
      breach: (document) =>
        set(document, "aws_s3_bucket_server_side_encryption_configuration.lake_bronze_encryption", {
          rule: [],
        }),
      found: "aws_s3_bucket.lake_bronze: not so",
    },
    {
      policy: "every bucket keeps earlier versions",
      stack: storage,
      breach: (document) =>
        set(document, "aws_s3_bucket_versioning.lake_bronze_versioning", {
          versioning_configuration: { status: "Suspended" },
        }),
      found: "aws_s3_bucket.lake_bronze: not so",
    },
    {
      policy: "every bucket expires earlier versions and unfinished uploads",
      stack: storage,
      breach: (document) =>
        set(document, "aws_s3_bucket_lifecycle_configuration.lake_query_results_lifecycle", {
          rule: [{ status: "Enabled", expiration: [{ days: 1 }] }],
        }),
      found: "aws_s3_bucket.lake_query_results: not so",
    },
    {
      policy: "every bucket can either be emptied by Terraform or not be destroyed",
      stack: storage,
      breach: (document) => set(document, "aws_s3_bucket.lake_bronze", { force_destroy: true }),
      found: "aws_s3_bucket.lake_bronze: not so",
    },
    {
      policy: "every key rotates, and cannot be destroyed",
      stack: "full-bootstrap",
      breach: (document) => set(document, "aws_kms_key.key", { enable_key_rotation: false }),
      found: "aws_kms_key.key: does not rotate",
    },
    {
      policy: "every key rotates, and cannot be destroyed",
      stack: "full-bootstrap",
      breach: (document) => set(document, "aws_kms_key.key", { lifecycle: undefined }),
      found: "aws_kms_key.key: can be destroyed",
    },
    {
      policy: "nothing is public",
      stack: lakehouse,
      breach: (document) =>
        replaceIn(
          document,
          "aws_sqs_queue_policy.bronze_events_policy",
          "policy",
          '{"Service":"s3.amazonaws.com"}',
          '{"AWS":"*"}',
        ),
      found: "aws_sqs_queue_policy.bronze_events_policy: BronzeNotifies allows everybody",
    },
    {
      policy: "nothing is public",
      stack: lakehouse,
      breach: ({ resource }) => {
        resource["aws_lambda_function_url"] = { open: {} };
      },
      found: "aws_lambda_function_url.open: opens a resource",
    },
    {
      policy: "AWS services may use a resource or a role only for this account",
      stack: storage,
      breach: (document) =>
        replaceIn(
          document,
          "aws_iam_role.stream_orders_role",
          "assume_role_policy",
          '"Condition"',
          '"Comment"',
        ),
      found: "aws_iam_role.stream_orders_role: Assume may be for any account",
    },
    {
      policy:
        "GitHub's jobs assume a role only for one repository, and one environment, pull requests or main",
      stack: "full-bootstrap",
      breach: (document) =>
        replaceIn(
          document,
          "aws_iam_role.github_roles_deploy",
          "assume_role_policy",
          "environment:full",
          "*",
        ),
      found: "aws_iam_role.github_roles_deploy: may be assumed by others",
    },
    {
      policy: "no role may do everything with anything",
      stack: lakehouse,
      breach: (document) =>
        replaceIn(
          document,
          "aws_iam_role_policy.silver_gold_role_policy",
          "policy",
          "s3:GetObject",
          "s3:*",
        ),
      found: "aws_iam_role_policy.silver_gold_role_policy: ReadSilver has the action s3:*",
    },
    {
      policy: "no role may use every resource, unless AWS offers nothing narrower",
      stack: lakehouse,
      breach: (document) =>
        replaceIn(
          document,
          "aws_iam_role_policy.bronze_silver_role_policy",
          "policy",
          `"${reference("aws_sqs_queue.bronze_events.arn")}"`,
          '"*"',
        ),
      found:
        "aws_iam_role_policy.bronze_silver_role_policy: TakeMessages allows sqs:ReceiveMessage on everything",
    },
    {
      policy: "every role of the lakehouse has the permissions boundary",
      stack: storage,
      breach: (document) =>
        set(document, "aws_iam_role.silver_gold_role", { permissions_boundary: undefined }),
      found: "aws_iam_role.silver_gold_role: has no boundary",
    },
    {
      policy:
        "every queue is encrypted, requires TLS, and has a dead-letter queue, is one, or holds requests that are repeated",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_sqs_queue.bronze_events", { redrive_policy: undefined }),
      found: "aws_sqs_queue.bronze_events: has no dead-letter queue",
    },
    {
      policy:
        "every queue is encrypted, requires TLS, and has a dead-letter queue, is one, or holds requests that are repeated",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_sqs_queue.gold_dead_letters", { sqs_managed_sse_enabled: false }),
      found: "aws_sqs_queue.gold_dead_letters: is not encrypted",
    },
    {
      policy:
        "messages stay hidden for six times the function's timeout, and fail one by one; those that start runs, while one may run",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_sqs_queue.bronze_events", { visibility_timeout_seconds: 30 }),
      found: "aws_lambda_event_source_mapping.bronze_trigger: messages come back too early",
    },
    {
      policy:
        "messages stay hidden for six times the function's timeout, and fail one by one; those that start runs, while one may run",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_sqs_queue.gold_starts", { visibility_timeout_seconds: 30 }),
      found: "aws_lambda_event_source_mapping.gold_trigger: a run may start beside another",
    },
    {
      policy:
        "every queue is encrypted, requires TLS, and has a dead-letter queue, is one, or holds requests that are repeated",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_sqs_queue.gold_starts", { message_retention_seconds: 86_400 }),
      found: "aws_sqs_queue.gold_starts: has no dead-letter queue",
    },
    {
      policy: "every trigger invokes an alias, so that a new image can be rolled back",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_lambda_event_source_mapping.bronze_trigger", {
          function_name: reference("aws_lambda_function.bronze_silver.arn"),
        }),
      found: "aws_lambda_event_source_mapping.bronze_trigger: invokes no alias",
    },
    {
      policy: "every trigger invokes an alias, so that a new image can be rolled back",
      stack: lakehouse,
      breach: (document) => set(document, "aws_lambda_function.silver_gold", { publish: false }),
      found: "aws_lambda_function.silver_gold: has no alias of its versions",
    },
    {
      policy: "every function has an image by digest, traces, its own logs and alarms",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_lambda_function.bronze_silver", { image_uri: "registry/image:latest" }),
      found: "aws_lambda_function.bronze_silver: has no digest",
    },
    {
      policy: "every function has an image by digest, traces, its own logs and alarms",
      stack: lakehouse,
      breach: ({ resource }) => {
        delete resource["aws_cloudwatch_metric_alarm"]?.["observability_alarm_silver_gold_errors"];
      },
      found: "aws_lambda_function.silver_gold: has no alarm on Errors",
    },
    {
      policy: "every function has an image by digest, traces, its own logs and alarms",
      stack: lakehouse,
      breach: ({ resource }) => {
        delete resource["aws_cloudwatch_metric_alarm"]?.["observability_alarm_silver_gold_memory"];
      },
      found: "aws_lambda_function.silver_gold: has no alarm on memory",
    },
    {
      policy: "every dead-letter queue has an alarm",
      stack: lakehouse,
      breach: ({ resource }) => {
        resource["aws_cloudwatch_metric_alarm"] = {};
      },
      found: "aws_sqs_queue.gold_dead_letters: has no alarm",
    },
    {
      policy:
        "every topic is encrypted with the environment's key, if it has one, and requires TLS",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_sns_topic.observability_topic", { kms_master_key_id: undefined }),
      found: "aws_sns_topic.observability_topic: is not encrypted",
    },
    {
      policy: "AWS services may use a resource or a role only for this account",
      stack: "full-bootstrap",
      breach: (document) =>
        replaceIn(document, "aws_kms_key.key", "policy", '"Condition"', '"Comment"'),
      found: "aws_kms_key.key: cloudwatchPublishes may be for any account",
    },
    {
      policy: "every alarm has an action",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_cloudwatch_metric_alarm.observability_alarm_gold_late", {
          alarm_actions: [],
        }),
      found: "aws_cloudwatch_metric_alarm.observability_alarm_gold_late: has no action",
    },
    {
      policy: "every log group has a retention",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_cloudwatch_log_group.silver_gold_logs", { retention_in_days: 0 }),
      found: "aws_cloudwatch_log_group.silver_gold_logs: keeps logs forever",
    },
    {
      policy: "every stream encrypts, compresses, logs and separates records",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_kinesis_firehose_delivery_stream.stream_orders", {
          server_side_encryption: { enabled: false },
        }),
      found: "aws_kinesis_firehose_delivery_stream.stream_orders: is not encrypted",
    },
    {
      policy:
        "every method of an API needs a key, except OPTIONS, and checks and limits what it takes",
      stack: lakehouse,
      breach: (document) =>
        replaceIn(document, "aws_api_gateway_rest_api.door_api", "body", '"key":[]', '"none":[]'),
      found: "aws_api_gateway_rest_api.door_api: post /orders needs no key",
    },
    {
      policy: "every state machine ends, and has alarms on its executions",
      stack: "wide-lakehouse",
      breach: (document) =>
        replaceIn(
          document,
          "aws_sfn_state_machine.gold_fan_out",
          "definition",
          '"TimeoutSeconds":86400',
          '"TimeoutSeconds":0',
        ),
      found: "aws_sfn_state_machine.gold_fan_out: may run for a year",
    },
    {
      policy: "every state machine ends, and has alarms on its executions",
      stack: "wide-lakehouse",
      breach: ({ resource }) => {
        delete resource["aws_cloudwatch_metric_alarm"]?.[
          "observability_alarm_gold_executions_timed_out"
        ];
      },
      found: "aws_sfn_state_machine.gold_fan_out: has no alarm on ExecutionsTimedOut",
    },
    {
      policy: "every trigger invokes an alias, so that a new image can be rolled back",
      stack: "wide-lakehouse",
      breach: (document) =>
        replaceIn(
          document,
          "aws_sfn_state_machine.gold_fan_out",
          "definition",
          reference("aws_lambda_alias.gold_fan_out_task_live.arn"),
          reference("aws_lambda_function.gold_fan_out_task.arn"),
        ),
      found: `aws_sfn_state_machine.gold_fan_out: ${reference("aws_lambda_function.gold_fan_out_task.arn")} is no alias`,
    },
    {
      policy: "every usage plan has limits",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_api_gateway_usage_plan.door_plan_shop", {
          throttle_settings: undefined,
        }),
      found: "aws_api_gateway_usage_plan.door_plan_shop: has no limit",
    },
    {
      policy: "every stream encrypts, compresses, logs and separates records",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_kinesis_stream.stream_web_events_source", { encryption_type: "NONE" }),
      found: "aws_kinesis_firehose_delivery_stream.stream_web_events: is not encrypted",
    },
    {
      policy: "every repository has immutable tags, scans images and expires old ones",
      stack: "full-registry",
      breach: (document) =>
        set(document, "aws_ecr_repository.bronze_silver", { image_tag_mutability: "MUTABLE" }),
      found: "aws_ecr_repository.bronze_silver: tags can be moved",
    },
    {
      policy: "Athena's workgroup enforces its limit and encryption",
      stack: lakehouse,
      breach: (document) =>
        set(document, "aws_athena_workgroup.catalog_workgroup", { configuration: {} }),
      found: "aws_athena_workgroup.catalog_workgroup: can be overridden",
    },
    {
      policy: "every resource is tagged, and works with AWS provider 5 and 6",
      stack: storage,
      breach: (document) => set(document, "aws_s3_bucket.lake_gold", { region: "eu-west-1" }),
      found: "aws_s3_bucket.lake_gold: only provider 6 has the argument region",
    },
  ];

  test.each(breaches)("$policy: $found", ({ policy, stack, breach, found }) => {
    const checked = policies.find(({ says }) => says === policy);
    const document = documentOf(stack);
    breach(document);
    expect(checked?.violations(document)).toContain(found);
  });

  test("and each has such a test", () => {
    expect(new Set(breaches.map(({ policy }) => policy))).toEqual(
      new Set(policies.map(({ says }) => says)),
    );
  });
});

describe("roles", () => {
  test("can be destroyed although their policies are in another stack", () => {
    for (const { name } of testedEnvironments) {
      const roles = resourcesOf(documentOf(`${name}-storage`), "aws_iam_role");
      const stuck = roles.filter(({ arguments: args }) => args["force_detach_policies"] !== true);
      expect(stuck).toEqual([]);
    }
  });

  test("may do nothing that the boundary forbids", () => {
    for (const { name } of testedEnvironments) {
      const boundary = resourcesOf(documentOf(`${name}-bootstrap`), "aws_iam_policy").find(
        ({ address }) => address === "aws_iam_policy.boundary",
      );
      const bounds = String(boundary?.arguments["policy"]);
      const beyond = [documentOf(`${name}-lakehouse`), documentOf(`${name}-storage`)]
        .flatMap(rolePolicies)
        .flatMap(({ statement }) => listOf(statement.Action))
        .filter((action) => !bounds.includes(`"${action}"`));
      expect(beyond).toEqual([]);
    }
  });

  test("fit AWS's limit of 10,240 characters, or synthesis fails", () => {
    const app = new App();
    new StorageStack(app, bare, []);
    const stack = new EnvironmentStack(app, bare, "lakehouse");
    const [first = "", ...others] = Array.from(
      { length: 200 },
      (_, index) => `arn:aws:s3:::lakehouse-bare-silver-123456789012/table_number_${index}/*`,
    );
    const roleWith = (resources: readonly [string, ...string[]]) => () =>
      new ServiceRole(stack, `role_${resources.length}`, {
        deployment: stack.deployment,
        name: "lakehouse-bare-test",
        description: "A role",
        service: "lambda.amazonaws.com",
        statements: [{ sid: "Read", actions: ["s3:GetObject"], resources }],
      });
    expect(roleWith([first])).not.toThrow();
    expect(roleWith([first, ...others])).toThrow(
      expect.objectContaining({
        name: "SynthesisError",
        message: expect.stringMatching(
          /^role lakehouse-bare-test: its policy .* limit is 10240.*wildcards/,
        ),
      }),
    );
  });

  test("use every action on the list of unscoped ones", () => {
    const used = new Set(
      [full, bare, wide]
        .flatMap(({ name }) => stackKinds.map((kind) => documentOf(`${name}-${kind}`)))
        .flatMap(rolePolicies)
        .filter(({ statement }) => listOf(statement.Resource).includes("*"))
        .flatMap(({ statement }) => listOf(statement.Action)),
    );
    expect([...used].sort()).toEqual(Object.keys(unscopedActions).sort());
  });

  test("of GitHub's jobs cannot read data (except to audit), change themselves or leave the boundary", () => {
    const statements = rolePolicies(documentOf("full-bootstrap")).filter(({ address }) =>
      address.includes("github"),
    );
    expect(statements.length).toBeGreaterThan(10);
    for (const { address, statement } of statements) {
      const resources = JSON.stringify(listOf(statement.Resource));
      const actions = listOf(statement.Action);
      if (actions.includes("s3:GetObject") && !address.includes("github_roles_audit_")) {
        expect(resources).not.toMatch(/-(bronze|silver|gold|athena-results)-/);
      }
      if (actions.some((action) => action.startsWith("iam:"))) {
        expect(resources).not.toContain("role/github-");
        expect(resources).not.toContain(":policy/");
      }
      if (actions.includes("iam:PutRolePolicy")) {
        expect(statement.Condition?.["StringEquals"]).toHaveProperty(["iam:PermissionsBoundary"]);
      }
    }
  });

  test("of GitHub's jobs may look up the lake's own key, decrypt only to audit, and change no key", () => {
    const rights = (name: string, role: string) =>
      rolePolicies(documentOf(`${name}-bootstrap`))
        .filter(({ address }) => address.includes(`github_roles_${role}_`))
        .flatMap(({ statement }) =>
          listOf(statement.Action)
            .filter((action) => action.startsWith("kms:"))
            .map((action) => [action, ...listOf(statement.Resource)].join(" ")),
        );
    const key = reference("aws_kms_key.key.arn");
    for (const role of ["deploy", "plan"]) {
      expect(rights("full", role).sort()).toEqual([`kms:DescribeKey ${key}`, "kms:ListAliases *"]);
      expect(rights("bare", role)).toEqual([]);
    }
    expect(rights("full", "audit")).toEqual([`kms:Decrypt ${key}`]);
    expect(rights("bare", "audit")).toEqual([]);
  });

  /** The statements of a stack's roles and boundary that decrypt, of the key of personal data or of others. */
  const decrypting = (name: string, isPersonal: boolean) =>
    rolePolicies(documentOf(name)).filter(
      ({ statement }) =>
        listOf(statement.Action).includes("kms:Decrypt") &&
        (statement.Sid === "DecryptPersonalKey") === isPersonal,
    );

  test("decrypt one parameter, the key of personal data, and only bronze-silver does", () => {
    for (const name of ["full-bootstrap", "full-lakehouse"]) {
      const using = decrypting(name, true);
      expect(using).toHaveLength(1);
      expect(using[0]?.statement.Condition?.["StringEquals"]).toMatchObject({
        "kms:ViaService": "ssm.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:PARAMETER_ARN": expect.stringMatching(
          /:parameter\/lakehouse-keys\/full\/personal-data$/,
        ),
      });
    }
    expect(decrypting("full-lakehouse", true)[0]?.address).toContain("bronze_silver");
    expect(decrypting("bare-lakehouse", true)).toEqual([]);
  });

  test("may use the lake's own key through S3, and no other key", () => {
    const keys = (name: string, key: string) => {
      const using = decrypting(name, false);
      for (const { statement } of using) {
        expect(listOf(statement.Resource)).toEqual([key]);
        expect(statement.Condition?.["StringEquals"]).toHaveProperty(["kms:ViaService"]);
      }
      return using.length;
    };
    // The boundary names it for all, for the replica and for Kinesis; and GitHub's role that audits, once.
    expect(keys("full-bootstrap", reference("aws_kms_key.key.arn"))).toBe(4);
    const found = reference("data.aws_kms_alias.lake_key.target_key_arn");
    // Both functions, every stream, and Firehose where it reads a Kinesis stream; in storage the replica.
    expect(keys("full-lakehouse", found)).toBe(2 + tables.length + 1);
    // gold-task and the state machine, too.
    expect(keys("wide-lakehouse", found)).toBe(4 + tables.length);
    expect(keys("full-storage", found)).toBe(1);
    expect(keys("bare-bootstrap", "")).toBe(0);
  });

  test("of GitHub's jobs change no other environment's triggers, whose names AWS chooses", () => {
    const statements = rolePolicies(documentOf("bare-bootstrap"))
      .filter(({ address }) => address.includes("github_roles_deploy_"))
      .map(({ statement }) => statement);
    const conditionsOf = (action: string) =>
      statements
        .filter(
          ({ Action, Resource }) =>
            listOf(Action).includes(action) && !JSON.stringify(Resource).includes(":function:"),
        )
        .map(({ Condition }) => Condition);
    for (const action of ["Create", "Update", "Delete"]) {
      const ours = expect.stringMatching(/:function:lakehouse-bare-\*$/);
      expect(conditionsOf(`lambda:${action}EventSourceMapping`)).toEqual([
        { ArnLike: { "lambda:FunctionArn": ours } },
      ]);
    }
    const tag = (kind: string) => ({
      StringEquals: { [`aws:${kind}Tag/environment`]: "bare" },
    });
    expect(conditionsOf("lambda:TagResource")).toEqual([tag("Resource"), tag("Request")]);
    expect(conditionsOf("lambda:UntagResource")).toEqual([tag("Resource")]);
  });

  test("of GitHub's jobs name the resources that AWS requires, even if wider than ours", () => {
    const statements = rolePolicies(documentOf("bare-bootstrap")).filter(({ address }) =>
      address.includes("github"),
    );
    const resourcesFor = (action: string): string =>
      JSON.stringify(
        statements
          .filter(({ statement }) => listOf(statement.Action).includes(action))
          .map(({ statement }) => listOf(statement.Resource)),
      );
    expect(resourcesFor("cloudwatch:DescribeAlarms")).toContain(':alarm:*"');
    expect(resourcesFor("cloudwatch:PutMetricAlarm")).not.toContain(':alarm:*"');
    expect(resourcesFor("glue:DeleteDatabase")).toContain(":userDefinedFunction/lakehouse_bare/*");
  });

  test.each(["deploy", "audit"])(
    "of GitHub's jobs last longer than the job that %ss, and the job asks for that",
    (task) => {
      const folder = join(import.meta.dirname, "..", "..", "..", ".github", "workflows");
      const { jobs } = parse(readFileSync(join(folder, `${task}-environment.yml`), "utf8")) as {
        readonly jobs: Readonly<Record<string, RoleJob>>;
      };
      const job = jobs[task];
      const asked = job?.steps
        .map((step) => step.with?.["role-duration-seconds"])
        .filter((seconds) => seconds !== undefined);
      expect(asked).toEqual([7_200]);
      expect((job?.["timeout-minutes"] ?? Number.POSITIVE_INFINITY) * 60).toBeLessThan(7_200);
      const roles = resourcesOf(documentOf("full-bootstrap"), "aws_iam_role");
      expect(roles.map(({ arguments: args }) => args["max_session_duration"])).toEqual([
        7_200, 7_200, 7_200,
      ]);
    },
  );

  test("of GitHub's jobs fit AWS's limits: 6,144 characters per policy, ten policies per role", () => {
    const documents = resourcesOf(documentOf("full-bootstrap"), "aws_iam_policy");
    const real = (text: unknown): string =>
      String(text)
        .replaceAll(reference("data.aws_caller_identity.current.account_id"), "123456789012")
        .replaceAll(reference("data.aws_partition.partition.partition"), "aws-us-gov");
    for (const { arguments: args } of documents) {
      expect(real(args["policy"]).length).toBeLessThanOrEqual(6_144);
    }
    expect(documents.filter(({ address }) => address.includes("_deploy_")).length).toBeLessThan(10);
  });

  test("of bronze-silver read bronze and write silver, and nothing else", () => {
    expect(objectAccess("bronze_silver_role_policy")).toEqual({
      "s3:GetObject": tables.map((table) => `bronze/${table}/*`),
      "s3:PutObject": silverPrefixes(),
      "s3:AbortMultipartUpload": silverPrefixes(),
      "s3:DeleteObject": silverPrefixes(),
      "s3:ListBucket": ["bronze", "silver"],
    });
  });

  test("receive messages with the permissions that Lambda needs, and no others", () => {
    const rights = rolePolicies(documentOf("full-lakehouse"))
      .filter(({ statement }) => statement.Sid === "TakeMessages")
      .map(({ address, statement }) => [address, ...listOf(statement.Action)]);
    expect(rights).toEqual([
      [
        "aws_iam_role_policy.bronze_silver_role_policy",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
      ],
    ]);
  });

  test("use everything in the boundary, so it is no wider than necessary", () => {
    const bounds = rolePolicies(documentOf("full-bootstrap"))
      .filter(({ address }) => address === "aws_iam_policy.boundary")
      .flatMap(({ statement }) => listOf(statement.Action));
    const used = [documentOf("full-lakehouse"), documentOf("full-storage")]
      .flatMap(rolePolicies)
      .flatMap(({ statement }) => listOf(statement.Action));
    expect(bounds.filter((action) => !used.includes(action))).toEqual([]);
  });

  test.each([
    ["but not quarantine", "bare", []],
    ["and quarantine for the report", "full", tables.map((name) => `silver/_quarantine/${name}/*`)],
  ])("of silver-gold read silver %s, and work in gold", (_, environment, refused) => {
    expect(objectAccess("silver_gold_role_policy", environment)).toEqual({
      "s3:GetObject": [...tables.map((table) => `silver/${table}/*`), ...refused, "gold/*"],
      "s3:PutObject": ["gold/*"],
      "s3:AbortMultipartUpload": ["gold/*"],
      "s3:DeleteObject": ["gold/*"],
      "s3:ListBucket": ["silver", "gold"],
    });
  });

  test("of silver-gold make tables in the environment's database, and nothing else in Glue does", () => {
    const statements = rolePolicies(documentOf("full-lakehouse")).filter(({ statement }) =>
      listOf(statement.Action).some((action) => action.startsWith("glue:")),
    );
    expect(statements.map(({ address }) => address)).toEqual([
      "aws_iam_role_policy.silver_gold_role_policy",
    ]);
    for (const each of statements.flatMap(({ statement }) => listOf(statement.Resource))) {
      expect(each).toMatch(/:(catalog|database\/lakehouse_full|table\/lakehouse_full\/\*)$/);
    }
  });

  function silverPrefixes(): string[] {
    return [
      ...tables.map((table) => `silver/${table}/*`),
      ...tables.map((table) => `silver/_quarantine/${table}/*`),
      // The mark by which gold knows that silver of earlier days has changed.
      "silver/_late/*",
    ];
  }

  /** What a role may do with the lake's objects and buckets. */
  function objectAccess(policy: string, environment = "full"): Record<string, string[]> {
    const access: Record<string, string[]> = {};
    const bucket = new RegExp(
      `^arn:\\$\\{[^}]*\\}:s3:::lakehouse-${environment}-(\\w+)-\\$\\{[^}]*\\}`,
    );
    for (const { address, statement } of rolePolicies(documentOf(`${environment}-lakehouse`))) {
      if (address !== `aws_iam_role_policy.${policy}`) {
        continue;
      }
      for (const action of listOf(statement.Action).filter((each) => each.startsWith("s3:"))) {
        access[action] = [
          ...(access[action] ?? []),
          ...listOf(statement.Resource).map((each) => each.replace(bucket, "$1")),
        ];
      }
    }
    return access;
  }
});

describe("deletion", () => {
  const dataBuckets = ["lake_bronze", "lake_silver", "lake_gold"];

  test.each(testedEnvironments)("takes two steps if protected: $name", (environment) => {
    const { aws_s3_bucket: buckets = {} } = documentOf(`${environment.name}-storage`).resource;
    for (const name of dataBuckets) {
      const { force_destroy, lifecycle } = buckets[name] ?? {};
      expect({ force_destroy, lifecycle }).toEqual(
        environment.deletionProtection
          ? { force_destroy: false, lifecycle: { prevent_destroy: true } }
          : { force_destroy: true, lifecycle: undefined },
      );
    }
  });

  test.each(testedEnvironments)(
    "of a bucket or a role is not up to the lakehouse, even where an earlier version made it: $name",
    ({ name }) => {
      const lakehouse = documentOf(`${name}-lakehouse`);
      const types = Object.keys(lakehouse.resource);
      expect(
        types.filter((type) => type.startsWith("aws_s3_bucket") || type === "aws_iam_role"),
      ).toEqual(["aws_s3_bucket_notification"]);
      const stored = resourcesOf(documentOf(`${name}-storage`)).map(({ address }) => address);
      // Gold runs make Iceberg tables of those that an earlier version's lakehouse made.
      const current = tables.map((table) => `aws_glue_catalog_table.catalog_table_${table}`);
      expect(lakehouse.removed).toEqual(
        [...current, ...stored.sort()].map((from) => ({ from, lifecycle: { destroy: false } })),
      );
    },
  );

  test.each(testedEnvironments)("of Terraform's state is refused in $name", ({ name }) => {
    const { aws_s3_bucket: buckets = {} } = documentOf(`${name}-bootstrap`).resource;
    expect(buckets["state"]).toMatchObject({
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });
});

describe("the lake's own key", () => {
  test.each(testedEnvironments)(
    "is made by a person, and found by its alias: $name",
    (environment) => {
      const { resource } = documentOf(`${environment.name}-bootstrap`);
      const lakehouse = documentOf(`${environment.name}-lakehouse`);
      expect(resourcesOf(lakehouse, "aws_kms_key", "aws_kms_alias")).toEqual([]);
      const made = Object.values(resource["aws_kms_alias"] ?? {});
      const found = Object.values(lakehouse.data?.["aws_kms_alias"] ?? {});
      expect(made.map(({ name }) => name).sort()).toEqual(
        environment.encryption === "kms"
          ? ["alarms", "lake"].map((use) => `alias/lakehouse-${environment.name}-${use}`)
          : [],
      );
      expect(found.map(({ name }) => name).sort()).toEqual(made.map(({ name }) => name).sort());
    },
  );
});

describe("the functions' network", () => {
  test("has no way out but the endpoints, which let only the lake's buckets and tables through", () => {
    const { resource } = documentOf("full-bootstrap");
    expect(
      Object.keys(resource).filter((type) => /internet_gateway|nat_gateway|aws_route$/.test(type)),
    ).toEqual([]);
    const endpoint = resource["aws_vpc_endpoint"]?.["network_s3"];
    expect(endpoint).toMatchObject({
      vpc_endpoint_type: "Gateway",
      service_name: "com.amazonaws.eu-west-1.s3",
      route_table_ids: [reference("aws_route_table.network_routes.id")],
    });
    const [statement, ...others] = statementsOf(endpoint?.["policy"]);
    expect(others).toEqual([]);
    expect(statement?.Condition?.["StringEquals"]).toHaveProperty(["aws:PrincipalAccount"]);
    for (const each of listOf(statement?.Resource)) {
      expect(each).toMatch(/:s3:::lakehouse-full-(bronze|silver|gold)-/);
    }
    const group = resource["aws_security_group"]?.["network_group"];
    expect(group).not.toHaveProperty("ingress");
    expect(group?.["egress"]).toEqual([
      expect.objectContaining({
        from_port: 443,
        to_port: 443,
        prefix_list_ids: [reference("aws_vpc_endpoint.network_s3.prefix_list_id")],
      }),
      expect.objectContaining({ from_port: 443, to_port: 443, cidr_blocks: ["10.64.0.0/24"] }),
    ]);
    const glue = resource["aws_vpc_endpoint"]?.["network_glue"];
    expect(glue).toMatchObject({
      vpc_endpoint_type: "Interface",
      service_name: "com.amazonaws.eu-west-1.glue",
      private_dns_enabled: true,
      subnet_ids: [0, 1].map((zone) => reference(`aws_subnet.network_subnet_${zone}.id`)),
      security_group_ids: [reference("aws_security_group.network_glue_group.id")],
    });
    const [toTables, ...more] = statementsOf(glue?.["policy"]);
    expect(more).toEqual([]);
    expect(toTables?.Condition?.["StringEquals"]).toHaveProperty(["aws:PrincipalAccount"]);
    for (const each of listOf(toTables?.Resource)) {
      expect(each).toMatch(/:(catalog|database\/lakehouse_full|table\/lakehouse_full\/\*)$/);
    }
    expect(resource["aws_subnet"]).toMatchObject({
      network_subnet_0: { map_public_ip_on_launch: false },
      network_subnet_1: { map_public_ip_on_launch: false },
    });
  });

  test.each(["s3", "glue"])(
    "permits on its way to %s what the functions' roles may do there",
    (service) => {
      const endpoint =
        documentOf("full-bootstrap").resource["aws_vpc_endpoint"]?.[`network_${service}`];
      const passes = statementsOf(endpoint?.["policy"]).flatMap(({ Action }) => listOf(Action));
      const used = rolePolicies(documentOf("full-lakehouse"))
        .filter(({ address }) => /(bronze_silver|silver_gold)_role_policy/.test(address))
        .flatMap(({ statement }) => listOf(statement.Action))
        .filter((action) => action.startsWith(`${service}:`));
      expect(new Set(passes)).toEqual(new Set(used));
    },
  );

  test("is where both functions run, if the environment has one", () => {
    const full = documentOf("full-lakehouse");
    expect(full.data?.["aws_security_group"]?.["network_group"]).toMatchObject({
      name: "lakehouse-full-functions",
    });
    for (const name of ["bronze_silver", "silver_gold"]) {
      expect(full.resource["aws_lambda_function"]?.[name]).toMatchObject({
        vpc_config: {
          subnet_ids: reference("data.aws_subnets.network_subnets.ids"),
          security_group_ids: [reference("data.aws_security_group.network_group.id")],
        },
      });
      expect(
        documentOf("bare-lakehouse").resource["aws_lambda_function"]?.[name],
      ).not.toHaveProperty("vpc_config");
    }
    expect(documentOf("bare-bootstrap").resource).not.toHaveProperty("aws_vpc");
  });
});

describe("alarms", () => {
  test("may use the key for their own topic, under an alias that exists only then", () => {
    const { resource } = documentOf("full-bootstrap");
    const statements = statementsOf(resource["aws_kms_key"]?.["key"]?.["policy"]);
    const topic = expect.stringMatching(/:sns:eu-west-1:.*:lakehouse-full-alarms$/);
    for (const service of ["cloudwatch", "budgets"]) {
      expect(statements).toContainEqual(
        expect.objectContaining({
          Principal: { Service: `${service}.amazonaws.com` },
          Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
          Condition: expect.objectContaining({
            StringEquals: expect.objectContaining({
              "kms:EncryptionContext:aws:sns:topicArn": topic,
            }),
          }),
        }),
      );
    }
    const lakehouse = documentOf("full-lakehouse");
    expect(lakehouse.data?.["aws_kms_alias"]?.["observability_key"]?.["name"]).toBe(
      "alias/lakehouse-full-alarms",
    );
    expect(lakehouse.resource["aws_sns_topic"]?.["observability_topic"]).toMatchObject({
      kms_master_key_id: reference("data.aws_kms_alias.observability_key.target_key_arn"),
    });
    expect(
      documentOf("bare-lakehouse").resource["aws_sns_topic"]?.["observability_topic"],
    ).not.toHaveProperty("kms_master_key_id");
  });
});

describe("a publisher", () => {
  test("waits for the topic's policy", () => {
    const document = documentOf("full-lakehouse");
    const publishing = [
      document.resource["aws_budgets_budget"]?.["observability_budget"],
      ...Object.values(document.resource["aws_cloudwatch_metric_alarm"] ?? {}),
    ];
    const allowed = reference("aws_sns_topic_policy.observability_topic_policy.arn");
    const early = publishing.filter((each) => !JSON.stringify(each).includes(`["${allowed}"]`));
    expect(early).toEqual([]);
  });
});

describe("notifications", () => {
  test("cover only the tables' objects, so undelivered records start nothing", () => {
    for (const { name } of testedEnvironments) {
      const [notification] = resourcesOf(
        documentOf(`${name}-lakehouse`),
        "aws_s3_bucket_notification",
      );
      const queues = notification?.arguments["queue"] as Arguments[];
      expect(queues.map((queue) => queue["filter_prefix"])).toEqual(
        tables.map((table) => `${table}/`),
      );
    }
  });
});

describe("while paused", () => {
  test("nothing starts, and no alarm rings because of that", () => {
    const document = documentOf("dev-lakehouse");
    const all = (type: string, argument: string) =>
      resourcesOf(document, type).map(({ arguments: args }) => args[argument]);
    const isReplayPaused = 'aws_ssm_parameter.replay_state.insecure_value == "paused"';
    expect(all("aws_lambda_event_source_mapping", "enabled")).toEqual([
      reference("var.paused ? false : true"),
      reference(`(var.paused || (${isReplayPaused})) ? false : true`),
    ]);
    const enabled = reference('var.paused ? "DISABLED" : "ENABLED"');
    expect(all("aws_scheduler_schedule", "state")).toEqual([enabled, enabled]);
    expect(
      document.resource["aws_cloudwatch_metric_alarm"]?.["observability_alarm_gold_late"],
    ).toMatchObject({ treat_missing_data: reference('var.paused ? "notBreaching" : "breaching"') });
  });
});

describe("synthesis", () => {
  test("writes the same bytes again, and no path of this machine", () => {
    const again = stacksOf(testedEnvironments);
    expect(again.map(({ text }) => text)).toEqual(stacks.map(({ text }) => text));
    for (const { text } of stacks) {
      expect(text).not.toContain(join(import.meta.dirname, "..", "..", ".."));
      expect(text).not.toMatch(/\b(file:|node_modules|\/tmp\/)/);
    }
  });

  test("does not name the state bucket, which needs the account", () => {
    for (const { name, document, environment } of stacks) {
      expect(document.terraform["backend"]).toEqual({
        s3: {
          key: `${name}.tfstate`,
          region: environment.region,
          encrypt: true,
          use_lockfile: true,
        },
      });
    }
  });
});

describe("the runbook", () => {
  const runbook = readFileSync(
    join(import.meta.dirname, "..", "..", "..", "docs", "operations.md"),
    "utf8",
  );
  const headings = [...runbook.matchAll(/^#{2,4} `([^`]+)`$/gm)].map(([, heading]) => heading);

  test("has exactly one heading for each alarm", () => {
    const all = [full, wide]
      .flatMap((each) => alarmsOf(each, tables, everywhere))
      .map((alarm) => alarm.runbook);
    const alarms = new Set([...all, "monthly"]);
    expect(new Set(headings)).toEqual(alarms);
  });
});

/** Sets arguments of a resource; undefined removes one. */
function set(document: Document, address: string, changes: Arguments): void {
  const [type = "", name = ""] = address.split(".");
  const resource = document.resource[type]?.[name];
  if (resource === undefined) {
    throw new Error(`There is no ${address}.`);
  }
  for (const [argument, value] of Object.entries(changes)) {
    if (value === undefined) {
      delete resource[argument];
    } else {
      resource[argument] = value;
    }
  }
}

/** Replaces a part of a resource's string argument, which must exist. */
function replaceIn(
  document: Document,
  address: string,
  argument: string,
  from: string,
  to: string,
): void {
  const [type = "", name = ""] = address.split(".");
  const before = String(document.resource[type]?.[name]?.[argument]);
  if (!before.includes(from)) {
    throw new Error(`${address}.${argument} has no ${from}.`);
  }
  set(document, address, { [argument]: before.replace(from, to) });
}
