/** The cost calculator is right, whatever the prices. */
import { describe, expect, it } from "vitest";
import { monthlyCost, type Volume } from "../../src/costs/monthly-cost.ts";
import { prices } from "../../src/costs/prices.ts";
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
    expect(costOf({}).firehose).toBeCloseTo(billedGb * prices.firehoseGb.usd, 10);
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
    expect(large.s3).toBeGreaterThan(50 * small.s3);
    expect(large.monitoring).toBeLessThan(2 * small.monitoring);
  });

  it("is zero for Firehose and small for all others if nothing arrives", () => {
    const nothing = costOf({ recordsPerDay: 0 });
    expect(nothing.firehose).toBe(0);
    expect(nothing.total).toBeLessThan(15);
  });

  it("is higher on x86_64 and with an own key", () => {
    expect(costOf({}, { architecture: "x86_64" }).lambda).toBeGreaterThan(costOf({}).lambda);
    const key = costOf({}, { encryption: "kms" }).other - costOf({}).other;
    expect(key).toBeGreaterThan(prices.kmsKeyMonth.usd);
  });

  it("is lower if objects move to cheaper classes sooner", () => {
    const retention = { ...dev.retention, silverInfrequentDays: 30 };
    expect(costOf({}, { retention }).s3).toBeLessThan(costOf({}).s3);
  });
});
