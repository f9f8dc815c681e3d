/** What models on Athena add to a deployment. Without such a model, nothing is added. */
import { goldMetricNames } from "@lakehouse/lake/metrics";
import { describe, expect, test } from "vitest";
import { bare, full } from "../../testing/environments.ts";
import { broken } from "../support/aws-limits.ts";
import { onAthena } from "../support/on-athena.ts";
import { policies, rolePolicies } from "../support/policies.ts";
import {
  type Arguments,
  type Document,
  listOf,
  reference,
  stacksOf,
} from "../support/synthesized.ts";

const stacks = stacksOf([full, bare], onAthena);
const plain = stacksOf([full]);

function documentOf(name: string): Document {
  const found = stacks.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`There is no stack ${name}.`);
  }
  return found.document;
}

const named = (stack: string, type: string, name: string): Arguments =>
  documentOf(stack).resource[type]?.[name] ?? {};

describe.each(stacks)("$name", ({ document }) => {
  test("follows the policies, and fits AWS's limits", () => {
    expect(policies.flatMap(({ violations }) => violations(document))).toEqual([]);
    expect(broken(document)).toEqual([]);
  });
});

test.each([
  [full, 20_480, "SSE_KMS"],
  [bare, 1_048_576, "SSE_S3"],
])(
  "a workgroup of its own has its limit, and writes to gold's state: $name",
  ({ name }, mib, encryption) => {
    const group = named(`${name}-lakehouse`, "aws_athena_workgroup", "models");
    expect(group).toMatchObject({
      name: `lakehouse-${name}-models`,
      configuration: {
        enforce_workgroup_configuration: true,
        bytes_scanned_cutoff_per_query: mib * 1_048_576,
        result_configuration: {
          output_location: expect.stringMatching(/-gold-[^/]*\/_state\/athena\/_results\/$/),
          encryption_configuration: { encryption_option: encryption },
        },
      },
    });
    const lambda = named(`${name}-lakehouse`, "aws_lambda_function", "silver_gold");
    expect(lambda["environment"]).toMatchObject({
      variables: { ATHENA_WORKGROUP: reference("aws_athena_workgroup.models.name") },
    });
  },
);

test("the time that a query may take is the function's setting", () => {
  const { environment } = named("full-lakehouse", "aws_lambda_function", "silver_gold");
  expect(environment).toMatchObject({ variables: { ATHENA_MODEL_MINUTES: "90" } });
});

test("gold runs may query that workgroup only, within the boundary", () => {
  const bounds = String(named("full-bootstrap", "aws_iam_policy", "boundary")["policy"]);
  const allowed = rolePolicies(documentOf("full-lakehouse")).filter(({ statement }) =>
    listOf(statement.Action).some((action) => action.startsWith("athena:")),
  );
  expect(allowed.map(({ address }) => address)).toEqual([
    "aws_iam_role_policy.silver_gold_role_policy",
  ]);
  expect(allowed.flatMap(({ statement }) => listOf(statement.Resource))).toEqual([
    expect.stringMatching(/:athena:eu-west-1:[^:]*:workgroup\/lakehouse-full-models$/),
  ]);
  const actions = rolePolicies(documentOf("full-lakehouse")).flatMap(({ statement }) =>
    listOf(statement.Action),
  );
  expect(actions).toContain("s3:ListMultipartUploadParts");
  expect(actions.filter((action) => !bounds.includes(`"${action}"`))).toEqual([]);
});

test("results that no run has removed are removed after two weeks", () => {
  const rules = named(
    "bare-storage",
    "aws_s3_bucket_lifecycle_configuration",
    "lake_gold_lifecycle",
  );
  expect(rules["rule"]).toContainEqual({
    id: "athena-results",
    status: "Enabled",
    filter: [{ prefix: "_state/athena/" }],
    expiration: [{ days: 14 }],
  });
});

test("a network has an endpoint for Athena", () => {
  expect(named("full-bootstrap", "aws_vpc_endpoint", "network_athena")).toMatchObject({
    service_name: "com.amazonaws.eu-west-1.athena",
    policy: expect.stringContaining("athena:StartQueryExecution"),
  });
});

test("alarms and graphs show what Athena does, and what it costs", () => {
  const alarms = Object.keys(
    documentOf("bare-lakehouse").resource["aws_cloudwatch_metric_alarm"] ?? {},
  );
  expect(alarms).toEqual(
    expect.arrayContaining([
      "observability_alarm_athena_models_failed",
      "observability_alarm_athena_models_waiting",
    ]),
  );
  const dashboard = named("bare-lakehouse", "aws_cloudwatch_dashboard", "observability_dashboard");
  const body = String(dashboard["dashboard_body"]);
  expect(body).toContain('"expression":"bytes / 1000000000000 * 5"');
  expect(body).toContain(goldMetricNames.athenaWaiting);
});

test("a lake without such a model is as before", () => {
  for (const { text } of plain) {
    expect(text).not.toMatch(
      /lakehouse-full-models|_state\/athena|athena:StartQuery|Athena(Bytes|Models)/,
    );
  }
});
