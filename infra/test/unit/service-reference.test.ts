/** Every policy names actions, resources and condition keys that AWS's service reference has. */
import { describe, expect, test } from "vitest";
import { testedEnvironments } from "../../testing/environments.ts";
import { everyStatement, problemsOf } from "../support/service-reference.ts";
import { type PolicyStatement, stacksOf } from "../support/synthesized.ts";

const stacks = stacksOf(testedEnvironments);

test.each(stacks)("AWS understands every policy of $name", async ({ document }) => {
  const problems = await Promise.all(
    everyStatement(document).map(async ({ place, statement }) =>
      (await problemsOf(statement)).map((problem) => `${place}, ${statement.Sid}: ${problem}`),
    ),
  );
  expect(problems.flat()).toEqual([]);
});

test("policies are found wherever a resource has one", () => {
  const places = stacks.flatMap(({ document }) => everyStatement(document));
  const types = new Set(places.map(({ place }) => place.replace(/\..*\./, ".")));
  for (const type of [
    "aws_iam_policy.policy",
    "aws_iam_role_policy.policy",
    "aws_iam_role.assume_role_policy",
    "aws_s3_bucket_policy.policy",
    "aws_sqs_queue_policy.policy",
    "aws_sns_topic_policy.policy",
    "aws_ecr_repository_policy.policy",
  ]) {
    expect(types).toContain(type);
  }
});

describe("a statement is refused", () => {
  const group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/lakehouse-dev-*";
  const mistakes: readonly [what: string, change: Partial<PolicyStatement>, problem: string][] = [
    ["whose action does not exist", { Action: "s3:GetObjects" }, "s3:GetObjects does not exist"],
    ["whose service does not exist", { Action: "s4:GetObject" }, "s4:GetObject does not exist"],
    ["whose action has other capitals", { Action: "s3:getObject" }, "s3:getObject does not exist"],
    [
      "whose pattern stands for nothing",
      { Action: "s3:Obliterate*" },
      "s3:Obliterate* does not exist",
    ],
    [
      "with a resource for an action that takes none",
      { Action: ["logs:DescribeLogStreams", "logs:DescribeLogGroups"], Resource: group },
      "logs:DescribeLogGroups takes no resource but *",
    ],
    [
      "with a bucket for an action on objects",
      { Action: "s3:GetObject", Resource: "arn:aws:s3:::lake" },
      "s3:GetObject takes none of the resources",
    ],
    [
      "with objects for an action on a bucket",
      { Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake/*" },
      "s3:ListBucket takes none of the resources",
    ],
    [
      "that lacks one of the resources",
      { Action: "glue:GetTable", Resource: "arn:aws:glue:eu-west-1:123456789012:catalog" },
      "glue:GetTable needs a resource of the type table",
    ],
    [
      "with a resource for none of its actions",
      { Action: "s3:GetObject", Resource: ["arn:aws:s3:::lake/*", "arn:aws:s3:::lake"] },
      "no action takes arn:aws:s3:::lake",
    ],
    [
      "with a condition that the action does not have",
      {
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::lake/*",
        Condition: { StringLike: { "s3:prefix": "orders/*" } },
      },
      "s3:GetObject has no condition key s3:prefix",
    ],
  ];

  test.each(mistakes)("%s", async (_, change, problem) => {
    const statement = { Sid: "Wrong", Effect: "Allow", Action: [], Resource: "*", ...change };
    expect(await problemsOf(statement as PolicyStatement)).toContain(problem);
  });
});
