/** The permissions with which S3 copies bronze to its replica. */
import type { Deployment } from "../deployment.ts";
import type { BronzeReplica } from "../environment.ts";
import type { BucketReference } from "./lake-access.ts";
import type { Statement } from "./policy.ts";

/** The id of the rule of replication. The alarm on its failures names it. */
export const replicationRule = "bronze";

/** Reading all versions of bronze, and writing copies. Nothing is removed from either. */
export function replicationAccess(
  deployment: Deployment,
  bronze: BucketReference,
  keyArn: string | undefined,
  replica: BronzeReplica,
): readonly Statement[] {
  return [
    {
      sid: "FindVersions",
      actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
      resources: [bronze.arn],
    },
    {
      sid: "ReadVersions",
      actions: [
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
        // A lock is copied too.
        "s3:GetObjectRetention",
        "s3:GetObjectLegalHold",
      ],
      resources: [`${bronze.arn}/*`],
    },
    {
      sid: "WriteCopies",
      actions: ["s3:ReplicateObject", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner"],
      resources: [`${replica.bucketArn}/*`],
    },
    ...(keyArn === undefined || replica.keyArn === undefined
      ? []
      : [
          use("Decrypt", ["kms:Decrypt"], keyArn, deployment.environment.region),
          use("Encrypt", ["kms:Encrypt", "kms:GenerateDataKey"], replica.keyArn, replica.region),
        ]),
  ];
}

/** A key, only through S3 of its region. */
function use(sid: string, actions: readonly string[], keyArn: string, region: string): Statement {
  const conditions = { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } };
  return { sid, actions, resources: [keyArn], conditions };
}
