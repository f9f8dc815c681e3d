/** A private, encrypted, versioned bucket that requires TLS. */
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging/index.js";
import { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { bucketName, type Deployment } from "../deployment.ts";
import { type ResourceStatement, resourcePolicy } from "../iam/policy.ts";

/** A cheaper class that objects move to. */
export interface Transition {
  readonly days: number;
  readonly storageClass: "STANDARD_IA" | "GLACIER_IR";
}

/** Props of a `LayerBucket`. */
export interface LayerBucketProps {
  readonly deployment: Deployment;
  /** `bronze`, `silver`, …: the middle of the bucket's name. */
  readonly layer: string;
  /** Whether the bucket is protected from `destroy`. */
  readonly protected: boolean;
  /** The key to encrypt with. Default: S3's own. */
  readonly keyArn?: string | undefined;
  readonly transitions?: readonly Transition[];
  /** Days after which objects are removed. Default: never. */
  readonly expireDays?: number;
  /** Objects that are removed after some days: a rule's id, what their keys start with, and the days. */
  readonly expiring?: { readonly id: string; readonly prefix: string; readonly days: number };
  /** Days that a replaced or removed object can be restored. */
  readonly previousVersionsDays: number;
  /** Objects that are replaced so often that their earlier versions are kept for fewer days. */
  readonly shortLived?: {
    /** A rule's id, and what the keys of its objects start with. */
    readonly prefixes: Readonly<Record<string, string>>;
    readonly previousVersionsDays: number;
  };
  /** Days in which a new object cannot be removed for good. Default: none. */
  readonly lockDays?: number | undefined;
  /** The bucket that gets a line for each request. */
  readonly accessLogs?: LayerBucket | undefined;
  /** Statements of the policy, besides TLS. */
  readonly statements?: (bucketArn: string) => readonly ResourceStatement[];
}

/** Days after which the parts of an unfinished upload are removed. */
const abandonedUploadDays = 7;

/** A bucket of the lake. */
export class LayerBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** The bucket's policy. Whatever uses the bucket must depend on it. */
  readonly policy: S3BucketPolicy;
  readonly versioning: S3BucketVersioningA;

  constructor(scope: Construct, id: string, props: LayerBucketProps) {
    super(scope, id);
    const { deployment, layer, keyArn, accessLogs } = props;
    const { bucket: name, arn } = new S3Bucket(this, mainResource, {
      bucket: bucketName(deployment, layer),
      forceDestroy: !props.protected,
      ...(props.protected ? { lifecycle: { preventDestroy: true } } : {}),
    });
    this.name = name;
    this.arn = arn;

    new S3BucketOwnershipControls(this, "ownership", {
      bucket: name,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    const publicAccess = new S3BucketPublicAccessBlock(this, "public_access", {
      bucket: name,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    this.policy = new S3BucketPolicy(this, "policy", {
      bucket: name,
      policy: resourcePolicy([onlyTls(arn), ...(props.statements?.(arn) ?? [])]),
      // S3 refuses concurrent changes of a bucket's access.
      dependsOn: [publicAccess],
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket: name,
      rule: [
        keyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
          : {
              applyServerSideEncryptionByDefault: {
                sseAlgorithm: "aws:kms",
                kmsMasterKeyId: keyArn,
              },
              // One KMS request serves many objects.
              bucketKeyEnabled: true,
            },
      ],
    });
    this.versioning = new S3BucketVersioningA(this, "versioning", {
      bucket: name,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: name,
      rule: lifecycleRules(props),
      dependsOn: [this.versioning],
    });
    if (props.lockDays !== undefined) {
      new S3BucketObjectLockConfigurationA(this, "lock", {
        bucket: name,
        rule: { defaultRetention: { mode: "GOVERNANCE", days: props.lockDays } },
        dependsOn: [this.versioning],
      });
    }
    if (accessLogs !== undefined) {
      new S3BucketLoggingA(this, "logging", {
        bucket: name,
        targetBucket: accessLogs.name,
        targetPrefix: `${layer}/`,
        dependsOn: [accessLogs.policy],
      });
    }
  }
}

function onlyTls(bucketArn: string): ResourceStatement {
  return {
    sid: "OnlyTls",
    effect: "Deny",
    principal: { AWS: "*" },
    actions: ["s3:*"],
    resources: [bucketArn, `${bucketArn}/*`],
    conditions: { Bool: { "aws:SecureTransport": "false" } },
  };
}

function lifecycleRules(props: LayerBucketProps): S3BucketLifecycleConfigurationRule[] {
  const { transitions = [], expireDays, expiring, previousVersionsDays, shortLived } = props;
  const rule = (
    id: string,
    action: Omit<S3BucketLifecycleConfigurationRule, "id" | "status" | "filter">,
    prefix = "",
  ): S3BucketLifecycleConfigurationRule => ({
    id,
    status: "Enabled",
    filter: [{ prefix }],
    ...action,
  });
  return [
    rule("abandoned-uploads", {
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: abandonedUploadDays }],
    }),
    rule("previous-versions", {
      noncurrentVersionExpiration: [{ noncurrentDays: previousVersionsDays }],
    }),
    // Where two rules apply, S3 follows the shorter one.
    ...(shortLived === undefined
      ? []
      : Object.entries(shortLived.prefixes).map(([id, prefix]) =>
          rule(
            id,
            {
              noncurrentVersionExpiration: [
                { noncurrentDays: Math.min(shortLived.previousVersionsDays, previousVersionsDays) },
              ],
            },
            prefix,
          ),
        )),
    ...(transitions.length === 0
      ? []
      : [rule("cheaper-classes", { transition: transitions.map((each) => ({ ...each })) })]),
    ...(expiring === undefined
      ? []
      : [rule(expiring.id, { expiration: [{ days: expiring.days }] }, expiring.prefix)]),
    expireDays === undefined
      ? rule("delete-markers", { expiration: [{ expiredObjectDeleteMarker: true }] })
      : rule("expire", { expiration: [{ days: expireDays }] }),
  ];
}
