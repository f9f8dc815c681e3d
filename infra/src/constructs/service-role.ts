/** A role that one AWS service assumes, with one policy. The role is in the storage stack, its policy where it is used. */
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { boundaryName, type Deployment } from "../deployment.ts";
import { SynthesisError } from "../errors.ts";
import {
  type Conditions,
  rolePolicy,
  type Statement,
  trustPolicy,
  type UnscopedStatement,
} from "../iam/policy.ts";
import { EnvironmentStack } from "../stacks/environment-stack.ts";

/** Props of a `ServiceRole`. */
export interface ServiceRoleProps {
  readonly deployment: Deployment;
  readonly name: string;
  readonly description: string;
  /** `lambda.amazonaws.com`. */
  readonly service: string;
  /** The conditions under which the service may assume the role, in the stack that has the role. */
  readonly conditions?: (deployment: Deployment) => Conditions;
  readonly statements: readonly (Statement | UnscopedStatement)[];
}

const maximumNameCharacters = 64;
/** AWS's limit for all inline policies of a role. */
const maximumPolicyCharacters = 10_240;
const longestPartition = "aws-us-gov";
/** The estimated length of an ARN. A reference becomes one only when its resource is deployed. */
const referenceCharacters = 60;

/** A role with its policy. */
export class ServiceRole extends Construct {
  readonly arn: string;
  readonly name: string;
  /** Dependencies for whatever uses the role: its policy must exist first. */
  readonly policy: IamRolePolicy;

  constructor(scope: Construct, id: string, props: ServiceRoleProps) {
    super(scope, id);
    if (props.name.length > maximumNameCharacters) {
      throw new SynthesisError(
        `role ${props.name}`,
        `its name is longer than AWS's limit of ${maximumNameCharacters} characters`,
        "Shorten the name of the table or the environment.",
      );
    }
    const { accountId, partition } = props.deployment;
    const policy = rolePolicy(props.statements);
    const characters = policy
      .replaceAll(accountId, "123456789012")
      .replaceAll(partition, longestPartition)
      .replaceAll(/\$\{TfToken[^}]*\}/g, "x".repeat(referenceCharacters)).length;
    if (characters > maximumPolicyCharacters) {
      throw new SynthesisError(
        `role ${props.name}`,
        `its policy would have about ${characters} characters, and AWS's limit is ${maximumPolicyCharacters}`,
        "Shorten its list of resources with wildcards, or its statements.",
      );
    }
    const role = this.#makeRole(props);
    this.name = props.name;
    this.arn = `arn:${partition}:iam::${accountId}:role/${props.name}`;
    this.policy = new IamRolePolicy(this, "policy", {
      name: "work",
      // Another stack's resource is known by its name only.
      role: TerraformStack.of(this) === TerraformStack.of(role) ? role.name : props.name,
      policy,
    });
  }

  /** Who may assume a role is for a person to change, so the role is in the storage stack, at the same address. */
  #makeRole({
    name,
    description,
    service,
    conditions,
    deployment: { environment },
  }: ServiceRoleProps): IamRole {
    const storage = this.node.root.node.findChild(`${environment.name}-storage`);
    if (!(storage instanceof EnvironmentStack)) {
      throw new SynthesisError(`role ${name}`, "there is no storage stack", "Make that first.");
    }
    const { deployment } = storage;
    const { partition, accountId } = deployment;
    const [, ...path] = this.node.path.split("/");
    return new IamRole(storage, path.join("_"), {
      name,
      description,
      permissionsBoundary: `arn:${partition}:iam::${accountId}:policy/${boundaryName(deployment)}`,
      assumeRolePolicy: trustPolicy(
        { Service: service },
        "sts:AssumeRole",
        conditions?.(deployment) ?? {},
      ),
      // A removed table's role is destroyed before the lakehouse's stack destroys its policy.
      forceDetachPolicies: true,
    });
  }
}
