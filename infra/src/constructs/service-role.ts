/** A role that one service of AWS takes on, with one policy. */
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
  /** For whom the service may take on the role. */
  readonly conditions?: Conditions;
  readonly statements: readonly (Statement | UnscopedStatement)[];
}

const maximumNameCharacters = 64;
/** AWS's, of all policies inside a role. */
const maximumPolicyCharacters = 10_240;
/** What a reference to another resource becomes is known when that is deployed: an ARN, of about this length. */
const referenceCharacters = 60;

/** A role and what it may do. */
export class ServiceRole extends Construct {
  readonly arn: string;
  readonly name: string;
  /** What must wait until the role may do its work. */
  readonly policy: IamRolePolicy;

  constructor(scope: Construct, id: string, props: ServiceRoleProps) {
    super(scope, id);
    const { partition, accountId } = props.deployment;
    if (props.name.length > maximumNameCharacters) {
      throw new SynthesisError(
        `role ${props.name}`,
        `its name is longer than the ${maximumNameCharacters} characters that AWS takes`,
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
        `its policy would have about ${characters} characters, and AWS takes ${maximumPolicyCharacters}`,
        "It grows with the number of tables: divide them among two lakehouses.",
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
