/** The buckets and the key of a lake, which a person has made. */
import type { Construct } from "constructs";
import { bucketName, type Deployment } from "../deployment.ts";
import type { BucketReference } from "../iam/lake-access.ts";
import { lakeKeyArn } from "./lake-key.ts";

/** A bucket, by its name. */
export interface NamedBucket extends BucketReference {
  readonly name: string;
}

/** The buckets of a lake, by their names, and its key. */
export interface LakeReference {
  readonly bronze: NamedBucket;
  readonly silver: NamedBucket;
  readonly gold: NamedBucket;
  readonly queryResults: NamedBucket;
  /** The ARN of the lake's key; undefined if S3 keeps the keys. */
  readonly keyArn: string | undefined;
}

/** By name, because the role that deploys may not look at the buckets. */
export function lakeReference(scope: Construct, deployment: Deployment): LakeReference {
  const bucket = (layer: string): NamedBucket => {
    const name = bucketName(deployment, layer);
    return { name, arn: `arn:${deployment.partition}:s3:::${name}` };
  };
  return {
    bronze: bucket("bronze"),
    silver: bucket("silver"),
    gold: bucket("gold"),
    queryResults: bucket("athena-results"),
    keyArn: lakeKeyArn(scope, "lake_key", deployment),
  };
}
