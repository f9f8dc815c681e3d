/** Checks environments.ts for values that AWS would refuse, before anything is deployed. */
import { maximumGoldStartsSeconds, maximumModelMinutes } from "@lakehouse/lake/variables";
import { settingsFile } from "@lakehouse/transforms/project";
import { secondsBetweenAttempts } from "./bronze-attempts.ts";
import { lastListedYear } from "./catalog/glue-tables.ts";
import type { Environment, FunctionSize } from "./environment.ts";
import { SynthesisError } from "./errors.ts";
import { replayConcurrency } from "./replay-concurrency.ts";

/** A condition on one setting. */
interface Rule {
  readonly setting: string;
  readonly holds: boolean;
  readonly hint: string;
}

/** How many days CloudWatch can keep logs. */
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922,
  3_288, 3_653,
];

/**
 * Checks all environments.
 *
 * @throws SynthesisError for the first mistake. It names the environment, the setting and the fix.
 */
export function checkEnvironments(environments: readonly Environment[]): void {
  const names = environments.map(({ name }) => name);
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate !== undefined) {
    throw new SynthesisError(`environment ${duplicate}`, "the name is used twice", "Rename one.");
  }
  for (const environment of environments) {
    const broken = rulesFor(environment).find(({ holds }) => !holds);
    if (broken !== undefined) {
      throw new SynthesisError(
        `environment ${environment.name}`,
        `${broken.setting} is not valid`,
        `In ${settingsFile}, ${broken.hint}`,
      );
    }
  }
}

function rulesFor(environment: Environment): readonly Rule[] {
  const { name, ingest, bronzeSilver, silverGold, retention, alarms, athena, github } = environment;
  return [
    rule(
      "name",
      /^[a-z][a-z0-9]{0,11}$/.test(name),
      "use at most 12 lower-case letters and digits, with a letter first.",
    ),
    ...bronzeRules(environment),
    rule(
      "network.cidr",
      environment.network === undefined || isPrivateNetwork(environment.network.cidr),
      "use private addresses, from /16 to /26, and with zeros behind the prefix: such as 10.64.0.0/24.",
    ),
    rule(
      "personalDataKey",
      environment.personalDataKey === undefined ||
        (/^(\/[\w.-]+)+$/.test(environment.personalDataKey) &&
          !environment.personalDataKey.startsWith("/lakehouse/")),
      "use the whole name of a parameter outside /lakehouse/, which whoever deploys may read: /lakehouse-keys/prod/personal-data.",
    ),
    ...doorRules(environment),
    whole("ingest.bufferMib", ingest.bufferMib, 1, 128),
    whole("ingest.bufferSeconds", ingest.bufferSeconds, 0, 900),
    ...sizeRules("bronzeSilver", bronzeSilver),
    ...sizeRules("silverGold", silverGold),
    whole("bronzeSilver.maximumConcurrency", bronzeSilver.maximumConcurrency, 2, 1_000),
    whole("bronzeSilver.replayConcurrency", replayConcurrency(environment), 2, 1_000),
    whole("bronzeSilver.batchSize", bronzeSilver.batchSize, 1, 10),
    whole("bronzeSilver.batchWindowSeconds", bronzeSilver.batchWindowSeconds, 0, 300),
    whole("silverGold.scheduleMinutes", silverGold.scheduleMinutes, 1, 1_440),
    whole(
      "silverGold.startBySilver.afterSeconds",
      silverGold.startBySilver?.afterSeconds ?? 1,
      1,
      maximumGoldStartsSeconds,
    ),
    whole("silverGold.sliceMib", silverGold.sliceMib ?? 1, 1, 65_536),
    whole("silverGold.retentionDays", silverGold.retentionDays ?? 1, 1, 3_650),
    ...(silverGold.packSilverAfterDays === undefined || silverGold.packSilverAfterDays === "never"
      ? []
      : [whole("silverGold.packSilverAfterDays", silverGold.packSilverAfterDays, 1, 3_650)]),
    whole("silverGold.fanOut.concurrency", silverGold.fanOut?.concurrency ?? 1, 1, 1_000),
    rule(
      "silverGold.scheduleMinutes",
      silverGold.timeoutSeconds <= silverGold.scheduleMinutes * 60,
      "let a gold run time out before the next one starts.",
    ),
    rule(
      "retention.logDays",
      logDays.includes(retention.logDays),
      `use one of ${logDays.join(", ")}.`,
    ),
    whole("retention.bronzeInfrequentDays", retention.bronzeInfrequentDays, 30, 36_500),
    rule(
      "retention.bronzeArchiveDays",
      retention.bronzeArchiveDays >= retention.bronzeInfrequentDays + 30,
      "use at least bronzeInfrequentDays + 30.",
    ),
    whole("retention.silverInfrequentDays", retention.silverInfrequentDays, 30, 36_500),
    whole("retention.previousVersionsDays", retention.previousVersionsDays, 1, 36_500),
    whole("retention.queryResultsDays", retention.queryResultsDays, 1, 36_500),
    rule(
      "alarms.quarantineShare",
      alarms.quarantineShare >= 0 && alarms.quarantineShare <= 1,
      "use a number from 0 to 1.",
    ),
    ageRule(environment),
    rule(
      "alarms.email",
      alarms.email === undefined || /^(none|[^@\s]+@[^@\s]+)$/.test(alarms.email),
      'use one address, or "none".',
    ),
    rule(
      "monthlyBudgetUsd",
      environment.monthlyBudgetUsd === "none" || environment.monthlyBudgetUsd > 0,
      'use a number above 0, or "none".',
    ),
    whole("rollbackMinutes", environment.rollbackMinutes ?? 1, 1, 120),
    whole("athena.scanLimitMib", athena.scanLimitMib, 10, 7_000_000),
    whole("athena.modelScanLimitMib", athena.modelScanLimitMib ?? 10, 10, 7_000_000),
    whole("athena.modelMinutes", athena.modelMinutes ?? 1, 1, maximumModelMinutes),
    day("athena.firstArrivalDay", athena.firstArrivalDay),
    day("athena.firstDay", athena.firstDay),
    rule(
      "athena.firstDay",
      Number(athena.firstDay.slice(0, 4)) <= lastListedYear,
      `use a day before ${lastListedYear + 1}.`,
    ),
    whole("athena.yearsAhead", athena.yearsAhead, 0, 100),
    rule(
      "github.repository",
      github === undefined ||
        /^([\w.-]+\/[\w.-]+|[\w.-]+@\d+\/[\w.-]+@\d+)$/.test(github.repository),
      "write it as owner/name or, with both numbers, as owner@123456/name@456789.",
    ),
  ];
}

/** Whether it is a block of private IPv4 addresses that AWS accepts, and that can be halved. */
function isPrivateNetwork(cidr: string): boolean {
  const [, address = "", bits = ""] = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d\d)$/.exec(cidr) ?? [];
  const bytes = address.split(".").map(Number);
  const [first = 0, second = 0] = bytes;
  const isPrivate =
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168);
  const size = 2 ** (32 - Number(bits));
  const number = bytes.reduce((sum, each) => sum * 256 + each, 0);
  return (
    isPrivate &&
    bytes.every((each) => each < 256) &&
    Number(bits) >= 16 &&
    Number(bits) <= 26 &&
    number % size === 0
  );
}

function bronzeRules({ region, account, encryption, bronze }: Environment): Rule[] {
  const lock = whole("bronze.lockDays", bronze?.lockDays ?? 1, 1, 36_500);
  if (bronze?.replica === undefined) {
    return [lock];
  }
  const { replica } = bronze;
  return [
    lock,
    rule(
      "bronze.replica.bucketArn",
      /^arn:[\w-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(replica.bucketArn),
      "write the bucket's ARN, such as arn:aws:s3:::my-replica.",
    ),
    rule(
      "bronze.replica.account",
      replica.account === undefined || /^\d{12}$/.test(replica.account),
      "write the account's 12 digits, as a string.",
    ),
    rule(
      "bronze.replica.region",
      replica.region !== region || (replica.account !== undefined && replica.account !== account),
      "name another region or another account: a copy beside the original is lost with it.",
    ),
    rule(
      "bronze.replica.keyArn",
      encryption === "kms"
        ? new RegExp(`^arn:[\\w-]+:kms:${replica.region}:\\d{12}:key/[\\w-]+$`).test(
            replica.keyArn ?? "",
          )
        : replica.keyArn === undefined,
      encryption === "kms"
        ? `name a key of ${replica.region}, such as arn:aws:kms:${replica.region}:123456789012:key/…: S3 cannot copy what is encrypted with a key without one.`
        : 'leave it out, or set encryption to "kms".',
    ),
  ];
}

function doorRules({ door }: Environment): Rule[] {
  if (door === undefined) {
    return [];
  }
  const { producers, corsOrigin } = door;
  const names = Object.keys(producers);
  return [
    rule(
      "door.producers",
      names.length > 0 && names.every((each) => /^[a-z][a-z0-9-]{0,29}$/.test(each)),
      "name one producer or more, each with at most 30 lower-case letters, digits and -, with a letter first.",
    ),
    ...Object.entries(producers).flatMap(
      ([name, { requestsPerSecond, burst, requestsPerDay = 1 }]) => [
        whole(`door.producers.${name}.requestsPerSecond`, requestsPerSecond, 1, 10_000),
        whole(`door.producers.${name}.burst`, burst, 1, 5_000),
        whole(`door.producers.${name}.requestsPerDay`, requestsPerDay, 1, 2_147_483_647),
      ],
    ),
    rule(
      "door.corsOrigin",
      corsOrigin === undefined || /^(\*|https?:\/\/[a-z0-9.-]+(:\d{1,5})?)$/.test(corsOrigin),
      'use an origin as browsers send it, such as https://shop.example.com, or "*".',
    ),
  ];
}

/** Seconds that one measurement of the age covers: it must come before the next attempt. */
const measurementSeconds = 300;

/** One failed attempt must not ring. After three attempts, SQS no longer reports the age of a message. */
function ageRule(environment: Environment): Rule {
  const { alarms, bronzeSilver } = environment;
  const apart = secondsBetweenAttempts(environment);
  const least = Math.floor((apart + bronzeSilver.batchWindowSeconds) / 60) + 1;
  const most = Math.floor((2 * apart - measurementSeconds) / 60);
  const why =
    ", after the second attempt at a failed object and before the third, when SQS stops reporting its age";
  return whole("alarms.oldestMessageMinutes", alarms.oldestMessageMinutes, least, most, why);
}

function sizeRules(what: string, size: FunctionSize): Rule[] {
  return [
    whole(`${what}.memoryMib`, size.memoryMib, 512, 10_240),
    whole(`${what}.timeoutSeconds`, size.timeoutSeconds, 60, 900),
    whole(`${what}.ephemeralStorageMib`, size.ephemeralStorageMib, 512, 10_240),
  ];
}

function whole(setting: string, value: number, least: number, most: number, why = ""): Rule {
  const holds = Number.isInteger(value) && value >= least && value <= most;
  return rule(setting, holds, `use a whole number from ${least} to ${most}${why}.`);
}

function day(setting: string, value: string): Rule {
  return rule(setting, /^\d{4}-\d\d-\d\d$/.test(value), "write the day as yyyy-MM-dd.");
}

function rule(setting: string, holds: boolean, hint: string): Rule {
  return { setting, holds, hint };
}
