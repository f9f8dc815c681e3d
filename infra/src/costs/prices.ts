/** AWS's list prices by region, without the free tier. Verify them before you rely on them. */

import { usdPerTerabyte } from "@lakehouse/lake/athena-cost";

/** The region of `prices`. */
const priceRegion = "us-east-1";

/**
 * The date of the newest pages that prices were read from: S3's. Others are older, from pages that quote AWS.
 */
export const pricesRead = "2026-09";

/** A price in US dollars. */
export interface Price {
  readonly usd: number;
  /** The unit that the price is for. */
  readonly per: string;
  /** Where AWS publishes it. */
  readonly source: string;
  /** Not looked up: the service has long cost this much. */
  readonly fromMemory?: true;
}

const s3 = "https://aws.amazon.com/s3/pricing/";
const lambda = "https://aws.amazon.com/lambda/pricing/";
const kinesis = "https://aws.amazon.com/kinesis/data-streams/pricing/";
const cloudwatch = "https://aws.amazon.com/cloudwatch/pricing/";

/** Every price that the calculation uses, in us-east-1. */
export const prices = {
  firehoseGb: {
    usd: 0.029,
    per: "GB ingested, each record rounded up to 5 KB (first 500 TB a month)",
    source: "https://aws.amazon.com/firehose/pricing/",
  },
  doorRequest: {
    usd: 3.5e-6,
    per: "request to a REST API (first 333 million a month)",
    source: "https://aws.amazon.com/api-gateway/pricing/",
    fromMemory: true,
  },
  kinesisStreamHour: {
    usd: 0.04,
    per: "hour of an on-demand stream",
    source: kinesis,
    fromMemory: true,
  },
  kinesisInGb: {
    usd: 0.08,
    per: "GB put, each record rounded up to 1 KB",
    source: kinesis,
    fromMemory: true,
  },
  kinesisOutGb: { usd: 0.04, per: "GB read", source: kinesis, fromMemory: true },
  athenaTb: {
    usd: usdPerTerabyte,
    per: "TB scanned, each query rounded up to 10 MB",
    source: "https://aws.amazon.com/athena/pricing/",
    fromMemory: true,
  },
  lambdaArmGbSecond: { usd: 0.000_013_333_4, per: "GB-second on arm64", source: lambda },
  lambdaX86GbSecond: { usd: 0.000_016_666_7, per: "GB-second on x86_64", source: lambda },
  lambdaRequest: { usd: 0.2e-6, per: "invocation", source: lambda },
  s3StandardGbMonth: { usd: 0.023, per: "GB-month in STANDARD", source: s3 },
  s3InfrequentGbMonth: { usd: 0.0125, per: "GB-month in STANDARD_IA", source: s3 },
  s3ArchiveGbMonth: { usd: 0.004, per: "GB-month in GLACIER_IR", source: s3 },
  s3Put: { usd: 0.005e-3, per: "PUT, COPY, POST or LIST", source: s3 },
  s3Get: { usd: 0.0004e-3, per: "GET and all others", source: s3 },
  s3RetrieveInfrequentGb: {
    usd: 0.01,
    per: "GB read from STANDARD_IA",
    source: s3,
    fromMemory: true,
  },
  s3RetrieveArchiveGb: {
    usd: 0.03,
    per: "GB read from GLACIER_IR",
    source: s3,
    fromMemory: true,
  },
  s3GetInfrequent: {
    usd: 0.001e-3,
    per: "GET of an object in STANDARD_IA",
    source: s3,
    fromMemory: true,
  },
  s3GetArchive: {
    usd: 0.01e-3,
    per: "GET of an object in GLACIER_IR",
    source: s3,
    fromMemory: true,
  },
  s3ToInfrequent: { usd: 0.01e-3, per: "transition to STANDARD_IA", source: s3 },
  s3ToArchive: { usd: 0.02e-3, per: "transition to GLACIER_IR", source: s3 },
  sqsRequest: {
    usd: 0.4e-6,
    per: "request to a standard queue",
    source: "https://aws.amazon.com/sqs/pricing/",
  },
  sqsFifoRequest: {
    usd: 0.5e-6,
    per: "request to a FIFO queue",
    source: "https://aws.amazon.com/sqs/pricing/",
    fromMemory: true,
  },
  schedulerInvocation: {
    usd: 1e-6,
    per: "invocation by EventBridge Scheduler",
    source: "https://aws.amazon.com/eventbridge/pricing/",
  },
  stateTransition: {
    usd: 25e-6,
    per: "state transition of a Standard workflow",
    source: "https://aws.amazon.com/step-functions/pricing/",
    fromMemory: true,
  },
  logsGb: { usd: 0.5, per: "GB of logs ingested", source: cloudwatch },
  metricMonth: { usd: 0.3, per: "custom metric and month", source: cloudwatch },
  alarmMetricMonth: {
    usd: 0.1,
    per: "metric of an alarm and month",
    source: cloudwatch,
    fromMemory: true,
  },
  dashboardMonth: { usd: 3, per: "dashboard and month", source: cloudwatch },
  traces: {
    usd: 5e-6,
    per: "trace",
    source: "https://aws.amazon.com/xray/pricing/",
    fromMemory: true,
  },
  kmsKeyMonth: {
    usd: 1,
    per: "key and month",
    source: "https://aws.amazon.com/kms/pricing/",
    fromMemory: true,
  },
  kmsRequest: {
    usd: 0.03e-4,
    per: "request",
    source: "https://aws.amazon.com/kms/pricing/",
    fromMemory: true,
  },
  endpointHour: {
    usd: 0.01,
    per: "hour of an interface endpoint in a zone",
    source: "https://aws.amazon.com/privatelink/pricing/",
    fromMemory: true,
  },
  ecrGbMonth: {
    usd: 0.1,
    per: "GB-month of images",
    source: "https://aws.amazon.com/ecr/pricing/",
    fromMemory: true,
  },
} as const satisfies Readonly<Record<string, Price>>;

/** The name of a price. */
type PriceName = keyof typeof prices;

/** The prices that differ from us-east-1's, for every region whose prices are known. None has been looked up. */
const differences: ReadonlyMap<string, Partial<Record<PriceName, number>>> = new Map([
  [priceRegion, {}],
  ["us-east-2", {}],
  ["us-west-2", {}],
  ["eu-west-1", { firehoseGb: 0.031, logsGb: 0.57, endpointHour: 0.011 }],
]);

/** What AWS charges in a region. */
export interface RegionPrices {
  /** The region of the prices: another one, if those of the requested one are not known. */
  readonly region: string;
  /** US dollars, by name. */
  readonly usd: Readonly<Record<PriceName, number>>;
}

/** The prices of a region or, if they are not known, those of us-east-1. */
export function pricesOf(region: string): RegionPrices {
  const base = Object.fromEntries(
    Object.entries(prices).map(([name, { usd }]) => [name, usd]),
  ) as Record<PriceName, number>;
  const own = differences.get(region);
  return { region: own === undefined ? priceRegion : region, usd: { ...base, ...own } };
}

/** Says whose prices a table has, and how far to trust them. */
export function originOfPrices(region: string): string {
  const known = pricesOf(region).region;
  const whose =
    known === region
      ? `at list prices of ${region}`
      : `at list prices of ${known}, because those of ${region} are not in infra/src/costs/prices.ts; they may be a third higher,`;
  return `US dollars a month, ${whose} last read in ${pricesRead}; verify them`;
}
