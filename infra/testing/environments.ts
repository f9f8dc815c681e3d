/**
 * The environments of the tests: `dev` and `prod` as delivered, and others for the settings that they leave out. A user may
 * change src/environments.ts to anything that is allowed.
 */
import type { Environment } from "../src/environment.ts";

const dev: Environment = {
  name: "dev",
  region: "eu-west-1",
  deletionProtection: false,
  encryption: "sse-s3",
  accessLogs: false,
  architecture: "arm64",
  ingest: { bufferMib: 5, bufferSeconds: 60 },
  bronzeSilver: {
    memoryMib: 1_769,
    timeoutSeconds: 300,
    ephemeralStorageMib: 1_024,
    maximumConcurrency: 2,
    batchSize: 5,
    batchWindowSeconds: 0,
  },
  silverGold: {
    memoryMib: 2_048,
    timeoutSeconds: 600,
    ephemeralStorageMib: 2_048,
    scheduleMinutes: 15,
    reservedConcurrency: "none",
  },
  retention: {
    logDays: 14,
    bronzeInfrequentDays: 30,
    bronzeArchiveDays: 90,
    silverInfrequentDays: 90,
    previousVersionsDays: 7,
    queryResultsDays: 7,
  },
  alarms: { quarantineShare: 0.1, oldestMessageMinutes: 45 },
  monthlyBudgetUsd: 25,
  athena: {
    scanLimitMib: 1_024,
    firstArrivalDay: "2026-01-01",
    firstDay: "2020-01-01",
    yearsAhead: 1,
  },
};

const prod: Environment = {
  name: "prod",
  region: "eu-west-1",
  deletionProtection: true,
  encryption: "kms",
  accessLogs: true,
  architecture: "arm64",
  ingest: { bufferMib: 64, bufferSeconds: 300 },
  bronzeSilver: {
    memoryMib: 1_769,
    timeoutSeconds: 600,
    ephemeralStorageMib: 4_096,
    maximumConcurrency: 20,
    replayConcurrency: 10,
    batchSize: 5,
    batchWindowSeconds: 0,
  },
  silverGold: {
    memoryMib: 4_096,
    timeoutSeconds: 840,
    ephemeralStorageMib: 10_240,
    scheduleMinutes: 15,
    reservedConcurrency: 1,
  },
  retention: {
    logDays: 90,
    bronzeInfrequentDays: 30,
    bronzeArchiveDays: 90,
    silverInfrequentDays: 90,
    previousVersionsDays: 30,
    queryResultsDays: 30,
  },
  alarms: { quarantineShare: 0.05, oldestMessageMinutes: 90 },
  rollbackMinutes: 20,
  monthlyBudgetUsd: 250,
  athena: {
    scanLimitMib: 102_400,
    firstArrivalDay: "2026-01-01",
    firstDay: "2020-01-01",
    yearsAhead: 1,
  },
};

/** Replace the user's. */
export const environments: readonly Environment[] = [dev, prod];

/** With every optional setting but the fan-out, which takes the place of other triggers. */
export const full: Environment = {
  ...dev,
  name: "full",
  deletionProtection: true,
  encryption: "kms",
  accessLogs: true,
  architecture: "x86_64",
  personalDataKey: "/lakehouse-keys/full/personal-data",
  network: { cidr: "10.64.0.0/24" },
  door: {
    producers: {
      shop: { requestsPerSecond: 50, burst: 100, requestsPerDay: 1_000_000 },
      "web-page": { requestsPerSecond: 5, burst: 10 },
    },
    corsOrigin: "https://shop.example.com",
    accessLogs: true,
  },
  kinesis: ["web_events"],
  bronze: {
    lockDays: 30,
    replica: {
      bucketArn: "arn:aws:s3:::example-replica",
      region: "eu-central-1",
      account: "210987654321",
      keyArn: "arn:aws:kms:eu-central-1:210987654321:key/0123abcd",
    },
  },
  silverGold: {
    ...dev.silverGold,
    scheduleMinutes: 60,
    startBySilver: { afterSeconds: 60 },
    reservedConcurrency: 1,
    sliceMib: 64,
    retentionDays: 30,
    packSilverAfterDays: "never",
    report: true,
  },
  alarms: { ...dev.alarms, email: "data@example.com" },
  athena: { ...dev.athena, modelScanLimitMib: 20_480, modelMinutes: 90 },
  github: { repository: "example/lakehouse", githubEnvironment: "full", createProvider: true },
};

/** With no optional setting, and with what `full` turns off. */
export const bare: Environment = {
  ...dev,
  name: "bare",
  deletionProtection: false,
  encryption: "sse-s3",
  accessLogs: false,
  architecture: "arm64",
  silverGold: { ...dev.silverGold, reservedConcurrency: "none" },
  alarms: { ...dev.alarms, email: "none" },
  monthlyBudgetUsd: "none",
  github: { repository: "example/lakehouse", githubEnvironment: "bare", createProvider: false },
};

/** With gold runs that are spread over many invocations. */
export const wide: Environment = {
  ...bare,
  name: "wide",
  encryption: "kms",
  silverGold: {
    ...bare.silverGold,
    reservedConcurrency: 1,
    startBySilver: { afterSeconds: 60 },
    fanOut: { concurrency: 40 },
  },
};

/** All of these. */
export const testedEnvironments: readonly Environment[] = [...environments, full, bare, wide];
