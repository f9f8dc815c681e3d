/** Calculates the monthly cost of an environment, by volume. It errs on the high side. */
import { goldMetricNames, objectMetricNames } from "@lakehouse/lake/metrics";
import type { Environment } from "../environment.ts";
import { alarmsOf } from "../observability/alarms.ts";
import { prices } from "./prices.ts";

/** What arrives. */
export interface Volume {
  readonly recordsPerDay: number;
  readonly bytesPerRecord: number;
  /** How many of them a producer puts into one Firehose record, with a line feed between. */
  readonly recordsPerFirehoseRecord: number;
}

/** US dollars a month. */
export interface MonthlyCost {
  readonly firehose: number;
  readonly lambda: number;
  readonly s3: number;
  readonly monitoring: number;
  /** Queue, schedule, images and key. */
  readonly other: number;
  readonly total: number;
}

/** Measured by `pnpm bench`, in bench/RESULTS.md. */
export const measured = {
  /** "Lakehouse" of "Bronze to silver": processor time of all threads for one object of this size. */
  silver: { bytes: 128 * 2 ** 20, cpuSeconds: 1.77 },
  /** "Recent" of "Silver to gold", at the longest history: a run with 20,000 new orders. */
  goldRunSeconds: 1.907,
  /** "Rebuild" at the longest history: seconds for this many rows, on two cores. */
  goldRebuild: { rows: 20_000_000, seconds: 59.372, cores: 2 },
} as const;

/** Assumptions, not measured on AWS. */
export const assumed = {
  /** How much slower a core of Lambda is than one of the benchmark's machine. */
  slowness: 2,
  /** Seconds that an invocation waits for S3. */
  waitSeconds: 0.5,
  /** MiB of a function's memory per core. */
  mibPerCore: 1_769,
  /** Bytes of each layer per byte that arrives. Bronze is gzip. */
  bronzeShare: 0.2,
  silverShare: 0.7,
  goldShare: 0.3,
  /** Days whose rows a gold run reads and rewrites: today's, and late arrivals. */
  daysTouched: 1.5,
  /** S3 requests of one gold run, besides one for each new silver file. */
  goldPuts: 40,
  goldGets: 100,
  /** Bytes that one invocation logs, Lambda's own lines included. */
  logBytes: 3_000,
  /** How often Lambda polls an empty queue per second: five long polls of 20 seconds. */
  pollsPerSecond: 5 / 20,
  /** GB of images, with those that a rollback may need. */
  imagesGb: 5,
  /** Months of data: bronze and silver are kept, and grow. */
  months: 12,
} as const;

const days = 30;
const gb = 1e9;
const firehoseStep = 5 * 1_024;

/** @param tables How many tables the lakehouse has. All records arrive for one of them. */
export function monthlyCost(environment: Environment, tables: number, volume: Volume): MonthlyCost {
  const bytesPerDay = volume.recordsPerDay * volume.bytesPerRecord;
  const objects = objectsPerDay(environment, bytesPerDay) * days;
  const runs = (days * 24 * 60) / environment.silverGold.scheduleMinutes;
  const parts = {
    firehose: firehoseCost(volume),
    lambda:
      lambdaCost(
        environment,
        environment.bronzeSilver,
        objects,
        silverSeconds(bytesPerDay * days),
      ) + lambdaCost(environment, environment.silverGold, runs, goldSeconds(runs, volume)),
    s3: storageCost(environment, bytesPerDay) + requestCost(objects, runs),
    monitoring: monitoringCost(environment, tables, objects + runs),
    other: otherCost(environment, objects, runs),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, each) => sum + each, 0) };
}

function firehoseCost({ recordsPerDay, bytesPerRecord, recordsPerFirehoseRecord }: Volume): number {
  // With the line feed at the end of each record.
  const bytes = (bytesPerRecord + 1) * recordsPerFirehoseRecord;
  const billed = Math.ceil(bytes / firehoseStep) * firehoseStep;
  const records = recordsPerDay / recordsPerFirehoseRecord;
  return ((records * billed * days) / gb) * prices.firehoseGb.usd;
}

/** Firehose writes when its buffer is full, or its time is up. */
function objectsPerDay({ ingest }: Environment, bytesPerDay: number): number {
  if (bytesPerDay === 0) {
    return 0;
  }
  return Math.max(86_400 / ingest.bufferSeconds, bytesPerDay / (ingest.bufferMib * 2 ** 20));
}

/** Seconds of one core for this many bytes. */
function silverSeconds(bytes: number): number {
  const { silver } = measured;
  return (bytes / silver.bytes) * silver.cpuSeconds;
}

/** Seconds of one core: a fixed part per run, and a part for the rows of the days that it touches. */
function goldSeconds(runs: number, { recordsPerDay }: Volume): number {
  const { rows, seconds, cores } = measured.goldRebuild;
  const rowsTouched = runs * recordsPerDay * assumed.daysTouched;
  return runs * measured.goldRunSeconds * cores + (rowsTouched / rows) * seconds * cores;
}

/** @param coreSeconds Seconds of one core of the benchmark's machine, for all invocations. */
function lambdaCost(
  { architecture }: Environment,
  { memoryMib }: { readonly memoryMib: number },
  invocations: number,
  coreSeconds: number,
): number {
  const seconds =
    (coreSeconds * assumed.slowness) /
      Math.min(measured.goldRebuild.cores, memoryMib / assumed.mibPerCore) +
    invocations * assumed.waitSeconds;
  const price = architecture === "arm64" ? prices.lambdaArmGbSecond : prices.lambdaX86GbSecond;
  return seconds * (memoryMib / 1_024) * price.usd + invocations * prices.lambdaRequest.usd;
}

/** The cost of all data after `assumed.months`, in the storage class of its age. */
function storageCost({ retention }: Environment, bytesPerDay: number): number {
  const age = assumed.months * days;
  const perDay = bytesPerDay / gb;
  const bronze =
    retention.bronzeInfrequentDays * prices.s3StandardGbMonth.usd +
    (retention.bronzeArchiveDays - retention.bronzeInfrequentDays) *
      prices.s3InfrequentGbMonth.usd +
    Math.max(0, age - retention.bronzeArchiveDays) * prices.s3ArchiveGbMonth.usd;
  const silver =
    retention.silverInfrequentDays * prices.s3StandardGbMonth.usd +
    Math.max(0, age - retention.silverInfrequentDays) * prices.s3InfrequentGbMonth.usd;
  // Gold and its current rows are replaced. Earlier versions stay for some days.
  const gold = (age + retention.previousVersionsDays) * prices.s3StandardGbMonth.usd;
  return (
    perDay *
    (bronze * assumed.bronzeShare + silver * assumed.silverShare + gold * assumed.goldShare)
  );
}

function requestCost(objects: number, runs: number): number {
  // Firehose writes an object. It is read, and written as silver and quarantine. Gold reads it once.
  const ofObjects =
    3 * prices.s3Put.usd +
    4 * prices.s3Get.usd +
    2 * prices.s3ToInfrequent.usd +
    prices.s3ToArchive.usd;
  const ofRuns = assumed.goldPuts * prices.s3Put.usd + assumed.goldGets * prices.s3Get.usd;
  return objects * ofObjects + runs * ofRuns;
}

function monitoringCost(environment: Environment, tables: number, invocations: number): number {
  const names = Array.from({ length: tables }, (_, index) => `table_${index}`);
  const alarmMetrics = alarmsOf(environment, names)
    .map(({ watches }) => ("metrics" in watches ? Object.keys(watches.metrics).length : 1))
    .reduce((sum, each) => sum + each, 0);
  const metrics =
    Object.keys(objectMetricNames).length * tables + Object.keys(goldMetricNames).length;
  return (
    prices.dashboardMonth.usd +
    alarmMetrics * prices.alarmMetricMonth.usd +
    metrics * prices.metricMonth.usd +
    ((invocations * assumed.logBytes) / gb) * prices.logsGb.usd +
    invocations * prices.traces.usd
  );
}

function otherCost({ encryption }: Environment, objects: number, runs: number): number {
  const polls = assumed.pollsPerSecond * 86_400 * days;
  // A message is sent, received and deleted.
  const queue = (polls + objects * 3) * prices.sqsRequest.usd;
  // With bucket keys S3 sends few requests, fewer than one per object and run.
  const key =
    encryption === "kms" ? prices.kmsKeyMonth.usd + (objects + runs) * prices.kmsRequest.usd : 0;
  return (
    queue + key + runs * prices.schedulerInvocation.usd + assumed.imagesGb * prices.ecrGbMonth.usd
  );
}
