/** A role that one AWS service assumes, with one policy. */
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { boundaryName, type Deployment } from "../deployment.ts";
import { SynthesisError } from "../errors.ts";
import {
  type Conditions,
  rolePolicy,
  type Statement,
  trustPolicy,
  type UnscopedStatement,
} from "../iam/policy.ts";

/** Props of a `ServiceRole`. */
export interface ServiceRoleProps {
  readonly deployment: Deployment;
  readonly name: string;
  readonly description: string;
  /** `lambda.amazonaws.com`. */
  readonly service: string;
  /** The conditions under which the service may assume the role. */
  readonly conditions?: Conditions;
  readonly statements: readonly (Statement | UnscopedStatement)[];
}

const maximumNameCharacters = 64;
/** AWS's limit for all inline policies of a role. */
const maximumPolicyCharacters = 10_240;
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
    const { partition, accountId } = props.deployment;
    if (props.name.length > maximumNameCharacters) {
      throw new SynthesisError(
        `role ${props.name}`,
        `its name is longer than AWS's limit of ${maximumNameCharacters} characters`,
        "Shorten the name of the table or the environment.",
      );
    }
    const policy = rolePolicy(props.statements);
    const characters = policy.replaceAll(
      /\$\{TfToken[^}]*\}/g,
      "x".repeat(referenceCharacters),
    ).length;
    if (characters > maximumPolicyCharacters) {
      throw new SynthesisError(
        `role ${props.name}`,
        `its policy would have about ${characters} characters, and AWS's limit is ${maximumPolicyCharacters}`,
        "Shorten its list of resources with wildcards, or its statements.",
      );
    }
    const role = new IamRole(this, mainResource, {
      name: props.name,
      description: props.description,
      permissionsBoundary: `arn:${partition}:iam::${accountId}:policy/${boundaryName(props.deployment)}`,
      assumeRolePolicy: trustPolicy(
        { Service: props.service },
        "sts:AssumeRole",
        props.conditions ?? {},
      ),
    });
    this.arn = role.arn;
    this.name = role.name;
    this.policy = new IamRolePolicy(this, "policy", {
      name: "work",
      role: role.id,
      policy,
    });
  }
}
