/** The roles that GitHub's jobs assume by OpenID Connect, so no key is stored. */
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";
import type { GitHubDeployment } from "../environment.ts";
import { auditStatements } from "../iam/auditor.ts";
import { deployStatements, planStatements, stateStatements } from "../iam/deployer.ts";
import { policiesWithin, type RoleStatement, trustPolicy } from "../iam/policy.ts";
import type { LayerBucket } from "./layer-bucket.ts";

/** Props of `GitHubRoles`. */
export interface GitHubRolesProps {
  readonly deployment: Deployment;
  readonly github: GitHubDeployment;
  readonly state: LayerBucket;
  /** The lake's own key, if it has one. */
  readonly keyArn: string | undefined;
}

const issuer = "token.actions.githubusercontent.com";
/** How long a job may keep a role: an apply may take 75 minutes, and an audit reads everything. The workflows ask for as much. */
const sessionSeconds = 7_200;
/** AWS's limit for a managed policy. */
const policyCharacters = 6_144;

/** Who may deploy an environment, who may only plan, and who may read the lake to audit it. */
export class GitHubRoles extends Construct {
  /** For the jobs of one GitHub environment. */
  readonly deploy: IamRole;
  /** For pull requests from the repository's own branches. GitHub gives forks no token. */
  readonly plan: IamRole;
  /**
   * For the scheduled audit, unless the environment wants none. Every job of the main branch may assume it, and no other branch's: a GitHub environment could wait
   * for an approval every week, and one without rules is open to all branches.
   */
  readonly audit: IamRole | undefined;

  constructor(scope: Construct, id: string, props: GitHubRolesProps) {
    super(scope, id);
    const { deployment, github, state, keyArn } = props;
    const { repository, githubEnvironment } = github;
    const reading = planStatements(deployment, keyArn);
    this.deploy = this.#role(
      props,
      "deploy",
      `repo:${repository}:environment:${githubEnvironment}`,
      [
        ...stateStatements(deployment, state.arn, "write"),
        ...reading,
        ...deployStatements(deployment),
      ],
    );
    this.plan = this.#role(props, "plan", `repo:${repository}:pull_request`, [
      ...stateStatements(deployment, state.arn, "read"),
      ...reading,
    ]);
    this.audit =
      github.audit === false
        ? undefined
        : this.#role(
            props,
            "audit",
            `repo:${repository}:ref:refs/heads/main`,
            auditStatements(deployment, keyArn),
          );
  }

  #role(
    { deployment }: GitHubRolesProps,
    task: "deploy" | "plan" | "audit",
    subject: string,
    statements: readonly RoleStatement[],
  ): IamRole {
    const { environment, partition, accountId } = deployment;
    // Not lakehouse-…: this role may change those, and must not be able to change itself.
    const name = `github-lakehouse-${environment.name}-${task}`;
    const provider = `arn:${partition}:iam::${accountId}:oidc-provider/${issuer}`;
    const role = new IamRole(this, task, {
      name,
      description: `GitHub's jobs ${task} the lakehouse ${environment.name}`,
      assumeRolePolicy: trustPolicy({ Federated: provider }, "sts:AssumeRoleWithWebIdentity", {
        StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: subject },
      }),
      maxSessionDuration: sessionSeconds,
    });
    for (const [index, policy] of policiesWithin(policyCharacters, statements).entries()) {
      const part = `${task}_${index + 1}`;
      const { arn } = new IamPolicy(this, `${part}_policy`, {
        name: `${name}-${index + 1}`,
        policy,
      });
      new IamRolePolicyAttachment(this, `${part}_attachment`, { role: role.name, policyArn: arn });
    }
    return role;
  }
}
