/** infra/src/environments.ts after a user has changed every setting to another allowed value. */
import type { Environment } from "../../../infra/src/environment.ts";

const test: Environment = {
  name: "test",
  region: "us-west-2",
  account: "123456789012",
  deletionProtection: true,
  encryption: "kms",
  accessLogs: true,
  architecture: "x86_64",
  personalDataKey: "/keys/people.hash",
  network: { cidr: "192.168.4.0/22" },
  door: { producers: { shop: { requestsPerSecond: 1, burst: 1 } }, corsOrigin: "*" },
  kinesis: "all",
  bronze: {
    lockDays: 7,
    replica: {
      bucketArn: "arn:aws:s3:::copies-of-bronze",
      region: "us-east-1",
      account: "109876543210",
      keyArn: "arn:aws:kms:us-east-1:109876543210:key/4567cdef",
    },
  },
  ingest: { bufferMib: 128, bufferSeconds: 900 },
  bronzeSilver: {
    memoryMib: 3_008,
    timeoutSeconds: 240,
    ephemeralStorageMib: 2_048,
    maximumConcurrency: 7,
    replayConcurrency: 3,
    batchSize: 1,
    batchWindowSeconds: 5,
  },
  silverGold: {
    memoryMib: 10_240,
    timeoutSeconds: 900,
    ephemeralStorageMib: 8_192,
    scheduleMinutes: 60,
    startBySilver: { afterSeconds: 45 },
    reservedConcurrency: 1,
    sliceMib: 1_024,
    retentionDays: 14,
    packSilverAfterDays: 2,
    report: true,
    fanOut: { concurrency: 12 },
  },
  retention: {
    logDays: 30,
    bronzeInfrequentDays: 31,
    bronzeArchiveDays: 400,
    silverInfrequentDays: 45,
    previousVersionsDays: 3,
    queryResultsDays: 1,
  },
  alarms: { email: "data@example.com", quarantineShare: 0.5, oldestMessageMinutes: 40 },
  rollbackMinutes: 5,
  monthlyBudgetUsd: 5,
  athena: {
    scanLimitMib: 10,
    modelScanLimitMib: 11,
    firstArrivalDay: "2025-06-01",
    firstDay: "1999-12-31",
    yearsAhead: 3,
  },
  github: { repository: "example/lakehouse", githubEnvironment: "test", createProvider: true },
};

const {
  bronze: _bronze,
  door: _door,
  kinesis: _kinesis,
  network: _network,
  personalDataKey: _key,
  rollbackMinutes: _minutes,
  ...required
} = test;

const live: Environment = {
  ...required,
  name: "live",
  deletionProtection: false,
  encryption: "sse-s3",
  accessLogs: false,
  silverGold: { ...test.silverGold, reservedConcurrency: "none", timeoutSeconds: 120 },
  alarms: { email: "none", quarantineShare: 1, oldestMessageMinutes: 41 },
  monthlyBudgetUsd: "none",
  github: {
    repository: "example/lakehouse",
    githubEnvironment: "live",
    createProvider: false,
    audit: false,
  },
};

/** In the order of the original environments. */
export const changedEnvironments: readonly Environment[] = [test, live];

/** The source of that file. */
export function environmentsSource(): string {
  const value = JSON.stringify(changedEnvironments, null, 4);
  return `import type { Environment } from './environment.ts'\n\nexport const environments: readonly Environment[] = ${value}\n`;
}

/** Every setting of an environment, by its path. */
export function leavesOf(value: unknown, path: string): [path: string, value: unknown][] {
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, each]) => leavesOf(each, `${path}.${key}`))
    : [[path, value]];
}
