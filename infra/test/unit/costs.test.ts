/** The cost calculator is right, whatever the prices. */
import { describe, expect, it } from "vitest";
import { assumed, monthlyCost, type Volume } from "../../src/costs/monthly-cost.ts";
import { originOfPrices, prices, pricesOf } from "../../src/costs/prices.ts";
import type { Environment } from "../../src/environment.ts";
import { environments } from "../../testing/environments.ts";

const [dev] = environments as [Environment, ...Environment[]];

function costOf(volume: Partial<Volume>, changes: Partial<Environment> = {}) {
  return monthlyCost({ ...dev, ...changes }, 2, {
    recordsPerDay: 1_000_000,
    bytesPerRecord: 1_000,
    recordsPerFirehoseRecord: 1,
    ...volume,
  });
}

describe("the monthly cost", () => {
  it("is the sum of its parts, all positive", () => {
    const { total, ...parts } = costOf({});
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBeCloseTo(total, 10);
    expect(Math.min(...Object.values(parts))).toBeGreaterThan(0);
  });

  it("has Firehose bill a record of 1,000 bytes as 5 KB", () => {
    const billedGb = (1_000_000 * 5_120 * 30) / 1e9;
    expect(costOf({}).firehose).toBeCloseTo(billedGb * pricesOf(dev.region).usd.firehoseGb, 10);
  });

  it("has Firehose bill a fifth if five such records are joined, and a third if six are", () => {
    const { firehose } = costOf({});
    expect(costOf({ recordsPerFirehoseRecord: 5 }).firehose).toBeCloseTo(firehose / 5, 10);
    expect(costOf({ recordsPerFirehoseRecord: 6 }).firehose).toBeCloseTo(firehose / 3, 10);
  });

  it("grows with the volume, in every part that depends on it", () => {
    const small = costOf({ recordsPerDay: 1e6 });
    const large = costOf({ recordsPerDay: 1e8 });
    expect(large.firehose).toBeCloseTo(100 * small.firehose, 6);
    expect(large.lambda).toBeGreaterThan(small.lambda);
    // Lists depend on the number of objects, and so on how often Firehose writes.
    expect(large.s3).toBeGreaterThan(40 * small.s3);
    expect(large.monitoring).toBeLessThan(2 * small.monitoring);
  });

  it("is zero for Firehose and small for all others if nothing arrives", () => {
    const nothing = costOf({ recordsPerDay: 0 });
    expect(nothing.firehose).toBe(0);
    expect(nothing.total).toBeLessThan(17);
  });

  it("is higher on x86_64 and with an own key", () => {
    expect(costOf({}, { architecture: "x86_64" }).lambda).toBeGreaterThan(costOf({}).lambda);
    const key = costOf({}, { encryption: "kms" }).other - costOf({}).other;
    expect(key).toBeGreaterThan(prices.kmsKeyMonth.usd);
  });

  it("counts the state machine of a fan-out, and nothing without one", () => {
    const fanOut = { concurrency: 100 };
    const { total, other } = costOf({}, { silverGold: { ...dev.silverGold, fanOut } });
    const runs = (30 * 24 * 60) / dev.silverGold.scheduleMinutes;
    expect(other - costOf({}).other).toBeCloseTo(
      runs * assumed.statesPerRun * prices.stateTransition.usd,
      10,
    );
    expect(total).toBeLessThan(costOf({}).total + 2);
  });

  it("counts the endpoint for Glue of a network, in both of its zones", () => {
    const network = { cidr: "10.64.0.0/24" };
    const { other, total } = costOf({}, { network });
    const endpoint = 2 * 24 * 30 * pricesOf(dev.region).usd.endpointHour;
    expect(other - costOf({}).other).toBeCloseTo(endpoint, 10);
    expect(total - costOf({}).total).toBeCloseTo(endpoint, 10);
  });

  it("counts what Athena scans for models, its metrics and alarms, and its endpoint in a network", () => {
    const network = { cidr: "10.64.0.0/24" };
    const scanned = costOf({ modelBytesPerDay: 1e11 }, { network });
    const nothing = costOf({ modelBytesPerDay: 0 }, { network });
    expect(scanned.total - nothing.total).toBeCloseTo(3 * prices.athenaTb.usd, 10);
    const monitored = 4 * prices.metricMonth.usd + 2 * prices.alarmMetricMonth.usd;
    expect(nothing.monitoring - costOf({}).monitoring).toBeCloseTo(monitored, 10);
    const endpoint = 2 * 24 * 30 * pricesOf(dev.region).usd.endpointHour;
    expect(nothing.other - costOf({}, { network }).other).toBeCloseTo(endpoint, 10);
  });

  it("counts each request through the door, which may carry several records", () => {
    const door = { producers: { shop: { requestsPerSecond: 1, burst: 1 } } };
    const added = (volume: Partial<Volume>) =>
      costOf(volume, { door }).other - costOf(volume).other;
    const requests = 30_000_000 * prices.doorRequest.usd;
    expect(added({})).toBeCloseTo(requests, 6);
    expect(added({ recordsPerFirehoseRecord: 5 })).toBeCloseTo(requests / 5, 6);
    expect(costOf({}, { door }).monitoring).toBeGreaterThan(costOf({}).monitoring);
  });

  it("counts the hours of each Kinesis stream, and the bytes of one", () => {
    const added = (kinesis: readonly string[] | "all", volume: Partial<Volume>) =>
      costOf(volume, { kinesis }).other - costOf(volume).other;
    const hours = 24 * 30 * prices.kinesisStreamHour.usd;
    expect(added(["orders"], { recordsPerDay: 0 })).toBeCloseTo(hours, 6);
    expect(added("all", { recordsPerDay: 0 })).toBeCloseTo(2 * hours, 6);
    const gigabytes = 30;
    expect(added(["orders"], {})).toBeCloseTo(
      hours + gigabytes * (1.024 * prices.kinesisInGb.usd + prices.kinesisOutGb.usd),
      6,
    );
  });

  it("counts a LIST for each 1,000 silver objects of two days in each gold run, and of a year once a day", () => {
    const often = costOf({}, { silverGold: { ...dev.silverGold, scheduleMinutes: 15 } });
    const seldom = costOf({}, { silverGold: { ...dev.silverGold, scheduleMinutes: 30 } });
    const perDay = 86_400 / dev.ingest.bufferSeconds;
    const lists = (perDay * 2) / 1_000;
    const runs = (30 * 24 * 60) / 30;
    expect(often.s3 - seldom.s3).toBeGreaterThan(runs * lists * prices.s3Put.usd);
    // Ten times as many objects, with the same bytes.
    const ingest = { ...dev.ingest, bufferSeconds: dev.ingest.bufferSeconds / 10 };
    const more = costOf({}, { ingest }).s3 - costOf({}).s3;
    expect(more).toBeGreaterThan((30 * 9 * perDay * 360 * prices.s3Put.usd) / 1_000);
  });

  it("counts the runs that silver starts, their queue, and its endpoint in a network", () => {
    const silverGold = { ...dev.silverGold, startBySilver: { afterSeconds: 60 } };
    const [without, started] = [costOf({}), costOf({}, { silverGold })];
    const polls = 0.25 * 86_400 * 30 * prices.sqsFifoRequest.usd;
    expect(started.other - without.other).toBeGreaterThan(polls);
    // A run in each minute, because Firehose writes an object in each.
    expect(started.lambda / without.lambda).toBeGreaterThan(5);
    const seldom = { ...dev.silverGold, startBySilver: { afterSeconds: 300 } };
    expect(costOf({}, { silverGold: seldom }).lambda).toBeLessThan(started.lambda / 3);
    // Nothing arrives, so nothing starts a run.
    const none = costOf({ recordsPerDay: 0 }, { silverGold });
    expect(none.lambda).toBe(costOf({ recordsPerDay: 0 }).lambda);
    const network = { cidr: "10.64.0.0/24" };
    const endpoints = costOf({}, { network, silverGold }).other - costOf({}, { silverGold }).other;
    expect(endpoints).toBeCloseTo(2 * 2 * 24 * 30 * pricesOf(dev.region).usd.endpointHour, 10);
  });

  it("counts earlier versions of gold's state for two days, and of models until they expire", () => {
    const keeping = (previousVersionsDays: number) =>
      costOf({}, { retention: { ...dev.retention, previousVersionsDays } }).s3;
    const first = keeping(2) - keeping(1);
    const later = keeping(4) - keeping(3);
    expect(later).toBeGreaterThan(0);
    expect(first).toBeGreaterThan(2 * later);
  });

  it("counts reading everything from the cheaper classes", () => {
    const soon = { ...dev.retention, bronzeInfrequentDays: 30, bronzeArchiveDays: 60 };
    const late = { ...soon, bronzeArchiveDays: 360 };
    const gigabytes = 300 * assumed.bronzeShare;
    const objects = 300 * (86_400 / dev.ingest.bufferSeconds);
    const storage = gigabytes * (prices.s3InfrequentGbMonth.usd - prices.s3ArchiveGbMonth.usd);
    const reading =
      gigabytes * (prices.s3RetrieveArchiveGb.usd - prices.s3RetrieveInfrequentGb.usd) +
      objects * (prices.s3GetArchive.usd - prices.s3GetInfrequent.usd);
    expect(costOf({}, { retention: late }).s3 - costOf({}, { retention: soon }).s3).toBeCloseTo(
      storage - assumed.fullReads * reading,
      6,
    );
  });

  it("has the prices of the environment's own region, and says so if they are not known", () => {
    expect(costOf({}, { region: "us-east-1" }).firehose).toBeLessThan(costOf({}).firehose);
    expect(originOfPrices("eu-west-1")).toContain("at list prices of eu-west-1 last read in");
    expect(costOf({}, { region: "ap-south-2" })).toEqual(costOf({}, { region: "us-east-1" }));
    expect(originOfPrices("ap-south-2")).toContain("because those of ap-south-2 are not in");
  });

  it("is lower if objects move to cheaper classes sooner", () => {
    const retention = { ...dev.retention, silverInfrequentDays: 30 };
    expect(costOf({}, { retention }).s3).toBeLessThan(costOf({}).s3);
  });
});
