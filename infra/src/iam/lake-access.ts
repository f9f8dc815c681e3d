/** Statements with the permissions of roles in the lake's buckets. */
import type { Deployment } from "../deployment.ts";
import type { Statement } from "./policy.ts";

/** A bucket, for policies. */
export interface BucketReference {
  readonly arn: string;
}

type Prefixes = readonly [string, ...string[]];

/** Permission to read objects under these prefixes. */
export function readObjects(sid: string, bucket: BucketReference, prefixes: Prefixes): Statement {
  return { sid, actions: ["s3:GetObject"], resources: under(bucket, prefixes) };
}

/**
 * Permission to write objects under these prefixes, in one request or in parts, and to remove them. Versions stay, because
 * `s3:DeleteObjectVersion` is not included.
 */
export function replaceObjects(
  sid: string,
  bucket: BucketReference,
  prefixes: Prefixes,
): Statement {
  return {
    sid,
    actions: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"],
    resources: under(bucket, prefixes),
  };
}

/**
 * Permission to write data files of open tables, and those of deleted rows, in one request or in parts. Their names are a padded number
 * and a digest.
 */
export function writeDataFiles(sid: string, bucket: BucketReference): Statement {
  return {
    sid,
    actions: ["s3:PutObject", "s3:AbortMultipartUpload"],
    resources: [`${bucket.arn}/*/0*-*.parquet`],
  };
}

/**
 * Permission to list keys, not limited to prefixes. Without permission to list the whole bucket, S3 answers "access denied"
 * instead of "not found" for a missing object, and the functions must tell the two apart.
 */
export function listKeys(
  sid: string,
  ...buckets: [BucketReference, ...BucketReference[]]
): Statement {
  const [first, ...others] = buckets;
  return {
    sid,
    actions: ["s3:ListBucket"],
    resources: [first.arn, ...others.map(({ arn }) => arn)],
  };
}

/** Permission to read and write with the lake's own key, only through S3. Empty if S3 keeps the keys. */
export function useKey(deployment: Deployment, keyArn: string | undefined): readonly Statement[] {
  // Writing needs Decrypt too: S3 checks the parts of an upload.
  return throughS3(deployment, keyArn, "UseKey", ["kms:Decrypt", "kms:GenerateDataKey"]);
}

/** Permission to read with the lake's own key, only through S3. Empty if S3 keeps the keys. */
export function decrypt(deployment: Deployment, keyArn: string | undefined): readonly Statement[] {
  return throughS3(deployment, keyArn, "Decrypt", ["kms:Decrypt"]);
}

function throughS3(
  deployment: Deployment,
  keyArn: string | undefined,
  sid: string,
  actions: readonly string[],
): readonly Statement[] {
  if (keyArn === undefined) {
    return [];
  }
  return [
    {
      sid,
      actions,
      resources: [keyArn],
      conditions: {
        StringEquals: { "kms:ViaService": `s3.${deployment.environment.region}.amazonaws.com` },
      },
    },
  ];
}

function under({ arn }: BucketReference, [first, ...others]: Prefixes): [string, ...string[]] {
  const path = (prefix: string): string => `${arn}/${prefix}*`;
  return [path(first), ...others.map(path)];
}
