/** Settings in environments.ts that AWS would refuse are errors before anything is deployed. */
import { date, int64 } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { describe, expect, test } from "vitest";
import { checkEnvironments } from "../../src/check-environments.ts";
import type { Environment } from "../../src/environment.ts";
import { SynthesisError } from "../../src/errors.ts";
import { bare, environments, testedEnvironments } from "../../testing/environments.ts";
import { stacksOf } from "../support/synthesized.ts";

test("the project's environments are valid", () => {
  expect(() => checkEnvironments(testedEnvironments)).not.toThrow();
});

test("prod is protected, encrypted with its own key, and logged", () => {
  expect(environments.find(({ name }) => name === "prod")).toMatchObject({
    deletionProtection: true,
    encryption: "kms",
    accessLogs: true,
  });
});

describe("an environment is refused", () => {
  const mistakes: readonly [what: string, change: Partial<Environment>, message: RegExp][] = [
    [
      "whose name can't be part of a bucket's name",
      { name: "Prod_EU" },
      /name is not valid.*lower-case/,
    ],
    [
      "whose stream buffers more than Firehose can",
      { ingest: { bufferMib: 256, bufferSeconds: 60 } },
      /ingest\.bufferMib.*1 to 128/,
    ],
    [
      "whose function may run for longer than Lambda's 15 minutes",
      { bronzeSilver: { ...bare.bronzeSilver, timeoutSeconds: 1_200 } },
      /bronzeSilver\.timeoutSeconds.*60 to 900/,
    ],
    [
      "whose replays get fewer invocations than Lambda can limit them to",
      { bronzeSilver: { ...bare.bronzeSilver, replayConcurrency: 1 } },
      /bronzeSilver\.replayConcurrency.*2 to 1,?000/,
    ],
    [
      "whose gold runs may take longer than their schedule's period",
      { silverGold: { ...bare.silverGold, scheduleMinutes: 5, timeoutSeconds: 600 } },
      /silverGold\.scheduleMinutes.*before the next/,
    ],
    [
      "whose gold runs would read nothing",
      { silverGold: { ...bare.silverGold, sliceMib: 0 } },
      /silverGold\.sliceMib.*1 to 65,?536/,
    ],
    [
      "whose silver would start gold after more than SQS remembers",
      { silverGold: { ...bare.silverGold, startBySilver: { afterSeconds: 301 } } },
      /silverGold\.startBySilver\.afterSeconds.*1 to 300/,
    ],
    [
      "whose models could read nothing",
      { athena: { ...bare.athena, modelScanLimitMib: 9 } },
      /athena\.modelScanLimitMib.*10 to 7,?000,?000/,
    ],
    [
      "whose models would have no time",
      { athena: { ...bare.athena, modelMinutes: 0 } },
      /athena\.modelMinutes.*1 to 1,?440/,
    ],
    [
      "whose tasks nobody would do",
      { silverGold: { ...bare.silverGold, fanOut: { concurrency: 0 } } },
      /silverGold\.fanOut\.concurrency.*1 to 1,?000/,
    ],
    [
      "whose silver would be packed while it arrives",
      { silverGold: { ...bare.silverGold, packSilverAfterDays: 0 } },
      /silverGold\.packSilverAfterDays.*1 to 3,?650/,
    ],
    [
      "that would watch new images for no time",
      { rollbackMinutes: 0 },
      /rollbackMinutes.*1 to 120/,
    ],
    [
      "whose network has public addresses",
      { network: { cidr: "8.8.8.0/24" } },
      /network\.cidr.*private addresses/,
    ],
    [
      "whose network is too small to halve",
      { network: { cidr: "10.0.0.0/28" } },
      /network\.cidr.*\/16 to \/26/,
    ],
    [
      "whose network begins in the middle",
      { network: { cidr: "10.0.0.64/24" } },
      /network\.cidr.*zeros/,
    ],
    [
      "whose door has no producer",
      { door: { producers: {} } },
      /door\.producers.*name one producer or more/,
    ],
    [
      "whose producer may send nothing",
      { door: { producers: { shop: { requestsPerSecond: 0, burst: 1 } } } },
      /door\.producers\.shop\.requestsPerSecond.*1 to 10,?000/,
    ],
    [
      "whose door is open to a page instead of an origin",
      {
        door: {
          producers: { shop: { requestsPerSecond: 1, burst: 1 } },
          corsOrigin: "https://shop.example.com/cart",
        },
      },
      /door\.corsOrigin.*as browsers send it/,
    ],
    [
      "whose bronze is locked for no time",
      { bronze: { lockDays: 0 } },
      /bronze\.lockDays.*1 to 36500/,
    ],
    [
      "whose bronze is copied to the same place",
      { bronze: { replica: { bucketArn: "arn:aws:s3:::copies", region: bare.region } } },
      /bronze\.replica\.region.*another region or another account/,
    ],
    [
      "whose replica is a name",
      { bronze: { replica: { bucketArn: "copies", region: "eu-central-1" } } },
      /bronze\.replica\.bucketArn.*ARN/,
    ],
    [
      "whose encrypted bronze would be copied without a key",
      {
        encryption: "kms",
        bronze: { replica: { bucketArn: "arn:aws:s3:::copies", region: "eu-central-1" } },
      },
      /bronze\.replica\.keyArn.*key of eu-central-1/,
    ],
    [
      "whose copies would be encrypted with a key of the wrong region",
      {
        encryption: "kms",
        bronze: {
          replica: {
            bucketArn: "arn:aws:s3:::copies",
            region: "eu-central-1",
            keyArn: "arn:aws:kms:eu-west-1:123456789012:key/0123",
          },
        },
      },
      /bronze\.replica\.keyArn.*key of eu-central-1/,
    ],
    [
      "whose logs are kept for a time that CloudWatch does not accept",
      { retention: { ...bare.retention, logDays: 10 } },
      /retention\.logDays/,
    ],
    [
      "whose bronze is archived too soon after STANDARD_IA",
      { retention: { ...bare.retention, bronzeInfrequentDays: 60, bronzeArchiveDays: 70 } },
      /bronzeArchiveDays.*bronzeInfrequentDays \+ 30/,
    ],
    [
      "whose alarm has a percentage instead of a share",
      { alarms: { ...bare.alarms, quarantineShare: 5 } },
      /quarantineShare.*0 to 1/,
    ],
    [
      "whose alarm for waiting objects rings after one failed attempt",
      { alarms: { ...bare.alarms, oldestMessageMinutes: 30 } },
      /oldestMessageMinutes.*31 to 55, after the second attempt/,
    ],
    [
      "whose alarm for waiting objects rings after SQS stops counting failed ones",
      { alarms: { ...bare.alarms, oldestMessageMinutes: 56 } },
      /oldestMessageMinutes.*31 to 55.*before the third/,
    ],
    [
      "whose alarm for waiting objects ignores that messages wait for a batch to fill",
      {
        bronzeSilver: { ...bare.bronzeSilver, batchWindowSeconds: 300 },
        alarms: { ...bare.alarms, oldestMessageMinutes: 40 },
      },
      /oldestMessageMinutes.*41 to 65/,
    ],
    [
      "where Athena's first day of arrival is not a day",
      { athena: { ...bare.athena, firstArrivalDay: "2026-01" } },
      /athena\.firstArrivalDay.*yyyy-MM-dd/,
    ],
    [
      "where Athena's first day is after the months that it can list",
      { athena: { ...bare.athena, firstDay: "2050-01-01" } },
      /athena\.firstDay.*before 2050/,
    ],
    [
      "whose key of personal data whoever deploys could read",
      { personalDataKey: "/lakehouse/dev/key" },
      /personalDataKey.*outside \/lakehouse\//,
    ],
    [
      "whose key of personal data is no whole name",
      { personalDataKey: "people" },
      /personalDataKey.*whole name/,
    ],
    [
      "where only half of the repository's name has a number",
      {
        github: {
          repository: "example@1/lakehouse",
          githubEnvironment: "dev",
          createProvider: true,
        },
      },
      /github\.repository.*both numbers/,
    ],
  ];

  test.each(mistakes)("%s", (_, change, message) => {
    expect(() => checkEnvironments([{ ...bare, ...change }])).toThrow(SynthesisError);
    expect(() => checkEnvironments([{ ...bare, ...change }])).toThrow(message);
  });

  test("that names no key, if a table hashes personal data", () => {
    const people = defineTable({ name: "people", columns: { id: int64().pii("hash") } });
    const catalog = defineCatalog([people], []);
    expect(() => stacksOf([bare], catalog)).toThrow(
      /environment bare: table people hashes personal data, and there is no personalDataKey/,
    );
    expect(() => stacksOf([{ ...bare, personalDataKey: "/keys/people" }], catalog)).not.toThrow();
  });

  test("whose name is used twice", () => {
    expect(() => checkEnvironments([bare, bare])).toThrow(
      /environment bare: the name is used twice/,
    );
  });
});

test.each(["example/lakehouse", "example@123456/lakehouse@456789"])(
  "GitHub's jobs of %s may assume the roles",
  (repository) => {
    const github = { repository, githubEnvironment: "dev", createProvider: true };
    const [bootstrap] = stacksOf([{ ...bare, github }]);
    const text = JSON.stringify(bootstrap?.document);
    expect(text).toContain(`repo:${repository}:environment:dev`);
    expect(text).toContain(`repo:${repository}:pull_request`);
  },
);

test("a table's name is refused if AWS would refuse the names made from it", () => {
  const long = defineTable({
    name: "a".repeat(60),
    columns: { id: int64().notNull(), at: date().notNull() },
    primaryKey: ["id"],
    partitionBy: day("at"),
  });
  expect(() => stacksOf([bare], defineCatalog([long], []))).toThrow(/64 characters.*Shorten/);
});

test("a lakehouse without tables is refused", () => {
  expect(() => stacksOf([bare], defineCatalog([], []))).toThrow(/no table. Add one/);
});

describe("an image is accepted", () => {
  const [lakehouse] = stacksOf([bare]).filter(({ name }) => name.endsWith("-lakehouse"));
  const [{ condition } = { condition: "" }] = (lakehouse?.document.variable?.[
    "silver_gold_image"
  ]?.["validation"] ?? []) as { condition: string }[];
  const pattern = new RegExp(/regex\("([^"]+)"/.exec(condition)?.[1] ?? "(?!)");
  const repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev/silver-gold";

  test("by its digest", () => {
    expect(`${repository}@sha256:${"0a".repeat(32)}`).toMatch(pattern);
  });

  test.each([
    `${repository}:latest`,
    `${repository}@sha256:${"0a".repeat(31)}`,
    `${repository}@sha256:${"0A".repeat(32)}`,
    `sha256:${"0a".repeat(32)}`,
    "",
  ])("but not as %s", (image) => {
    expect(image).not.toMatch(pattern);
  });
});
