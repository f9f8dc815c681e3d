/** Calculates the monthly cost of an environment, by volume. It errs on the high side. */
import { goldMetricNames, objectMetricNames } from "@lakehouse/lake/metrics";
import { networkZones } from "../constructs/function-network.ts";
import { previousStatesDays } from "../constructs/lake-storage.ts";
import { deployedFunctions } from "../deployed-functions.ts";
import type { Environment, FunctionSize } from "../environment.ts";
import { alarmsOf } from "../observability/alarms.ts";
import { pricesOf, type RegionPrices } from "./prices.ts";

/** What arrives. */
export interface Volume {
  readonly recordsPerDay: number;
  readonly bytesPerRecord: number;
  /** How many of them a producer puts into one Firehose record, with a line feed between. */
  readonly recordsPerFirehoseRecord: number;
  /** Bytes that Athena scans to build models. Absent if DuckDB builds all. */
  readonly modelBytesPerDay?: number;
}

/** US dollars a month. */
export interface MonthlyCost {
  readonly firehose: number;
  readonly lambda: number;
  readonly s3: number;
  readonly monitoring: number;
  /** Queue, schedule, state machine, images, key, the network's endpoints, the HTTP door, Kinesis streams and the models on Athena. */
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
  /** Current rows, gold's state: Parquet. $10 a month of earlier versions, kept for 30 days, were measured at 1 GB a day. */
  currentShare: 0.1,
  /** The models: mostly sums and counts. */
  publishedShare: 0.05,
  /** Days whose rows a gold run reads and rewrites: today's, and late arrivals. */
  daysTouched: 1.5,
  /** S3 requests of one gold run, besides one for each new silver file and the lists of silver. */
  goldPuts: 40,
  goldGets: 100,
  /** How often a month all of bronze and silver is read, by an audit, a replay or a rebuild: once a quarter. */
  fullReads: 1 / 3,
  /** States that an execution passes if silver-gold does all of the run itself, as most runs do. */
  statesPerRun: 7,
  /** Bytes that one invocation logs, Lambda's own lines included. */
  logBytes: 3_000,
  /** How often Lambda polls the two empty queues per second: five long polls of 20 seconds each. */
  pollsPerSecond: (2 * 5) / 20,
  /** GB of images, with those that a rollback may need. */
  imagesGb: 5,
  /** Months of data: bronze and silver are kept, and grow. */
  months: 12,
} as const;

type Prices = RegionPrices["usd"];

const days = 30;
const gb = 1e9;
const tb = 1e12;
/** The most keys that S3 returns to one LIST. */
const keysPerList = 1_000;
const firehoseStep = 5 * 1_024;
const kinesisStep = 1_024;

/** @param tables How many tables the lakehouse has. All records arrive for one of them. */
export function monthlyCost(environment: Environment, tables: number, volume: Volume): MonthlyCost {
  const prices = pricesOf(environment.region).usd;
  const bytesPerDay = volume.recordsPerDay * volume.bytesPerRecord;
  const { modelBytesPerDay = 0 } = volume;
  const onAthena = volume.modelBytesPerDay !== undefined;
  const objects = objectsPerDay(environment, bytesPerDay) * days;
  const scheduled = (days * 24 * 60) / environment.silverGold.scheduleMinutes;
  const starts = startsOf(environment, objects, scheduled, volume);
  const runs = scheduled + starts;
  const parts = {
    firehose: firehoseCost(prices, volume),
    lambda:
      lambdaCost(
        prices,
        environment,
        environment.bronzeSilver,
        objects,
        silverSeconds(bytesPerDay * days),
      ) + lambdaCost(prices, environment, environment.silverGold, runs, goldSeconds(runs, volume)),
    s3:
      storageCost(prices, environment, bytesPerDay) +
      versionsCost(prices, environment, bytesPerDay, runs) +
      retrievalCost(prices, environment, bytesPerDay) +
      requestCost(prices, objects, runs, tables),
    monitoring: monitoringCost(prices, environment, tables, objects + runs, onAthena),
    other:
      otherCost(prices, environment, objects, runs, onAthena) +
      startsCost(prices, environment, objects, starts) +
      ((modelBytesPerDay * days) / tb) * prices.athenaTb +
      doorCost(prices, environment, volume) +
      kinesisCost(prices, environment, tables, volume),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, each) => sum + each, 0) };
}

function firehoseCost(
  prices: Prices,
  { recordsPerDay, bytesPerRecord, recordsPerFirehoseRecord }: Volume,
): number {
  // With the line feed at the end of each record.
  const bytes = (bytesPerRecord + 1) * recordsPerFirehoseRecord;
  const billed = Math.ceil(bytes / firehoseStep) * firehoseStep;
  const records = recordsPerDay / recordsPerFirehoseRecord;
  return ((records * billed * days) / gb) * prices.firehoseGb;
}

/** All records come through the door, if there is one. A request is one Firehose record. */
function doorCost(
  prices: Prices,
  { door }: Environment,
  { recordsPerDay, recordsPerFirehoseRecord }: Volume,
): number {
  const requests = (recordsPerDay / recordsPerFirehoseRecord) * days;
  return door === undefined ? 0 : requests * prices.doorRequest;
}

/** All records go through one of the Kinesis streams, if there are any. */
function kinesisCost(
  prices: Prices,
  { kinesis = [] }: Environment,
  tables: number,
  { recordsPerDay, bytesPerRecord, recordsPerFirehoseRecord }: Volume,
): number {
  const streams = kinesis === "all" ? tables : kinesis.length;
  if (streams === 0) {
    return 0;
  }
  const bytes = bytesPerRecord * recordsPerFirehoseRecord;
  const putBytes = Math.ceil(bytes / kinesisStep) * kinesisStep;
  const perByte = (putBytes * prices.kinesisInGb + bytes * prices.kinesisOutGb) / gb;
  const records = (recordsPerDay / recordsPerFirehoseRecord) * days;
  return streams * 24 * days * prices.kinesisStreamHour + records * perByte;
}

/** Firehose writes when its buffer is full, or its time is up. */
function objectsPerDay({ ingest }: Environment, bytesPerDay: number): number {
  if (bytesPerDay === 0) {
    return 0;
  }
  return Math.max(86_400 / ingest.bufferSeconds, bytesPerDay / (ingest.bufferMib * 2 ** 20));
}

/** Gold runs a month that new silver starts, at most: one for each object, one in each span of time, and one after another. */
function startsOf(
  { silverGold }: Environment,
  objects: number,
  scheduled: number,
  volume: Volume,
): number {
  if (silverGold.startBySilver === undefined) {
    return 0;
  }
  const seconds = days * 86_400;
  const possible = seconds / runSeconds(silverGold, volume) - scheduled;
  return Math.max(0, Math.min(objects, seconds / silverGold.startBySilver.afterSeconds, possible));
}

/** Seconds that a gold run takes. */
export function runSeconds({ memoryMib }: FunctionSize, volume: Volume): number {
  return secondsOn(memoryMib, goldSeconds(1, volume)) + assumed.waitSeconds;
}

/** Seconds on a function, for seconds of one core of the benchmark's machine. */
function secondsOn(memoryMib: number, coreSeconds: number): number {
  const cores = Math.min(measured.goldRebuild.cores, memoryMib / assumed.mibPerCore);
  return (coreSeconds * assumed.slowness) / cores;
}

/** The queue of these starts: it is polled, and gets a message for each object. Most are dropped, but cost the same. */
function startsCost(
  prices: Prices,
  { silverGold: { startBySilver } }: Environment,
  objects: number,
  starts: number,
): number {
  const polls = assumed.pollsPerSecond * 86_400 * days;
  return startBySilver === undefined ? 0 : (polls + objects + 2 * starts) * prices.sqsFifoRequest;
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
  prices: Prices,
  { architecture }: Environment,
  { memoryMib }: { readonly memoryMib: number },
  invocations: number,
  coreSeconds: number,
): number {
  const seconds = secondsOn(memoryMib, coreSeconds) + invocations * assumed.waitSeconds;
  const price = architecture === "arm64" ? prices.lambdaArmGbSecond : prices.lambdaX86GbSecond;
  return seconds * (memoryMib / 1_024) * price + invocations * prices.lambdaRequest;
}

/** For how many days of data, after `assumed.months`, each layer is in each storage class. */
function daysInClass({ retention }: Environment) {
  const age = assumed.months * days;
  const between = (first: number, last: number): number =>
    Math.max(0, Math.min(age, last) - Math.min(age, first));
  return {
    age,
    bronzeStandard: between(0, retention.bronzeInfrequentDays),
    bronzeInfrequent: between(retention.bronzeInfrequentDays, retention.bronzeArchiveDays),
    bronzeArchive: between(retention.bronzeArchiveDays, age),
    silverStandard: between(0, retention.silverInfrequentDays),
    silverInfrequent: between(retention.silverInfrequentDays, age),
  };
}

/** The cost of all data after `assumed.months`, in the storage class of its age. */
function storageCost(prices: Prices, environment: Environment, bytesPerDay: number): number {
  const held = daysInClass(environment);
  const bronze =
    held.bronzeStandard * prices.s3StandardGbMonth +
    held.bronzeInfrequent * prices.s3InfrequentGbMonth +
    held.bronzeArchive * prices.s3ArchiveGbMonth;
  const silver =
    held.silverStandard * prices.s3StandardGbMonth +
    held.silverInfrequent * prices.s3InfrequentGbMonth;
  const gold = held.age * prices.s3StandardGbMonth;
  return (
    (bytesPerDay / gb) *
    (bronze * assumed.bronzeShare +
      silver * assumed.silverShare +
      gold * (assumed.currentShare + assumed.publishedShare))
  );
}

/** Earlier versions: each gold run replaces the current rows and the models' files of the days that it touches. */
function versionsCost(
  prices: Prices,
  { retention }: Environment,
  bytesPerDay: number,
  runs: number,
): number {
  const replacedPerDay = (bytesPerDay / gb) * assumed.daysTouched * (runs / days);
  const { previousVersionsDays } = retention;
  const kept =
    assumed.currentShare * Math.min(previousStatesDays, previousVersionsDays) +
    assumed.publishedShare * previousVersionsDays;
  return replacedPerDay * kept * prices.s3StandardGbMonth;
}

/** Reading all of bronze and silver from the cheaper classes. */
function retrievalCost(prices: Prices, environment: Environment, bytesPerDay: number): number {
  const held = daysInClass(environment);
  const objects = objectsPerDay(environment, bytesPerDay);
  const bytes =
    (bytesPerDay / gb) *
    ((held.bronzeInfrequent * assumed.bronzeShare + held.silverInfrequent * assumed.silverShare) *
      prices.s3RetrieveInfrequentGb +
      held.bronzeArchive * assumed.bronzeShare * prices.s3RetrieveArchiveGb);
  const requests =
    objects *
    ((held.bronzeStandard + held.silverStandard) * prices.s3Get +
      (held.bronzeInfrequent + held.silverInfrequent) * prices.s3GetInfrequent +
      held.bronzeArchive * prices.s3GetArchive);
  return assumed.fullReads * (bytes + requests);
}

/** @param objects Bronze objects a month. */
function requestCost(prices: Prices, objects: number, runs: number, tables: number): number {
  // Firehose writes an object. It is read, and written as silver and quarantine. Gold reads it once.
  const ofObjects =
    3 * prices.s3Put + 4 * prices.s3Get + 2 * prices.s3ToInfrequent + prices.s3ToArchive;
  // Each run lists the last two days of silver, at least once for each table. The first of a day lists all of it.
  const lists = tables + ((objects / days) * 2) / keysPerList;
  const allLists = tables + (objects * assumed.months) / keysPerList;
  const ofRuns = (assumed.goldPuts + lists) * prices.s3Put + assumed.goldGets * prices.s3Get;
  return objects * ofObjects + runs * ofRuns + days * allLists * prices.s3Put;
}

function monitoringCost(
  prices: Prices,
  environment: Environment,
  tables: number,
  invocations: number,
  onAthena: boolean,
): number {
  const names = Array.from({ length: tables }, (_, index) => `table_${index}`);
  const alarmMetrics = alarmsOf(environment, names, {
    accountId: "",
    partition: "aws",
    buildsOnAthena: onAthena,
  })
    .map(({ watches }) => ("metrics" in watches ? Object.keys(watches.metrics).length : 1))
    .reduce((sum, each) => sum + each, 0);
  const metrics =
    Object.keys(objectMetricNames).length * tables +
    Object.keys(goldMetricNames).filter((name) => onAthena || !name.startsWith("athena")).length +
    // The memory of each function.
    deployedFunctions(environment).length;
  return (
    prices.dashboardMonth +
    alarmMetrics * prices.alarmMetricMonth +
    metrics * prices.metricMonth +
    ((invocations * assumed.logBytes) / gb) * prices.logsGb +
    invocations * prices.traces
  );
}

function otherCost(
  prices: Prices,
  { encryption, network, personalDataKey, silverGold }: Environment,
  objects: number,
  runs: number,
  onAthena: boolean,
): number {
  const polls = assumed.pollsPerSecond * 86_400 * days;
  // A message is sent, received and deleted.
  const queue = (polls + objects * 3) * prices.sqsRequest;
  // With bucket keys S3 sends few requests, fewer than one per object and run.
  const key = encryption === "kms" ? prices.kmsKeyMonth + (objects + runs) * prices.kmsRequest : 0;
  // The gigabytes through it are few.
  const others = [personalDataKey, silverGold.startBySilver, onAthena || undefined];
  const endpoints =
    network === undefined ? 0 : 1 + others.filter((each) => each !== undefined).length;
  const endpoint = endpoints * networkZones * 24 * days * prices.endpointHour;
  const states =
    silverGold.fanOut === undefined ? 0 : runs * assumed.statesPerRun * prices.stateTransition;
  return (
    queue +
    key +
    endpoint +
    states +
    runs * prices.schedulerInvocation +
    assumed.imagesGb * prices.ecrGbMonth
  );
}
