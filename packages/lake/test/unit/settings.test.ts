/** Settings are checked when they are read: an error names the variable, its value and what is allowed. */
import { expect, test } from "vitest";
import * as z from "zod";
import { readLakeSettings } from "../../src/lake-settings.ts";
import { readSettings, wholeNumber } from "../../src/settings.ts";

const shape = {
  SIZE: wholeNumber(1, 256, "MiB").default(4),
  NAME: z.string({ error: "Use a name." }),
};

test("a setting has its default, and other variables are ignored", () => {
  expect(readSettings(shape, { NAME: "a", OTHER: "b" })).toEqual({ SIZE: 4, NAME: "a" });
  expect(readSettings(shape, { NAME: "a", SIZE: "256" })).toEqual({ SIZE: 256, NAME: "a" });
});

test.each(["none", "0", "257", "1.5", "-1", " 4", "0x10"])("%o is not a size", (SIZE) => {
  expect(() => readSettings(shape, { NAME: "a", SIZE })).toThrow(
    expect.objectContaining({
      code: "INVALID_CONFIGURATION",
      kind: "usage",
      setting: "SIZE",
      message: `SIZE is ${JSON.stringify(SIZE)}. Use a whole number of MiB from 1 to 256, or remove it.`,
    }),
  );
});

test.each([undefined, ""])("%o is not set", (NAME) => {
  expect(() => readSettings(shape, { NAME })).toThrow("NAME is not set. Use a name.");
});

test("a lake's settings are its buckets, streams, region and endpoints", () => {
  expect(readLakeSettings({})).toEqual({
    buckets: {},
    streams: {},
    endpoints: {},
  });
  expect(
    readLakeSettings({
      BRONZE_BUCKET: "b",
      GOLD_BUCKET: "",
      GLUE_DATABASE: "lakehouse_dev",
      ATHENA_WORKGROUP: "lakehouse-dev-gold",
      DELIVERY_STREAM: "any",
      DELIVERY_STREAM_WEB_EVENTS: "own",
      AWS_REGION: "eu-west-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ENDPOINT_URL: "http://localhost:4566",
      AWS_ENDPOINT_URL_S3: "http://localhost:9000",
    }),
  ).toEqual({
    buckets: { bronze: "b" },
    streams: { web_events: "own" },
    anyStream: "any",
    region: "eu-west-1",
    glueDatabase: "lakehouse_dev",
    athenaWorkgroup: "lakehouse-dev-gold",
    endpoints: {
      s3: "http://localhost:9000",
      firehose: "http://localhost:4566",
      glue: "http://localhost:4566",
      athena: "http://localhost:4566",
    },
  });
});

test.each(
  ["", "_S3", "_FIREHOSE", "_GLUE", "_ATHENA"].map((service) => `AWS_ENDPOINT_URL${service}`),
)("%s must be a URL", (name) => {
  expect(() => readLakeSettings({ [name]: "localhost:4566" })).toThrow(
    `${name} is "localhost:4566". Use a URL`,
  );
});
