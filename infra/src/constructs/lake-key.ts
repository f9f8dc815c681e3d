/** The key of our own that a lake is encrypted with. A person makes it, in bootstrap: who deploys may only look for it. */
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

/** Days in which the deletion of a key can be taken back. */
const keyDeletionDays = 30;

/** A key, and the alias that the lakehouse finds it by. */
export class LakeKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { deployment }: LakeKeyProps) {
    super(scope, id);
    // Without a policy of its own, the account's IAM policies decide who may use it.
    const key = new KmsKey(this, mainResource, {
      description: `The lake of ${deployment.environment.name}`,
      enableKeyRotation: true,
      deletionWindowInDays: keyDeletionDays,
      // Always: without its key, all of the lake is lost, its earlier versions too.
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, "alias", { name: keyAlias(deployment), targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}

/** The ARN of the key that bootstrap has made; undefined where S3 keeps the keys. */
export function lakeKeyArn(
  scope: Construct,
  id: string,
  deployment: Deployment,
): string | undefined {
  return deployment.environment.encryption === "kms"
    ? new DataAwsKmsAlias(scope, id, { name: keyAlias(deployment) }).targetKeyArn
    : undefined;
}
