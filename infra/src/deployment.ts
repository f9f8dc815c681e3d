/** The deployment that a construct is part of. */
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Environment } from "./environment.ts";
import type { Conditions } from "./iam/policy.ts";

/** An environment in an account. */
export interface Deployment {
  readonly environment: Environment;
  /** The account's number, which Terraform looks up. */
  readonly accountId: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** Whether Athena builds models of it. */
  readonly buildsOnAthena: boolean;
}

/** The alias of each function that triggers invoke. It names the latest version, or an earlier one after a rollback. */
export const liveAlias = "live";

/** The name of a resource: `lakehouse-<environment>-<thing>`. */
export function resourceName(
  { environment }: Pick<Deployment, "environment">,
  thing: string,
): string {
  return `lakehouse-${environment.name}-${thing.replaceAll("_", "-")}`;
}

/** The name of Athena's workgroup that builds models. */
export function modelsWorkgroup(deployment: Pick<Deployment, "environment">): string {
  return resourceName(deployment, "models");
}

/** Whether a model of a catalog asks for Athena. */
export function buildsOnAthena({ models }: Catalog): boolean {
  return models.some(({ engine }) => engine.kind === "athena");
}

/** The name of the permissions boundary of the environment's roles. */
export function boundaryName(deployment: Deployment): string {
  return resourceName(deployment, "boundary");
}

/** The alias of the lake's own key, if it has one. */
export function keyAlias(deployment: Pick<Deployment, "environment">): string {
  return `alias/${resourceName(deployment, "lake")}`;
}

/** The alias of the same key that the alarms' topic uses. It exists only if the key's policy lets alarms use the key. */
export function alarmKeyAlias(deployment: Pick<Deployment, "environment">): string {
  return `alias/${resourceName(deployment, "alarms")}`;
}

/** The name of a bucket, unique across all accounts. */
export function bucketName(
  deployment: Pick<Deployment, "environment" | "accountId">,
  thing: string,
): string {
  return `${resourceName(deployment, thing)}-${deployment.accountId}`;
}

/** The ARN of a resource in this account and region, for when Terraform cannot know it yet. */
export function arnOf(deployment: Deployment, service: string, resource: string): string {
  const { partition, environment, accountId } = deployment;
  return `arn:${partition}:${service}:${environment.region}:${accountId}:${resource}`;
}

/** The services that publish to the alarms' topic, each with the resources that it may do so for. */
export function alarmPublishers(deployment: Deployment): readonly AlarmPublisher[] {
  const { partition, accountId } = deployment;
  return [
    {
      service: "cloudwatch",
      sourceArn: arnOf(deployment, "cloudwatch", `alarm:${resourceName(deployment, "*")}`),
    },
    { service: "budgets", sourceArn: `arn:${partition}:budgets::${accountId}:*` },
  ];
}

/** A service that publishes alarms. */
export interface AlarmPublisher {
  readonly service: "cloudwatch" | "budgets";
  /** A pattern. */
  readonly sourceArn: string;
}

/**
 * Allows a service to act only for this resource. Otherwise somebody else could make the service use our permissions
 * (the confused deputy).
 */
export function onlyFor({ accountId }: Deployment, sourceArn: string): Conditions {
  return {
    StringEquals: { "aws:SourceAccount": accountId },
    ArnLike: { "aws:SourceArn": sourceArn },
  };
}
