/** Published limits and list prices (us-east-1) that decide how long a large gold run takes, and what it costs. */

/** Limits of AWS. */
export const limits = {
  /** Environments that a Lambda function may add in ten seconds: docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html. */
  rampPerTenSeconds: 1_000,
  /** Child executions of a Distributed Map at once: docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html. */
  mapChildren: 10_000,
  /** Requests a second for each prefix of S3: docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html. */
  putsPerSecond: 3_500,
  getsPerSecond: 5_500,
  /** How long an invocation may take: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. */
  invocationSeconds: 900,
  /** Memory for which Lambda gives one processor: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html. */
  mibPerCore: 1_769,
} as const;

/** Prices in dollars: aws.amazon.com/lambda/pricing, /s3/pricing and /step-functions/pricing. */
export const prices = {
  gigabyteSecond: 0.000_013_333_4,
  invocation: 0.000_000_2,
  put: 0.000_005,
  get: 0.000_000_4,
  stateTransition: 0.000_025,
} as const;
