/** What a deployment publishes about its lake, within SSM's limit. */
import { describe, expect, test } from "vitest";
import {
  type DeployedLake,
  deployedLakeText,
  parseDeployedLake,
  streamOf,
} from "../../src/deployed-lake.ts";

const pattern = "lakehouse-dev-*";

function lakeOf(tables: readonly string[]): DeployedLake {
  return {
    environment: "dev",
    region: "eu-west-1",
    buckets: { bronze: "b", silver: "s", gold: "g" },
    deliveryStreams: Object.fromEntries(
      tables.map((table) => [table, `lakehouse-dev-${table.replaceAll("_", "-")}`]),
    ),
  };
}

describe("a lake", () => {
  test("of a few tables lists their streams", () => {
    const lake = lakeOf(["orders", "web_events"]);
    const read = parseDeployedLake(deployedLakeText(lake, pattern));
    expect(read).toEqual(lake);
    expect(streamOf("other", read.deliveryStreams)).toBeUndefined();
  });

  test("of many tables fits into a parameter, and each table still has its stream", () => {
    const tables = Array.from({ length: 200 }, (_, index) => `events_of_region_${index}`);
    const lake = lakeOf(tables);
    const text = deployedLakeText(lake, pattern);
    expect(text.length).toBeLessThan(4_096);
    const { deliveryStreams } = parseDeployedLake(text);
    for (const table of tables) {
      expect(streamOf(table, deliveryStreams)).toBe(lake.deliveryStreams[table]);
    }
  });
});
