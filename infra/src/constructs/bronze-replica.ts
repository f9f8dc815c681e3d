/** Copies each bronze object to a bucket in another region or account. */
import {
  S3BucketReplicationConfigurationA,
  type S3BucketReplicationConfigurationRule,
} from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, resourceName } from "../deployment.ts";
import type { BronzeReplica as Settings } from "../environment.ts";
import { replicationAccess, replicationRule } from "../iam/replication.ts";
import type { LayerBucket } from "./layer-bucket.ts";
import { ServiceRole } from "./service-role.ts";

/** Props of a `BronzeReplica`. */
export interface BronzeReplicaProps {
  readonly deployment: Deployment;
  readonly bronze: LayerBucket;
  /** The lake's own key, if it has one. */
  readonly keyArn: string | undefined;
  readonly replica: Settings;
}

/** S3's replication of bronze. */
export class BronzeReplica extends Construct {
  constructor(scope: Construct, id: string, props: BronzeReplicaProps) {
    super(scope, id);
    const { deployment, bronze, keyArn, replica } = props;
    const role = new ServiceRole(this, "role", {
      deployment,
      name: resourceName(deployment, "bronze-replica"),
      description: "S3 copies bronze to its replica",
      // No condition on the source: iam:PassRole gives a bucket only roles of its own account.
      service: "s3.amazonaws.com",
      statements: replicationAccess(deployment, bronze, keyArn, replica),
    });
    new S3BucketReplicationConfigurationA(this, mainResource, {
      bucket: bronze.name,
      role: role.arn,
      rule: [replicationRuleTo(replica)],
      dependsOn: [role.policy, bronze.versioning],
    });
  }
}

function replicationRuleTo(replica: Settings): S3BucketReplicationConfigurationRule {
  const { bucketArn, account, keyArn } = replica;
  return {
    id: replicationRule,
    status: "Enabled",
    filter: { prefix: "" },
    // What is removed here stays there.
    deleteMarkerReplication: { status: "Disabled" },
    ...(keyArn === undefined
      ? {}
      : { sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } } }),
    destination: {
      bucket: bucketArn,
      storageClass: "STANDARD_IA",
      // Metrics, for the alarm on failures.
      metrics: { status: "Enabled" },
      ...(keyArn === undefined ? {} : { encryptionConfiguration: { replicaKmsKeyId: keyArn } }),
      ...(account === undefined
        ? {}
        : { account, accessControlTranslation: { owner: "Destination" } }),
    },
  };
}
