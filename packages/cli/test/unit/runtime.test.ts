/** The command validates its environment variables before it does anything. */
import { expect, test } from "vitest";
import { isDebugging, readRuntime } from "../../src/runtime.ts";

test("relative paths start where npm was called, or in the current folder", () => {
  expect(readRuntime({ INIT_CWD: "/home/user" }).folder).toBe("/home/user");
  expect(readRuntime({ INIT_CWD: "" }).folder).toBe(process.cwd());
  expect(readRuntime({}).folder).toBe(process.cwd());
});

test("an invalid variable is named", () => {
  expect(() => readRuntime({ AWS_ENDPOINT_URL_S3: "host" })).toThrow(
    expect.objectContaining({
      kind: "usage",
      setting: "AWS_ENDPOINT_URL_S3",
      message: expect.stringMatching(/^AWS_ENDPOINT_URL_S3 is "host"\. Use a URL/),
    }),
  );
});

test("only DEBUG=lakehouse asks for stack traces", () => {
  expect(isDebugging({ DEBUG: "lakehouse" })).toBe(true);
  expect(isDebugging({ DEBUG: "*" })).toBe(false);
  expect(isDebugging({})).toBe(false);
});
