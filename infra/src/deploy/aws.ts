/** The few calls to AWS that the deploy programs make themselves. Terraform makes all others. */
import { CloudWatchClient, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import {
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ImageNotFoundException,
  RepositoryNotFoundException,
} from "@aws-sdk/client-ecr";
import { GetRoleCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { liveAlias } from "../deployment.ts";
import { DeployError } from "./errors.ts";

/** With this many attempts, the waits add up to about two minutes. */
const busyAttempts = 12;

/** The account's quota of concurrent executions in a region. */
export interface Concurrency {
  readonly limit: number;
  /** What no function has reserved. */
  readonly unreserved: number;
}

/** AWS in one region, with the credentials that the SDK finds. */
export class Aws {
  readonly #region: string;
  readonly #s3: S3Client;
  readonly #ecr: ECRClient;
  readonly #lambda: LambdaClient;
  readonly #cloudWatch: CloudWatchClient;

  constructor(region: string) {
    this.#region = region;
    this.#s3 = new S3Client({ region, forcePathStyle: true });
    this.#ecr = new ECRClient({ region });
    this.#lambda = new LambdaClient({ region });
    this.#cloudWatch = new CloudWatchClient({ region });
  }

  /** Whose the credentials are. */
  async identity(): Promise<{ readonly account: string; readonly arn: string }> {
    const sts = new STSClient({ region: this.#region });
    const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
    return { account: Account, arn: Arn };
  }

  async bucketExists(bucket: string): Promise<boolean> {
    try {
      // Not HeadBucket, whose errors have no message.
      await this.#s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 0 }));
      return true;
    } catch (error) {
      if (error instanceof NoSuchBucket) {
        return false;
      }
      throw error;
    }
  }

  async roleExists(name: string): Promise<boolean> {
    try {
      await new IAMClient({ region: this.#region }).send(new GetRoleCommand({ RoleName: name }));
      return true;
    } catch (error) {
      if (error instanceof NoSuchEntityException) {
        return false;
      }
      throw error;
    }
  }

  async createBucket(bucket: string): Promise<void> {
    const LocationConstraint = this.#region as BucketLocationConstraint;
    // us-east-1 is the default, and S3 refuses it as a constraint.
    const constrained = this.#region !== "us-east-1";
    await this.#s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        ...(constrained ? { CreateBucketConfiguration: { LocationConstraint } } : {}),
      }),
    );
  }

  /** @throws Error if AWS does not tell: the credentials may not ask. */
  async concurrency(): Promise<Concurrency> {
    const { AccountLimit } = await this.#lambda.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved } =
      AccountLimit ?? {};
    if (limit === undefined || unreserved === undefined) {
      throw new Error("AWS's answer has no limit");
    }
    return { limit, unreserved };
  }

  /** How many concurrent executions a function has reserved: 0 if it does not exist. */
  async reservedConcurrency(functionName: string): Promise<number> {
    try {
      const command = new GetFunctionConcurrencyCommand({ FunctionName: functionName });
      return (await this.#lambda.send(command)).ReservedConcurrentExecutions ?? 0;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) {
        return 0;
      }
      throw error;
    }
  }

  /** The names of the alarms that ring, of those whose name begins with `prefix`. */
  async ringing(prefix: string): Promise<readonly string[]> {
    const names: string[] = [];
    const query = { AlarmNamePrefix: prefix, StateValue: "ALARM" as const };
    for await (const page of paginateDescribeAlarms({ client: this.#cloudWatch }, query)) {
      names.push(...(page.MetricAlarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []));
    }
    return names;
  }

  /** Points the alias that triggers invoke to a version of a function. */
  async goLive(functionName: string, version: string): Promise<void> {
    await this.#lambda.send(
      new UpdateAliasCommand({
        FunctionName: functionName,
        Name: liveAlias,
        FunctionVersion: version,
      }),
    );
  }

  /**
   * Invokes a function, and waits for its answer. If all of its instances are busy, it is tried again for some two minutes.
   *
   * @throws Error with the function's message if it fails.
   */
  async invoke(functionName: string, alias: string, event: object): Promise<unknown> {
    const client = new LambdaClient({ region: this.#region, maxAttempts: busyAttempts });
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        Qualifier: alias,
        Payload: JSON.stringify(event),
      }),
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || "null");
    if (FunctionError !== undefined) {
      const { errorMessage = FunctionError } = answer as { readonly errorMessage?: string };
      throw new Error(errorMessage);
    }
    return answer;
  }

  /** @returns The password of Docker's user `AWS`, valid for twelve hours. */
  async registryPassword(): Promise<string> {
    const { authorizationData } = await this.#ecr.send(new GetAuthorizationTokenCommand({}));
    const token = authorizationData?.[0]?.authorizationToken ?? "";
    return Buffer.from(token, "base64").toString().replace(/^AWS:/, "");
  }

  /** @throws DeployError UNKNOWN_IMAGE if the repository lacks it. Lambda would fail only late. */
  async requireImage(repositoryName: string, imageDigest: string): Promise<void> {
    try {
      const imageIds = [{ imageDigest }];
      await this.#ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }));
    } catch (error) {
      if (error instanceof ImageNotFoundException || error instanceof RepositoryNotFoundException) {
        const list = `aws ecr describe-images --repository-name=${repositoryName} --region=${this.#region}`;
        throw new DeployError("UNKNOWN_IMAGE", error.message, `To list its images: ${list}`);
      }
      throw error;
    }
  }
}

const hints = {
  EXPIRED_CREDENTIALS: "Sign in again (`aws sso login`), then run the same command again.",
  NO_CREDENTIALS:
    "Set AWS_PROFILE (and sign in: `aws sso login`), or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
  AWS: "Check the network, and that these credentials may make this request.",
};

const refusedCredentials = new Set([
  "CredentialsProviderError",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

/** Gives an error of the SDK a code and a hint, and keeps its message. Other errors stay as they are. */
export function withHint(error: unknown): unknown {
  if (!(error instanceof Error && ("$metadata" in error || error.name.endsWith("ProviderError")))) {
    return error;
  }
  const { name, message } = error;
  const refused = refusedCredentials.has(name) ? "NO_CREDENTIALS" : "AWS";
  const code = /expired/i.test(`${name} ${message}`) ? "EXPIRED_CREDENTIALS" : refused;
  return new DeployError(code, `${name}: ${message}`, hints[code], { cause: error });
}
