/** `--env`: if a deployed lake can't be found, the exit code is 2, and the error says why and how to fix it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterEach, expect, test } from "vitest";
import { settingsOf } from "../../src/deployed-environment.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";

const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const parameter = "/lakehouse/dev/lake";
let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** Starts an SSM that always gives the same answer. @returns The variables that locate it. */
async function startSsm(status: number, answer: Record<string, unknown>) {
  const started = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const { port } = started.address() as AddressInfo;
  return isolated({ ...credentials, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
}

/** Variables that hide this machine's AWS profiles and roles. */
function isolated(variables: Readonly<Record<string, string>>): Record<string, string> {
  const home = temporaryDirectory();
  return {
    HOME: home,
    USERPROFILE: home,
    AWS_CONFIG_FILE: `${home}/config`,
    AWS_SHARED_CREDENTIALS_FILE: `${home}/credentials`,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PROFILE: "",
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_SESSION_TOKEN: "",
    AWS_DEFAULT_REGION: "",
    AWS_REGION: "eu-west-1",
    ...variables,
  };
}

async function expectMessage(env: Record<string, string>, ...parts: string[]): Promise<void> {
  const { code, stdout, stderr } = await lakehouse(["status", "--env", "dev"], { env });
  for (const part of ["error: Environment dev: ", ...parts]) {
    expect(stderr).toContain(part);
  }
  expect(stderr.trimEnd().split("\n"), "an error and a hint, no stack trace").toHaveLength(2);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
}

test("an environment that is not deployed here", async () => {
  await expectMessage(
    await startSsm(400, { __type: "ParameterNotFound" }),
    "it is not deployed in eu-west-1 of this AWS account",
    "deploy it first: pnpm run deploy --env dev",
  );
});

test("credentials that may not read the parameter", async () => {
  await expectMessage(
    await startSsm(400, { __type: "AccessDeniedException", message: "no" }),
    `may not read the SSM parameter ${parameter} in eu-west-1`,
    "Ask for ssm:GetParameter",
  );
});

test.each(["ExpiredTokenException", "UnrecognizedClientException"])(
  "credentials that AWS refuses: %s",
  async (type) => {
    const env = await startSsm(400, { __type: type });
    await expectMessage(env, `AWS refuses the credentials (${type})`, "Sign in again");
  },
);

test("no credentials", async () => {
  await expectMessage(isolated({}), "there are no AWS credentials", "aws sso login");
});

test("no region", async () => {
  const env = isolated({ ...credentials, AWS_REGION: "" });
  await expectMessage(env, "no AWS region is set", "Set AWS_REGION");
});

test("no network", async () => {
  const env = isolated({ ...credentials, AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
  await expectMessage(env, "could not be read", "Check AWS_REGION and the network");
});

test.each(["", "not JSON", '{"environment":"dev"}'])("a damaged parameter: %o", async (Value) => {
  await expectMessage(
    await startSsm(200, { Parameter: { Value } }),
    `the SSM parameter ${parameter} in eu-west-1 is not what a deployment writes`,
    "pnpm run deploy --env dev",
  );
});

test("with --json the error is a document", async () => {
  const env = await startSsm(400, { __type: "ParameterNotFound" });
  const { error } = await lakehouseJson<{ error: Record<string, string> }>(
    ["status", "--env", "dev"],
    { env, code: 2 },
  );
  expect(error).toMatchObject({ code: "DEPLOYED_LAKE" });
});

test("the deployment's buckets, region and streams replace the user's settings", () => {
  const buckets = { bronze: "b", silver: "s", gold: "g" };
  const deliveryStreams = {
    orders: "lakehouse-dev-orders",
    web_events: "lakehouse-dev-web-events",
  };
  const endpoints = { s3: "http://localhost:4566", firehose: undefined };
  const own = {
    region: "us-east-1",
    buckets: { bronze: "own" },
    streams: { orders: "own", other: "own" },
    anyStream: "own",
    endpoints,
  };
  expect(
    settingsOf({ environment: "dev", region: "eu-west-1", buckets, deliveryStreams }, own),
  ).toEqual({ region: "eu-west-1", buckets, streams: deliveryStreams, endpoints });
});
