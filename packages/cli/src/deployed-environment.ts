/** Finds the lake of a deployed environment, so that `--env dev` replaces the names of the buckets. */
import {
  type DeployedLake,
  deployedLakeParameter,
  parseDeployedLake,
} from "@lakehouse/lake/deployed-lake";
import type { LakeSettings } from "@lakehouse/lake/lake-settings";
import { asError } from "@lakehouse/transforms/errors";
import { DeployedLakeError } from "./errors.ts";

const attempts = 3;
/** The names of AWS's errors for credentials that are wrong or expired. */
const refused = new Set([
  "ExpiredTokenException",
  "ExpiredToken",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "UnrecognizedClientException",
]);

/**
 * Reads the location of an environment's lake, which its deployment wrote to SSM.
 *
 * @param environment Its name: `dev`.
 * @throws DeployedLakeError if the location is missing, can't be read, or is invalid.
 */
export async function findDeployedLake(environment: string): Promise<DeployedLake> {
  // Imported here, so that commands on a local lake do not wait for it.
  const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const client = new SSMClient({ maxAttempts: attempts });
  const name = deployedLakeParameter(environment);
  const region = await client.config.region().catch(() => {
    throw new DeployedLakeError(
      environment,
      "no AWS region is set",
      "Set AWS_REGION to the region that it is deployed in.",
    );
  });
  const text = await client.send(new GetParameterCommand({ Name: name })).then(
    ({ Parameter }) => Parameter?.Value ?? "",
    (error: unknown) => {
      throw failure(error, environment, region, name);
    },
  );
  try {
    return parseDeployedLake(text);
  } catch (error) {
    throw new DeployedLakeError(
      environment,
      `the SSM parameter ${name} in ${region} is not what a deployment writes`,
      `Deploy it again: pnpm run deploy --env ${environment}`,
      { cause: error },
    );
  }
}

/**
 * The settings of a deployed lake. The user's own buckets and streams are ignored, because they may belong to another
 * lake, which must not get this lake's records.
 *
 * @param own The user's settings, for endpoints.
 */
export function settingsOf(
  { buckets, region, database, deliveryStreams, ...models }: DeployedLake,
  { endpoints = {} }: LakeSettings,
): LakeSettings {
  const streams = deliveryStreams;
  const { athenaWorkgroup, athenaModelMinutes } = models;
  return {
    ...{ buckets, region, glueDatabase: database, streams, endpoints },
    ...{ athenaWorkgroup, athenaModelMinutes },
  };
}

function failure(
  error: unknown,
  environment: string,
  region: string,
  parameter: string,
): DeployedLakeError {
  const { name, message } = asError(error);
  const [problem, hint] = explain(name, message, environment, region, parameter);
  return new DeployedLakeError(environment, problem, hint, { cause: error });
}

function explain(
  name: string,
  message: string,
  environment: string,
  region: string,
  parameter: string,
): readonly [problem: string, hint: string] {
  if (name === "ParameterNotFound") {
    return [
      `it is not deployed in ${region} of this AWS account`,
      `Set AWS_REGION and the credentials to those of its deployment, or deploy it first: pnpm run deploy --env ${environment}`,
    ];
  }
  if (name.endsWith("ProviderError")) {
    return [
      "there are no AWS credentials",
      "Sign in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ];
  }
  if (name === "AccessDeniedException") {
    return [
      `the AWS credentials may not read the SSM parameter ${parameter} in ${region}`,
      "Ask for ssm:GetParameter on it, or use other credentials (AWS_PROFILE).",
    ];
  }
  if (refused.has(name)) {
    return [
      `AWS refuses the credentials (${name})`,
      "Sign in again, or use other credentials (AWS_PROFILE).",
    ];
  }
  return [
    `the SSM parameter ${parameter} in ${region} could not be read (${name}: ${message})`,
    "Check AWS_REGION and the network, then run again.",
  ];
}
