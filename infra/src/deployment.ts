/** What every construct is told of the deployment that it is part of. */
import type { Environment } from "./environment.ts";
import type { Conditions } from "./iam/policy.ts";

/** An environment in an account. */
export interface Deployment {
  readonly environment: Environment;
  /** The account's number, as Terraform finds it. */
  readonly accountId: string;
  /** `aws`, or `aws-cn` and the like. */
  readonly partition: string;
}

/** The name of a resource: `lakehouse-<environment>-<thing>`. */
export function resourceName(
  { environment }: Pick<Deployment, "environment">,
  thing: string,
): string {
  return `lakehouse-${environment.name}-${thing.replaceAll("_", "-")}`;
}

/** The name of the permissions boundary of the environment's roles. */
export function boundaryName(deployment: Deployment): string {
  return resourceName(deployment, "boundary");
}

/** The name by which the lake's key is found, where it has one of its own. */
export function keyAlias(deployment: Pick<Deployment, "environment">): string {
  return `alias/${resourceName(deployment, "lake")}`;
}

/** The name of a bucket, which no other account may have taken. */
export function bucketName(deployment: Deployment, thing: string): string {
  return `${resourceName(deployment, thing)}-${deployment.accountId}`;
}

/** The ARN of a resource in this account and region, for where Terraform cannot know it yet. */
export function arnOf(deployment: Deployment, service: string, resource: string): string {
  const { partition, environment, accountId } = deployment;
  return `arn:${partition}:${service}:${environment.region}:${accountId}:${resource}`;
}

/**
 * Only what a service does for this very resource of ours: without it, a service that everybody uses could be
 * talked into using our permissions for somebody else.
 */
export function onlyFor({ accountId }: Deployment, sourceArn: string): Conditions {
  return {
    StringEquals: { "aws:SourceAccount": accountId },
    ArnLike: { "aws:SourceArn": sourceArn },
  };
}
