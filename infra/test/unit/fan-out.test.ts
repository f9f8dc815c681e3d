/** Gold runs that are spread over many invocations: the state machine, and what it may do. */
import validate from "asl-validator";
import { describe, expect, test } from "vitest";
import { fanOutDefinition } from "../../src/fan-out/definition.ts";
import { sliceMibOf } from "../../src/fan-out/slice.ts";
import { alarmsOf } from "../../src/observability/alarms.ts";
import { bare, testedEnvironments, wide } from "../../testing/environments.ts";
import { allows } from "../support/permissions.ts";
import { reference, stacksOf, statementsOf } from "../support/synthesized.ts";

const stacks = stacksOf(testedEnvironments);
const documentOf = (name: string) => {
  const found = stacks.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`There is no stack ${name}.`);
  }
  return found.document;
};
const { resource } = documentOf("wide-lakehouse");
const machine = resource["aws_sfn_state_machine"]?.["gold_fan_out"] ?? {};
const definition = JSON.parse(String(machine["definition"]));
const alias = (name: string): string => reference(`aws_lambda_alias.${name}_live.arn`);

describe("the definition", () => {
  const example = fanOutDefinition({
    partition: "aws",
    goldArn: "arn:aws:lambda:eu-west-1:123456789012:function:lakehouse-wide-silver-gold:live",
    taskArn: "arn:aws:lambda:eu-west-1:123456789012:function:lakehouse-wide-gold-task:live",
    timeoutSeconds: 600,
    concurrency: 40,
  });

  test("is valid Amazon States Language", () => {
    expect(validate(example)).toMatchObject({ isValid: true });
  });

  test("is found to be invalid with an unknown state or field", () => {
    const { WhatNext: _, ...others } = example.States;
    expect(validate({ ...example, States: others }).isValid).toBe(false);
    const RunTasks = { ...example.States.RunTasks, MaximumConcurrency: 3 };
    expect(validate({ ...example, States: { ...example.States, RunTasks } }).isValid).toBe(false);
  });

  test("reaches every state, and each Advance decides whether to go on", () => {
    const { States, StartAt } = example;
    const nexts = [...JSON.stringify(States).matchAll(/"(?:Next|Default)":"(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(new Set([StartAt, ...nexts])).toEqual(new Set(Object.keys(States)));
    expect(States.RunTasks.Next).toBe("Advance");
  });
});

describe("the state machine", () => {
  test("runs as many tasks at once as are set, each for as long as the function may take", () => {
    const { RunTasks, Advance } = definition.States;
    expect(RunTasks).toMatchObject({
      MaxConcurrency: wide.silverGold.fanOut?.concurrency,
      ItemProcessor: {
        ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
        States: { RunTask: { Parameters: { FunctionName: alias("gold_fan_out_task") } } },
      },
    });
    expect(RunTasks).not.toHaveProperty("ToleratedFailureCount");
    expect(RunTasks).not.toHaveProperty("ToleratedFailurePercentage");
    expect(Advance).toMatchObject({ Parameters: { FunctionName: alias("silver_gold") } });
    for (const { TimeoutSeconds } of [Advance, RunTasks.ItemProcessor.States.RunTask]) {
      expect(TimeoutSeconds).toBeGreaterThan(wide.silverGold.timeoutSeconds);
    }
  });

  test("tries again what Lambda refuses for a while, and a task that failed", () => {
    const { RunTask } = definition.States.RunTasks.ItemProcessor.States;
    for (const { Retry } of [definition.States.Advance, RunTask]) {
      expect(Retry[0].ErrorEquals).toContain("Lambda.TooManyRequestsException");
      expect(Retry[0]).toMatchObject({ BackoffRate: 2, JitterStrategy: "FULL", MaxAttempts: 10 });
      expect(Retry.at(-1)).toMatchObject({ ErrorEquals: ["States.ALL"] });
    }
    expect(RunTask.Retry.at(-1).MaxAttempts).toBeGreaterThan(1);
  });

  test("is started by the schedule, whose role may do nothing else", () => {
    const arn = reference("aws_sfn_state_machine.gold_fan_out.arn");
    expect(resource["aws_scheduler_schedule"]?.["gold_schedule"]).toMatchObject({
      target: { arn, input: "{}" },
    });
    const role = resource["aws_iam_role_policy"]?.["gold_schedule_role_policy"];
    const statements = statementsOf(role?.["policy"]);
    expect(statements.map(({ Sid, Action }) => [Sid, Action])).toEqual([
      ["StartRun", ["states:StartExecution"]],
      ["KeepFailures", ["sqs:SendMessage"]],
    ]);
    expect(allows(statements, "states:StartExecution", arn)).toBe(true);
  });

  test("may invoke both functions and read the lists of tasks, and no more of the lake", () => {
    const statements = statementsOf(
      resource["aws_iam_role_policy"]?.["gold_fan_out_role_policy"]?.["policy"],
    );
    const gold = statements.find(({ Sid }) => Sid === "ReadTasks")?.Resource;
    expect(gold).toMatch(/\/_state\/tasks\/\*$/);
    const bucket = String(gold).replace(/\/_state\/tasks\/\*$/, "");
    for (const name of ["silver_gold", "gold_fan_out_task"]) {
      expect(allows(statements, "lambda:InvokeFunction", alias(name))).toBe(true);
    }
    expect(allows(statements, "lambda:InvokeFunction", alias("bronze_silver"))).toBe(false);
    expect(allows(statements, "s3:GetObject", `${bucket}/orders/any.parquet`)).toBe(false);
    expect(allows(statements, "s3:PutObject", `${bucket}/_state/tasks/any`)).toBe(false);
  });
});

describe("gold-task", () => {
  const task = resource["aws_lambda_function"]?.["gold_fan_out_task"];
  const silverGold = resource["aws_lambda_function"]?.["silver_gold"];

  test("has the image, size and variables of silver-gold, but not its reservation", () => {
    for (const same of ["image_uri", "memory_size", "timeout", "ephemeral_storage", "vpc_config"]) {
      expect(task?.[same], same).toEqual(silverGold?.[same]);
    }
    const { POWERTOOLS_SERVICE_NAME: name, ...variables } = variablesOf(task);
    const { POWERTOOLS_SERVICE_NAME: _, ...others } = variablesOf(silverGold);
    expect(name).toBe("gold-task");
    expect(variables).toEqual(others);
    expect(task).not.toHaveProperty("reserved_concurrent_executions");
  });

  test("reads silver and gold, and writes only results of tasks and data files", () => {
    const statements = statementsOf(
      resource["aws_iam_role_policy"]?.["gold_fan_out_task_role_policy"]?.["policy"],
    );
    const written = statements.find(({ Sid }) => Sid === "WriteResults")?.Resource;
    const gold = String(written).replace(/\/_state\/tasks\/\*$/, "");
    expect(allows(statements, "s3:GetObject", `${gold}/orders/any.parquet`)).toBe(true);
    expect(allows(statements, "s3:PutObject", `${gold}/_state/tasks/00000001/any`)).toBe(true);
    const file = "orders/order_date_month=2024-01/00000001-0123456789abcdef.parquet";
    for (const key of [file, `_state/tombstones/${file}`]) {
      expect(allows(statements, "s3:PutObject", `${gold}/${key}`), key).toBe(true);
      expect(allows(statements, "s3:DeleteObject", `${gold}/${key}`), key).toBe(false);
    }
    for (const key of [
      "_state/run.json",
      "orders/_delta_log/00000000000000000010.checkpoint.parquet",
      "orders/_delta_log/00000000000000000010.json",
      "daily_sales/data.csv",
      "daily_sales/order_date_month=2024-01/data.parquet",
    ]) {
      expect(allows(statements, "s3:PutObject", `${gold}/${key}`), key).toBe(false);
      expect(allows(statements, "s3:DeleteObject", `${gold}/${key}`), key).toBe(false);
    }
    expect(JSON.stringify(statements)).not.toContain("glue:");
  });
});

test.each([
  ["all tasks busy", { fanOut: { concurrency: 40 }, ephemeralStorageMib: 10_240 }, 1_280],
  ["what fits on disk", { fanOut: { concurrency: 100 }, ephemeralStorageMib: 10_240 }, 2_560],
  ["no less than usual", { fanOut: { concurrency: 100 }, ephemeralStorageMib: 512 }, 256],
  ["what is set", { fanOut: { concurrency: 100 }, sliceMib: 64 }, 64],
  ["the usual without tasks", {}, undefined],
])("a run reads at once: %s", (_, settings, expected) => {
  expect(sliceMibOf({ ...bare.silverGold, ...settings })).toBe(expected);
  expect(variablesOf(resource["aws_lambda_function"]?.["silver_gold"])["SLICE_MIB"]).toBe("512");
});

test("alarms ring for tasks and executions, too", () => {
  const { fanOut: _, ...silverGold } = wide.silverGold;
  const rings = (environment: typeof wide): string[] =>
    alarmsOf(environment, []).map(
      ({ name, rings: when, threshold, periods }) => `${name}: ${when} ${threshold}, ${periods} x`,
    );
  const before = rings({ ...wide, silverGold });
  expect(rings(wide).filter((each) => !before.includes(each))).toEqual([
    "gold-task-errors: above 0, 1 x",
    "gold-task-throttles: above 0, 3 x",
    "gold-task-memory: above 1843, 1 x",
    "gold-task-duration: above 540000, 1 x",
    "gold-executions-failed: above 0, 1 x",
    "gold-executions-timed-out: above 0, 1 x",
  ]);
});

test("new silver starts executions, too, through a pipe that is stopped while paused", () => {
  const queue = "aws_sqs_queue.gold_starts";
  expect(resource["aws_pipes_pipe"]?.["gold_pipe"]).toMatchObject({
    source: reference(`${queue}.arn`),
    target: reference("aws_sfn_state_machine.gold_fan_out.arn"),
    desired_state: reference('var.paused ? "STOPPED" : "RUNNING"'),
    target_parameters: {
      step_function_state_machine_parameters: { invocation_type: "FIRE_AND_FORGET" },
    },
  });
  expect(resource["aws_lambda_event_source_mapping"]).not.toHaveProperty("gold_trigger");
  const policyOf = (name: string) =>
    statementsOf(resource["aws_iam_role_policy"]?.[`${name}_role_policy`]?.["policy"]);
  expect(policyOf("gold_pipe").map(({ Sid }) => Sid)).toEqual(["TakeStarts", "StartRun"]);
  expect(allows(policyOf("silver_gold"), "sqs:ReceiveMessage", reference(`${queue}.arn`))).toBe(
    false,
  );
});

test("without the setting there is no state machine", () => {
  for (const name of ["dev", "prod", "full", "bare"]) {
    const text = JSON.stringify(
      ["bootstrap", "storage", "lakehouse"].map((kind) => documentOf(`${name}-${kind}`)),
    );
    expect(text).not.toMatch(/aws_sfn_|states:|gold.task|gold_run"/);
  }
});

function variablesOf(lambda: Readonly<Record<string, unknown>> = {}) {
  const { variables } = lambda["environment"] as { variables: Record<string, string> };
  return variables;
}
