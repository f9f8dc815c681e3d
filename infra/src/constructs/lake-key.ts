/** The lake's own encryption key. A person creates it with bootstrap; the role that deploys may only look it up. */
import { DataAwsKmsAlias } from "@cdktf/provider-aws/lib/data-aws-kms-alias/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, keyAlias } from "../deployment.ts";

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
    // It has no key policy, so the account's IAM policies decide who may use it.
    const key = new KmsKey(this, mainResource, {
      description: `The lake of ${deployment.environment.name}`,
      enableKeyRotation: true,
      deletionWindowInDays: keyDeletionDays,
      // Always: without its key, the whole lake is lost, with all versions.
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, "alias", { name: keyAlias(deployment), targetKeyId: key.keyId });
    this.arn = key.arn;
  }
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
