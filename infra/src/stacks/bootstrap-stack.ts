/** What the other stacks need first: the state bucket, the lake's key, the permissions boundary and GitHub's roles. */
import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import type { Construct } from "constructs";
import { FunctionNetwork } from "../constructs/function-network.ts";
import { GitHubRoles } from "../constructs/github-roles.ts";
import { LakeKey } from "../constructs/lake-key.ts";
import { LayerBucket } from "../constructs/layer-bucket.ts";
import { boundaryName } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { boundaryStatements } from "../iam/boundary.ts";
import { rolePolicy } from "../iam/policy.ts";
import { EnvironmentStack } from "./environment-stack.ts";

/** Days that an earlier state can be restored. */
const previousStatesDays = 365;

/** The first stack of an environment. */
export class BootstrapStack extends EnvironmentStack {
  /** @param buildsOnAthena Whether Athena builds models of it. */
  constructor(scope: Construct, environment: Environment, buildsOnAthena = false) {
    super(scope, environment, "bootstrap", buildsOnAthena);
    const { deployment } = this;
    const state = new LayerBucket(this, "state", {
      deployment,
      layer: "state",
      // Always: without its state, Terraform does not know what it has created.
      protected: true,
      previousVersionsDays: previousStatesDays,
    });
    const keyArn =
      environment.encryption === "kms" ? new LakeKey(this, "key", { deployment }).arn : undefined;
    new IamPolicy(this, "boundary", {
      name: boundaryName(deployment),
      description: "The most that any role of this lakehouse may do",
      policy: rolePolicy(boundaryStatements(deployment, keyArn)),
    });
    if (environment.network !== undefined) {
      new FunctionNetwork(this, "network", { deployment, network: environment.network });
    }
    this.output("state_bucket", "Where Terraform keeps its state", state.name);

    const { github } = environment;
    if (github === undefined) {
      return;
    }
    if (github.createProvider) {
      new IamOpenidConnectProvider(this, "github", {
        url: "https://token.actions.githubusercontent.com",
        clientIdList: ["sts.amazonaws.com"],
      });
    }
    const roles = new GitHubRoles(this, "github_roles", {
      deployment,
      github,
      state,
      keyArn,
    });
    this.output("deploy_role", "The role of GitHub's jobs that deploy", roles.deploy.arn);
    this.output("plan_role", "The role of GitHub's jobs that only plan", roles.plan.arn);
    if (roles.audit !== undefined) {
      this.output("audit_role", "The role of GitHub's job that audits the lake", roles.audit.arn);
    }
  }
}
