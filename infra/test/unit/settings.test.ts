/** Each environment's settings, and the shared ones, reach Terraform. */
import { allocatorVariables } from "@lakehouse/lake/node-options";
import { catalog } from "@lakehouse/tables/catalog";
import { describe, expect, test } from "vitest";
import { sliceMibOf } from "../../src/fan-out/slice.ts";
import { alarmsOf } from "../../src/observability/alarms.ts";
import { full, testedEnvironments } from "../../testing/environments.ts";
import {
  type Arguments,
  type Document,
  reference,
  resourcesOf,
  stacksOf,
} from "../support/synthesized.ts";

const everywhere = { accountId: "", partition: "aws", buildsOnAthena: true };

const tables = catalog.tables.map(({ name }) => name);
const stacks = stacksOf(testedEnvironments);
const lakehouses = stacks.filter(({ name }) => name.endsWith("-lakehouse"));

function documentOf(name: string): Document {
  const stack = stacks.find((each) => each.name === name);
  if (stack === undefined) {
    throw new Error(`There is no stack ${name}.`);
  }
  return stack.document;
}

describe.each(lakehouses)("$name", ({ environment, document }) => {
  const storage = documentOf(`${environment.name}-storage`);
  const named = (type: string, name: string): Arguments => document.resource[type]?.[name] ?? {};

  test.each([
    ["bronze_silver", environment.bronzeSilver, undefined],
    [
      "silver_gold",
      environment.silverGold,
      environment.silverGold.reservedConcurrency === 1 ? 1 : undefined,
    ],
  ] as const)(
    "%s has its size, its architecture and its concurrency, and logs JSON",
    (name, size, reserved) => {
      const lambda = named("aws_lambda_function", name);
      expect(lambda).toMatchObject({
        memory_size: size.memoryMib,
        timeout: size.timeoutSeconds,
        ephemeral_storage: { size: size.ephemeralStorageMib },
        architectures: [environment.architecture],
        logging_config: { log_format: "JSON", system_log_level: "INFO" },
      });
      expect(lambda["reserved_concurrent_executions"]).toBe(reserved);
      expect(named("aws_cloudwatch_log_group", `${name}_logs`)).toMatchObject({
        retention_in_days: environment.retention.logDays,
      });
    },
  );

  test("gold runs read slices, keep versions and pack silver as is set, or by default, and know their database", () => {
    const { retentionDays, packSilverAfterDays = 7 } = environment.silverGold;
    const sliceMib = sliceMibOf(environment.silverGold);
    const lambda = named("aws_lambda_function", "silver_gold");
    const { variables } = lambda["environment"] as { variables: Arguments };
    expect(variables["SLICE_MIB"]).toBe(sliceMib === undefined ? undefined : String(sliceMib));
    expect(variables["RETENTION_DAYS"]).toBe(String(retentionDays ?? 7));
    expect(variables["PACK_SILVER_AFTER_DAYS"]).toBe(
      packSilverAfterDays === "never" ? undefined : String(packSilverAfterDays),
    );
    expect(variables["GOLD_REPORT"]).toBe(environment.silverGold.report ? "true" : undefined);
    expect(variables).toMatchObject(allocatorVariables);
    expect(variables["GLUE_DATABASE"]).toBe(
      reference("aws_glue_catalog_database.catalog_database.name"),
    );
  });

  test("bronze-silver knows where the key of personal data is, and so does the command", () => {
    const lambda = named("aws_lambda_function", "bronze_silver");
    const { variables } = lambda["environment"] as { variables: Arguments };
    const { personalDataKey } = environment;
    expect(variables["PERSONAL_DATA_KEY_PARAMETER"]).toBe(personalDataKey);
    const location = String(named("aws_ssm_parameter", "lake_location")["value"]);
    expect(location.includes("personalDataKey")).toBe(personalDataKey !== undefined);
  });

  test.each(["bronze_silver", "silver_gold"])(
    "the memory that %s reports in its log is the metric of its alarm",
    (name) => {
      const { log_group_name, pattern, metric_transformation } = named(
        "aws_cloudwatch_log_metric_filter",
        `${name}_memory`,
      );
      expect({ log_group_name, pattern }).toEqual({
        log_group_name: reference(`aws_cloudwatch_log_group.${name}_logs.name`),
        pattern: '{ $.type = "platform.report" }',
      });
      const metric = metric_transformation as Arguments;
      expect(metric["value"]).toBe("$.record.metrics.maxMemoryUsedMB");
      expect(
        named("aws_cloudwatch_metric_alarm", `observability_alarm_${name}_memory`),
      ).toMatchObject({ namespace: metric["namespace"], metric_name: metric["name"] });
    },
  );

  test.each([
    ["bronze_trigger", "bronze_events", environment.bronzeSilver.maximumConcurrency],
    ["replay_trigger", "replay", environment.bronzeSilver.replayConcurrency ?? 2],
  ])(
    "the messages of %s go in batches to a limited number of invocations",
    (trigger, queue, most) => {
      expect(named("aws_lambda_event_source_mapping", trigger)).toMatchObject({
        event_source_arn: reference(`aws_sqs_queue.${queue}.arn`),
        function_name: reference("aws_lambda_alias.bronze_silver_live.arn"),
        batch_size: environment.bronzeSilver.batchSize,
        maximum_batching_window_in_seconds: environment.bronzeSilver.batchWindowSeconds,
        scaling_config: { maximum_concurrency: most },
      });
    },
  );

  test.each(["bronze_events", "replay"])(
    "only the queue %s may use its dead-letter queue, after five attempts",
    (queue) => {
      const arn = (each: string) => reference(`aws_sqs_queue.${each}.arn`);
      const { redrive_policy } = named("aws_sqs_queue", queue);
      expect(JSON.parse(String(redrive_policy))).toEqual({
        deadLetterTargetArn: arn(`${queue}_dead_letters`),
        maxReceiveCount: 5,
      });
      const { redrive_allow_policy } = named(
        "aws_sqs_queue_redrive_allow_policy",
        `${queue}_redrive_allow`,
      );
      expect(JSON.parse(String(redrive_allow_policy))).toEqual({
        redrivePermission: "byQueue",
        sourceQueueArns: [arn(queue)],
      });
    },
  );

  test("a deployment leaves a paused replay paused", () => {
    expect(named("aws_ssm_parameter", "replay_state")).toMatchObject({
      name: `/lakehouse/${environment.name}/replay`,
      insecure_value: "running",
      lifecycle: { ignore_changes: ["insecure_value"] },
    });
  });

  test("gold runs by its schedule, and failed runs and starts are retried and kept", () => {
    const { scheduleMinutes } = environment.silverGold;
    const kept = reference("aws_sqs_queue.gold_dead_letters.arn");
    expect(named("aws_scheduler_schedule", "gold_schedule")).toMatchObject({
      schedule_expression: `rate(${scheduleMinutes} minutes)`,
      target: {
        retry_policy: {
          maximum_event_age_in_seconds: scheduleMinutes * 60,
          maximum_retry_attempts: 1,
        },
        dead_letter_config: { arn: kept },
      },
    });
    expect(
      named("aws_lambda_function_event_invoke_config", "gold_schedule_invocations"),
    ).toMatchObject({
      maximum_retry_attempts: 1,
      destination_config: { on_failure: { destination: kept } },
    });
  });

  test("new silver and the schedule start gold by messages of one group, if that is set", () => {
    const { startBySilver, timeoutSeconds } = environment.silverGold;
    const variables = (named("aws_lambda_function", "bronze_silver")["environment"] as Arguments)[
      "variables"
    ] as Arguments;
    const { target } = named("aws_scheduler_schedule", "gold_schedule");
    const policies = JSON.stringify(document.resource["aws_iam_role_policy"]);
    if (startBySilver === undefined) {
      expect(target).toMatchObject({
        arn: reference("aws_lambda_alias.silver_gold_live.arn"),
        input: "{}",
      });
      expect(`${Object.keys(variables)}${policies}`).not.toMatch(/GOLD_STARTS|gold_starts/);
      expect(document.resource["aws_lambda_event_source_mapping"]).not.toHaveProperty(
        "gold_trigger",
      );
      return;
    }
    const { afterSeconds } = startBySilver;
    expect(named("aws_sqs_queue", "gold_starts")).toMatchObject({
      name: `lakehouse-${environment.name}-gold-starts.fifo`,
      fifo_queue: true,
      content_based_deduplication: true,
      delay_seconds: afterSeconds,
      visibility_timeout_seconds: timeoutSeconds + 60,
    });
    expect(variables).toMatchObject({
      GOLD_STARTS_QUEUE: reference("aws_sqs_queue.gold_starts.url"),
      GOLD_STARTS_SECONDS: String(afterSeconds),
    });
    if (environment.silverGold.fanOut !== undefined) {
      // A pipe takes the messages: fan-out.test.ts.
      return;
    }
    const mapping = named("aws_lambda_event_source_mapping", "gold_trigger");
    expect(mapping).toMatchObject({
      event_source_arn: reference("aws_sqs_queue.gold_starts.arn"),
      function_name: reference("aws_lambda_alias.silver_gold_live.arn"),
      enabled: reference("var.paused ? false : true"),
      batch_size: 10,
    });
    // AWS refuses it for a FIFO queue.
    expect(mapping).not.toHaveProperty("maximum_batching_window_in_seconds");
    expect(target).toMatchObject({
      arn: reference("aws_sqs_queue.gold_starts.arn"),
      input: '{"scheduled":"<aws.scheduler.scheduled-time>"}',
      sqs_parameters: { message_group_id: "gold" },
    });
    // The schedule itself starts nothing, so that nothing is throttled.
    expect(named("aws_iam_role_policy", "gold_schedule_role_policy")["policy"]).not.toContain(
      "lambda:",
    );
  });

  test("bronze-silver catches up every night, and failed catch-ups are kept", () => {
    const kept = reference("aws_sqs_queue.catch_up_dead_letters.arn");
    expect(named("aws_scheduler_schedule", "catch_up")).toMatchObject({
      schedule_expression: "cron(30 2 * * ? *)",
      state: reference('var.paused ? "DISABLED" : "ENABLED"'),
      target: {
        arn: reference("aws_lambda_alias.bronze_silver_live.arn"),
        input: "{}",
        dead_letter_config: { arn: kept },
      },
    });
    expect(named("aws_lambda_function_event_invoke_config", "catch_up_invocations")).toMatchObject({
      function_name: reference("aws_lambda_function.bronze_silver.function_name"),
      qualifier: "live",
      destination_config: { on_failure: { destination: kept } },
    });
  });

  test.each(tables)(
    "the stream of %s writes by UTC time, and undelivered records where they start nothing",
    (table) => {
      expect(named("aws_kinesis_firehose_delivery_stream", `stream_${table}`)).toMatchObject({
        extended_s3_configuration: {
          prefix: `${table}/!{timestamp:yyyy/MM/dd/HH}/`,
          error_output_prefix: expect.stringMatching(`^_errors/${table}/`),
          buffering_size: environment.ingest.bufferMib,
          buffering_interval: environment.ingest.bufferSeconds,
        },
      });
    },
  );

  test("bronze and silver move to cheaper classes, and earlier versions expire", () => {
    const { retention } = environment;
    const rulesOf = (layer: string) =>
      storage.resource["aws_s3_bucket_lifecycle_configuration"]?.[`lake_${layer}_lifecycle`]?.[
        "rule"
      ];
    const transitions = {
      bronze: [
        { days: retention.bronzeInfrequentDays, storage_class: "STANDARD_IA" },
        { days: retention.bronzeArchiveDays, storage_class: "GLACIER_IR" },
      ],
      silver: [{ days: retention.silverInfrequentDays, storage_class: "STANDARD_IA" }],
    };
    for (const [layer, transition] of Object.entries(transitions)) {
      expect(rulesOf(layer)).toContainEqual(expect.objectContaining({ transition }));
    }
    for (const layer of ["bronze", "silver", "gold"]) {
      const noncurrent_version_expiration = [{ noncurrent_days: retention.previousVersionsDays }];
      expect(rulesOf(layer)).toContainEqual(
        expect.objectContaining({ noncurrent_version_expiration }),
      );
    }
    // Each run replaces state and data files, so their versions would soon cost more than the lake.
    for (const prefix of ["_state/", ...catalog.tables.map(({ name }) => `${name}/`)]) {
      expect(rulesOf("gold")).toContainEqual(
        expect.objectContaining({
          filter: [{ prefix }],
          noncurrent_version_expiration: [{ noncurrent_days: 2 }],
        }),
      );
    }
    expect(rulesOf("query_results")).toContainEqual(
      expect.objectContaining({ expiration: [{ days: retention.queryResultsDays }] }),
    );
    expect(rulesOf("silver")).toContainEqual(
      expect.objectContaining({ filter: [{ prefix: "_replay/" }], expiration: [{ days: 90 }] }),
    );
  });

  test("bronze is locked and copied to another place with bronze.lockDays and bronze.replica", () => {
    const days = environment.bronze?.lockDays;
    expect(resourcesOf(storage, "aws_s3_bucket_object_lock_configuration")).toEqual(
      days === undefined
        ? []
        : [
            expect.objectContaining({
              arguments: expect.objectContaining({
                bucket: reference("aws_s3_bucket.lake_bronze.bucket"),
                rule: { default_retention: { mode: "GOVERNANCE", days } },
              }),
            }),
          ],
    );
    const replica = environment.bronze?.replica;
    const replications = storage.resource["aws_s3_bucket_replication_configuration"];
    expect(replications?.["lake_bronze_replica"] ?? {}).toEqual(
      replica === undefined
        ? {}
        : expect.objectContaining({
            bucket: reference("aws_s3_bucket.lake_bronze.bucket"),
            rule: [
              expect.objectContaining({
                status: "Enabled",
                delete_marker_replication: { status: "Disabled" },
                source_selection_criteria: { sse_kms_encrypted_objects: { status: "Enabled" } },
                destination: expect.objectContaining({
                  bucket: replica.bucketArn,
                  account: replica.account,
                  access_control_translation: { owner: "Destination" },
                  encryption_configuration: { replica_kms_key_id: replica.keyArn },
                }),
              }),
            ],
          }),
    );
    const alarm = named(
      "aws_cloudwatch_metric_alarm",
      "observability_alarm_bronze_replica_failures",
    );
    expect(alarm).toEqual(
      replica === undefined
        ? {}
        : expect.objectContaining({
            metric_name: "OperationsFailedReplication",
            dimensions: {
              SourceBucket: expect.stringMatching(/^lakehouse-full-bronze-/),
              DestinationBucket: "example-replica",
              RuleId: "bronze",
            },
          }),
    );
  });

  test("requests to the lake's buckets are logged with accessLogs", () => {
    const logged = resourcesOf(storage, "aws_s3_bucket_logging").map(
      ({ arguments: args }) => args["target_prefix"],
    );
    expect(new Set(logged)).toEqual(
      new Set(environment.accessLogs ? ["bronze/", "silver/", "gold/", "athena-results/"] : []),
    );
  });

  test("Athena and the budget have their limits", () => {
    expect(named("aws_athena_workgroup", "catalog_workgroup")).toMatchObject({
      configuration: {
        bytes_scanned_cutoff_per_query: environment.athena.scanLimitMib * 1_048_576,
        engine_version: { selected_engine_version: "Athena engine version 3" },
      },
    });
    if (environment.monthlyBudgetUsd === "none") {
      expect(resourcesOf(document, "aws_budgets_budget")).toEqual([]);
      return;
    }
    const budget = named("aws_budgets_budget", "observability_budget");
    expect(Number(budget["limit_amount"])).toBe(environment.monthlyBudgetUsd);
    expect(budget).toMatchObject({
      notification: [
        { notification_type: "ACTUAL", threshold: 80 },
        { notification_type: "FORECASTED", threshold: 100 },
      ],
    });
  });

  test("alarms are mailed to the address, if there is one", () => {
    const { email } = environment.alarms;
    const mailed = resourcesOf(document, "aws_sns_topic_subscription").map(
      ({ arguments: args }) => args["endpoint"],
    );
    expect(mailed).toEqual(email === undefined || email === "none" ? [] : [email]);
  });

  test("each alarm rings as it is defined", () => {
    const alarms = resourcesOf(document, "aws_cloudwatch_metric_alarm").map(
      ({ arguments: args }) => args,
    );
    const defined = alarmsOf(environment, tables);
    expect(alarms).toHaveLength(defined.length);
    for (const { name, rings, threshold, thresholdWhilePaused, periods } of defined) {
      const alarm = alarms.find(
        (each) => each["alarm_name"] === `lakehouse-${environment.name}-${name}`,
      );
      expect(alarm, name).toMatchObject({
        comparison_operator: rings === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
        evaluation_periods: periods,
        threshold:
          thresholdWhilePaused === undefined
            ? threshold
            : reference(`var.paused ? ${thresholdWhilePaused} : ${threshold}`),
      });
    }
  });
});

test("alarms ring when docs/operations.md says", () => {
  const [table = ""] = tables;
  const when = alarmsOf(full, [table], everywhere).map(
    ({ name, rings, threshold, periods, periodSeconds }) =>
      `${name}: ${rings} ${threshold}, ${periods} x ${periodSeconds} s`,
  );
  expect(when).toEqual([
    "bronze-silver-errors: above 0, 1 x 300 s",
    "bronze-silver-throttles: above 0, 3 x 300 s",
    // 90 % of 1,769 MiB, and of five minutes.
    "bronze-silver-memory: above 1592, 1 x 300 s",
    "bronze-silver-duration: above 270000, 1 x 300 s",
    "silver-gold-errors: above 0, 1 x 300 s",
    "silver-gold-throttles: above 0, 3 x 300 s",
    "silver-gold-memory: above 1843, 1 x 300 s",
    "silver-gold-duration: above 540000, 3 x 3600 s",
    "bronze-events-dead-letters: above 0, 1 x 300 s",
    "replay-dead-letters: above 0, 1 x 300 s",
    "catch-ups-dead-letters: above 0, 1 x 300 s",
    "gold-runs-dead-letters: above 0, 1 x 300 s",
    "bronze-events-age: above 2700, 1 x 300 s",
    // Three periods of the schedule, which is an hour here.
    "gold-late: below 1, 3 x 3600 s",
    "gold-backlog: above 0, 3 x 3600 s",
    "gold-checks-failed: above 0, 1 x 300 s",
    "gold-retired: above 0, 1 x 7200 s",
    "silver-outdated: above 0, 6 x 3600 s",
    "athena-models-failed: above 0, 1 x 300 s",
    "athena-models-waiting: above 14400, 1 x 300 s",
    "bronze-replica-failures: above 0, 1 x 300 s",
    "door-refusals: above 0.1, 1 x 900 s",
    "door-errors: above 0, 1 x 300 s",
    `quarantine-share-${table}: above 0.1, 1 x 900 s`,
    `new-keys-${table}: above 0, 1 x 86400 s`,
    // A minute of buffering plus a quarter of an hour.
    `delivery-freshness-${table}: above 960, 1 x 300 s`,
    `delivery-failures-${table}: below 1, 1 x 300 s`,
    `delivery-throttles-${table}: above 0, 1 x 300 s`,
    `delivery-limit-${table}: above 0.8, 1 x 300 s`,
  ]);
});

test("a table that reads a Kinesis stream has the alarms of that, in place of those for producers", () => {
  const [direct, reading] = [[], ["orders"]].map((kinesis) =>
    alarmsOf({ ...full, kinesis }, ["orders"]).map(({ name }) => name),
  );
  expect(direct?.filter((name) => !reading?.includes(name))).toEqual([
    "delivery-throttles-orders",
    "delivery-limit-orders",
  ]);
  expect(reading?.filter((name) => !direct?.includes(name))).toEqual([
    "source-behind-orders",
    "source-throttles-orders",
  ]);
});

test("the door limits each producer, and all of them together, and is deployed when it changes", () => {
  const { resource } = documentOf("full-lakehouse");
  expect(resource["aws_api_gateway_usage_plan"]).toMatchObject({
    door_plan_shop: {
      name: "lakehouse-full-door-shop",
      throttle_settings: { rate_limit: 50, burst_limit: 100 },
      quota_settings: { limit: 1_000_000, period: "DAY" },
    },
    door_plan_web_page: { throttle_settings: { rate_limit: 5, burst_limit: 10 } },
  });
  expect(resource["aws_api_gateway_usage_plan"]?.["door_plan_web_page"]).not.toHaveProperty(
    "quota_settings",
  );
  expect(resource["aws_api_gateway_method_settings"]?.["door_limits"]).toMatchObject({
    method_path: "*/*",
    settings: { throttling_rate_limit: 55, throttling_burst_limit: 110 },
  });
  expect(resource["aws_api_gateway_rest_api"]?.["door_api"]).toMatchObject({
    minimum_compression_size: "10485760",
  });
  expect(resource["aws_api_gateway_stage"]?.["door_stage"]).toMatchObject({
    access_log_settings: { format: expect.not.stringMatching(/apiKey"|\.body|apiKey\b(?!Id)/) },
  });
  const bodies = [full, { ...full, kinesis: "all" as const }].map((environment) => {
    const [stack] = stacksOf([environment]).filter(({ name }) => name.endsWith("-lakehouse"));
    return stack?.document.resource["aws_api_gateway_deployment"]?.["door_deployment"]?.[
      "triggers"
    ];
  });
  expect(bodies[0]).not.toEqual(bodies[1]);
  for (const name of ["dev", "bare"]) {
    expect(Object.keys(documentOf(`${name}-lakehouse`).resource).join()).not.toMatch(
      /api_gateway|aws_kinesis_stream/,
    );
  }
});

test("a Firehose stream that reads a Kinesis stream may read that one only", () => {
  const { resource } = documentOf("full-lakehouse");
  const stream = resource["aws_kinesis_firehose_delivery_stream"]?.["stream_web_events"];
  expect(stream).toMatchObject({
    kinesis_source_configuration: {
      kinesis_stream_arn: reference("aws_kinesis_stream.stream_web_events_source.arn"),
    },
  });
  expect(stream).not.toHaveProperty("server_side_encryption");
  expect(resource["aws_kinesis_stream"]).toEqual({
    stream_web_events_source: {
      name: "lakehouse-full-web-events",
      stream_mode_details: { stream_mode: "ON_DEMAND" },
      encryption_type: "KMS",
      kms_key_id: reference("data.aws_kms_alias.lake_key.target_key_arn"),
    },
  });
  const policy = String(
    resource["aws_iam_role_policy"]?.["stream_web_events_role_policy"]?.["policy"],
  );
  expect(policy).toMatch(/:kinesis:eu-west-1:[^"]*:stream\/lakehouse-full-web-events"/);
  expect(
    String(resource["aws_iam_role_policy"]?.["stream_orders_role_policy"]?.["policy"]),
  ).not.toContain("kinesis:GetRecords");
});

test("a stream is near its limit by bytes, records or requests, whichever is nearest", () => {
  const limit = alarmsOf(full, ["orders"]).find(({ name }) => name === "delivery-limit-orders");
  const watches = limit?.watches;
  const { metrics = {}, expression } = watches !== undefined && "metrics" in watches ? watches : {};
  expect(expression).toBe(
    "MAX([bytes / PERIOD(bytes) / bytes_limit, records / PERIOD(records) / records_limit, " +
      "requests / PERIOD(requests) / requests_limit])",
  );
  expect(Object.entries(metrics).map(([id, { name, statistic }]) => [id, name, statistic])).toEqual(
    [
      ["bytes", "IncomingBytes", "Sum"],
      ["bytes_limit", "BytesPerSecondLimit", "Average"],
      ["records", "IncomingRecords", "Sum"],
      ["records_limit", "RecordsPerSecondLimit", "Average"],
      ["requests", "IncomingPutRequests", "Sum"],
      ["requests_limit", "PutRequestsPerSecondLimit", "Average"],
    ],
  );
});
