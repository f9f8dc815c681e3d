/** What the deploy programs ask of AWS themselves; everything else is Terraform's. */
import {
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ImageNotFoundException,
  RepositoryNotFoundException,
} from "@aws-sdk/client-ecr";
import { HeadBucketCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { DeployError } from "./errors.ts";

/** Whoever the credentials belong to. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** How to log in to a registry of images. */
export interface RegistryLogin {
  /** `123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
}

/** AWS in one region, with the credentials that the SDK finds. */
export class Aws {
  readonly #region: string;
  readonly #configuration;

  constructor(region: string) {
    this.#region = region;
    this.#configuration = { region, maxAttempts: 3 };
  }

  /** @throws DeployError NO_CREDENTIALS, EXPIRED_CREDENTIALS, AWS. */
  async identity(): Promise<Identity> {
    const { Account, Arn } = await told("who you are", () =>
      new STSClient(this.#configuration).send(new GetCallerIdentityCommand({})),
    );
    if (Account === undefined || Arn === undefined) {
      throw new DeployError("AWS", "AWS did not say whose credentials these are", "Try again.");
    }
    return { account: Account, arn: Arn };
  }

  /** @throws DeployError AWS where the bucket is somebody else's. */
  async bucketExists(bucket: string): Promise<boolean> {
    return await this.#exists(`bucket ${bucket}`, (s3) =>
      s3.send(new HeadBucketCommand({ Bucket: bucket })),
    );
  }

  /** Whether there is such an object: none either where there is no such bucket. */
  async objectExists(bucket: string, key: string): Promise<boolean> {
    return await this.#exists(`s3://${bucket}/${key}`, (s3) =>
      s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
    );
  }

  async #exists(what: string, head: (s3: S3Client) => Promise<unknown>): Promise<boolean> {
    try {
      await told(what, () => head(new S3Client({ ...this.#configuration, forcePathStyle: true })));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) {
        return false;
      }
      throw error;
    }
  }

  /** A password for twelve hours. */
  async registryLogin(): Promise<RegistryLogin> {
    const { authorizationData } = await told("the registry's password", () =>
      new ECRClient(this.#configuration).send(new GetAuthorizationTokenCommand({})),
    );
    const [first] = authorizationData ?? [];
    const [user, password] = Buffer.from(first?.authorizationToken ?? "", "base64")
      .toString()
      .split(/:(.*)/s);
    if (first?.proxyEndpoint === undefined || user === undefined || password === undefined) {
      throw new DeployError(
        "AWS",
        `ECR in ${this.#region} gave no password for its registry`,
        "Try again.",
      );
    }
    return { host: new URL(first.proxyEndpoint).host, user, password };
  }

  /** Whether the repository holds an image of this digest. */
  async imageExists(repository: string, digest: string): Promise<boolean> {
    const command = new DescribeImagesCommand({
      repositoryName: repository,
      imageIds: [{ imageDigest: digest }],
    });
    try {
      await told(`image ${repository}@${digest}`, () =>
        new ECRClient(this.#configuration).send(command),
      );
      return true;
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof ImageNotFoundException || cause instanceof RepositoryNotFoundException) {
        return false;
      }
      throw error;
    }
  }
}

/** Calls AWS, and tells what is wrong in the user's words. */
async function told<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw credentialsError(error) ?? awsError(what, error);
  }
}

const expired = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);
const wrong = new Set([
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
]);

function credentialsError(error: unknown): DeployError | undefined {
  const { name, message } = error as Error;
  if (expired.has(name) || /(token|session).*(expired|refresh)/i.test(message)) {
    return new DeployError(
      "EXPIRED_CREDENTIALS",
      "Your AWS credentials have expired",
      "Sign in again (`aws sso login`, or however you got them), then run the same command again.",
      { cause: error },
    );
  }
  if (name === "CredentialsProviderError" || wrong.has(name)) {
    return new DeployError(
      "NO_CREDENTIALS",
      wrong.has(name) ? `AWS does not accept your credentials (${name})` : "No AWS credentials",
      "Set AWS_PROFILE (and sign in: `aws sso login`), or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.",
      { cause: error },
    );
  }
  return undefined;
}

function awsError(what: string, error: unknown): DeployError {
  const { name, message } = error as Error;
  return statusOf({ cause: error }) === 403
    ? new DeployError(
        "AWS",
        `AWS refuses to tell about ${what}`,
        "These credentials may not ask for it, or it is another account's.",
        { cause: error },
      )
    : new DeployError(
        "AWS",
        `AWS did not tell about ${what} (${name}: ${message})`,
        "Check the network and try again.",
        { cause: error },
      );
}

function statusOf(error: unknown): number | undefined {
  const cause = (error as { cause?: { $metadata?: { httpStatusCode?: number } } }).cause;
  return cause?.$metadata?.httpStatusCode;
}
