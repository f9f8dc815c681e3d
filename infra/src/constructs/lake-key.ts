/** The lake's own encryption key. A person creates it with bootstrap; the role that deploys may only look it up. */
import { DataAwsKmsAlias } from "@cdktf/provider-aws/lib/data-aws-kms-alias/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import {
  alarmKeyAlias,
  alarmPublishers,
  arnOf,
  type Deployment,
  keyAlias,
  onlyFor,
  resourceName,
} from "../deployment.ts";
import { resourcePolicy } from "../iam/policy.ts";

/** Props of a `LakeKey`. */
export interface LakeKeyProps {
  readonly deployment: Deployment;
}

/** Days in which the deletion of a key can be cancelled. */
const keyDeletionDays = 30;

/** A key, and the alias by which the lakehouse finds it. */
export class LakeKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { deployment }: LakeKeyProps) {
    super(scope, id);
    const key = new KmsKey(this, mainResource, {
      description: `The lake of ${deployment.environment.name}`,
      enableKeyRotation: true,
      policy: keyPolicy(deployment),
      deletionWindowInDays: keyDeletionDays,
      // Always: without its key, the whole lake is lost, with all versions.
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, "alias", { name: keyAlias(deployment), targetKeyId: key.keyId });
    // Depends on the key's policy, which AWS changes together with the key.
    new KmsAlias(this, "alarms_alias", {
      name: alarmKeyAlias(deployment),
      targetKeyId: key.keyId,
    });
    this.arn = key.arn;
  }
}

/** The account's IAM policies decide who may use the key. Besides, alarms may encrypt what they send to their topic. */
function keyPolicy(deployment: Deployment): string {
  const { partition, accountId } = deployment;
  const topic = arnOf(deployment, "sns", resourceName(deployment, "alarms"));
  return resourcePolicy([
    {
      sid: "AccountDecides",
      effect: "Allow",
      principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
      actions: ["kms:*"],
      // A key's policy applies only to the key.
      resources: ["*"],
    },
    ...alarmPublishers(deployment).map(({ service, sourceArn }) => ({
      sid: `${service}Publishes`,
      effect: "Allow" as const,
      principal: { Service: `${service}.amazonaws.com` },
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: ["*"],
      conditions: {
        ...onlyFor(deployment, sourceArn),
        StringEquals: {
          "aws:SourceAccount": accountId,
          "kms:EncryptionContext:aws:sns:topicArn": topic,
        },
      },
    })),
  ]);
}

/** The ARN of the key for the alarms' topic; undefined if the environment has no key of its own. */
export function alarmKeyArn(
  scope: Construct,
  id: string,
  deployment: Deployment,
): string | undefined {
  return deployment.environment.encryption === "kms"
    ? new DataAwsKmsAlias(scope, id, { name: alarmKeyAlias(deployment) }).targetKeyArn
    : undefined;
}

/** The ARN of the key that bootstrap created; undefined if S3 keeps the keys. */
export function lakeKeyArn(
  scope: Construct,
  id: string,
  deployment: Deployment,
): string | undefined {
  return deployment.environment.encryption === "kms"
    ? new DataAwsKmsAlias(scope, id, { name: keyAlias(deployment) }).targetKeyArn
    : undefined;
}
