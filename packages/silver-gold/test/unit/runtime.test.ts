/** The function validates its settings at start-up. */
import { expect, test } from "vitest";
import { readRuntime } from "../../src/runtime.ts";

test("reads the variables that the deployment and Lambda set", () => {
  expect(
    readRuntime({
      SILVER_BUCKET: "s",
      GOLD_BUCKET: "g",
      LAKEHOUSE_ENVIRONMENT: "dev",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
      SLICE_MIB: "64",
      RETENTION_DAYS: "30",
      PACK_SILVER_AFTER_DAYS: "7",
      GOLD_REPORT: "true",
      TASK_MIB: "0.5",
    }),
  ).toMatchObject({
    location: "s3",
    lake: { buckets: { silver: "s", gold: "g" } },
    environment: "dev",
    memoryMib: 2048,
    sliceMib: 64,
    retentionDays: 30,
    packSilverAfterDays: 7,
    taskMib: 0.5,
    publishesReport: true,
  });
});

test("needs no variables if the lake is a directory", () => {
  expect(readRuntime({ LAKEHOUSE_LAKE: "/lake" })).toMatchObject({
    location: "/lake",
    environment: undefined,
    memoryMib: 1024,
    sliceMib: undefined,
    retentionDays: undefined,
    packSilverAfterDays: undefined,
    taskMib: undefined,
    publishesReport: false,
  });
});

test.each([
  ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much", "Use a whole number of MiB from 128 to 10240"],
  ["RETENTION_DAYS", "0", "Use a whole number of days from 1 to 3650"],
  ["PACK_SILVER_AFTER_DAYS", "0", "Use a whole number of days from 1 to 3650"],
  ["TASK_MIB", "half", "Use a number of MiB"],
  ["GOLD_REPORT", "yes", "Use true, or remove it"],
  ["SLICE_MIB", "0", "Use a whole number of MiB from 1 to 65536"],
  ["LAKEHOUSE_LAKE", "https://host/lake", "Use s3, a directory"],
  ["AWS_ENDPOINT_URL", "host", "Use a URL"],
])("%s=%s is refused", (setting, value, hint) => {
  const message = expect.stringMatching(`^${setting} is "${value}"\\. ${hint}`);
  expect(() => readRuntime({ [setting]: value })).toThrow(
    expect.objectContaining({ code: "INVALID_CONFIGURATION", setting, message }),
  );
});
