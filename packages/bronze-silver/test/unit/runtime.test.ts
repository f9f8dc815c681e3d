/** The function checks its settings before it reads anything. */
import { expect, test } from "vitest";
import { readRuntime } from "../../src/runtime.ts";

test("reads the variables that the deployment sets", () => {
  const variables = { BRONZE_BUCKET: "b", SILVER_BUCKET: "s", LAKEHOUSE_ENVIRONMENT: "dev" };
  expect(readRuntime(variables)).toMatchObject({
    location: "s3",
    lake: { buckets: { bronze: "b", silver: "s" } },
    environment: "dev",
    blockBytes: 4 * 1024 * 1024,
    goldStarts: undefined,
  });
  const queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/lakehouse-dev-gold-starts.fifo";
  const starting = { ...variables, GOLD_STARTS_QUEUE: queue, GOLD_STARTS_SECONDS: "30" };
  expect(readRuntime(starting).goldStarts).toEqual({ queue, seconds: 30 });
});

test("in a test the lake is a directory", () => {
  expect(readRuntime({ LAKEHOUSE_LAKE: "/lake", BLOCK_MIB: "1" })).toMatchObject({
    location: "/lake",
    environment: undefined,
    blockBytes: 1024 * 1024,
  });
});

test.each([
  ["BLOCK_MIB", "257", "Use a whole number of MiB from 1 to 256"],
  ["GOLD_STARTS_QUEUE", "gold-starts", "Use the address of a queue"],
  ["GOLD_STARTS_SECONDS", "301", "Use a whole number of seconds from 1 to 300"],
  ["LAKEHOUSE_LAKE", "https://host/lake", "Use s3, a directory"],
  ["AWS_ENDPOINT_URL", "host", "Use a URL"],
])("%s=%s is refused", (setting, value, hint) => {
  const message = expect.stringMatching(`^${setting} is "${value}"\\. ${hint}`);
  expect(() => readRuntime({ [setting]: value })).toThrow(
    expect.objectContaining({ code: "INVALID_CONFIGURATION", setting, message }),
  );
});
