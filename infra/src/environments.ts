/** The environments: yours to change. `environment.ts` explains each setting. */
import type { Environment } from "./environment.ts";

const dev: Environment = {
  name: "dev",
  region: "eu-west-1",
  deletionProtection: false,
  // Off: a key of its own costs a dollar a month, and dev holds sample data.
  encryption: "sse-s3",
  // Off: dev holds sample data.
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
  // Without alarms.email, deploy refuses: add an address, or "none" if somebody gets the alarms another way.
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

/** Every environment. */
export const environments: readonly Environment[] = [dev, prod];
