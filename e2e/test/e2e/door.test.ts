/** The HTTP door and a Kinesis stream on an emulated AWS: applies what dev has with both settings, and plans it again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { synthesize } from "@lakehouse/infra/synthesize";
import { environments } from "@lakehouse/infra/testing/environments";
import { catalog } from "@lakehouse/tables/catalog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import { type Emulator, startEmulator } from "../../src/emulator.ts";
import { lakehouseVariables } from "../../src/names.ts";
import { Stack } from "../../src/terraform.ts";
import { whatIsMissing } from "../support/requirements.ts";

const types = [
  "aws_api_gateway_stage",
  "aws_api_gateway_usage_plan",
  "aws_api_gateway_method_settings",
];
const stream = "aws_kinesis_firehose_delivery_stream.stream_web_events";

describe.runIf((await whatIsMissing()) === undefined)(
  "dev with a door and a Kinesis stream",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "lakehouse-e2e-door-"));
    let emulator: Emulator | undefined;
    let stack: Stack | undefined;

    beforeAll(async () => {
      const dev = environments.find(({ name }) => name === "dev");
      emulator = await startEmulator();
      if (dev === undefined || emulator === undefined) {
        throw new Error("There is no dev, or no emulator.");
      }
      // The emulator cannot import the answer to a browser's OPTIONS, so there is no corsOrigin.
      const door = {
        producers: { shop: { requestsPerSecond: 5, burst: 10, requestsPerDay: 1_000 } },
      };
      const path = synthesize([{ ...dev, door, kinesis: ["web_events"] }], catalog, folder).get(
        "dev-lakehouse",
      );
      const iam = new IAMClient(clientOptions(emulator, emulator.operator));
      // Roles are in the storage stack, which the other tests apply.
      for (const thing of ["door", "web-events-delivery"]) {
        await iam.send(
          new CreateRoleCommand({
            RoleName: `lakehouse-dev-${thing}`,
            AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
          }),
        );
      }
      stack = new Stack(
        "dev-lakehouse",
        path ?? folder,
        emulator,
        undefined,
        lakehouseVariables("dev"),
      );
      await stack.init();
      await stack.apply([...stack.addresses(types), stream]);
    }, 200_000);

    afterAll(async () => {
      await stack?.stop();
      await emulator?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it("gives the address, and each producer's usage plan", async () => {
      const state = await stack?.state();
      expect(state?.outputs["door"]).toEqual({
        url: expect.stringMatching(/^https:\/\/\w+\.execute-api\.eu-west-1\.amazonaws\.com\/v1$/),
        usagePlans: { shop: expect.stringMatching(/^\w+$/) },
      });
      const plan = state?.resources.find(({ type }) => type === "aws_api_gateway_usage_plan");
      expect(plan?.values).toMatchObject({
        throttle_settings: [{ burst_limit: 10, rate_limit: 5 }],
        quota_settings: [{ limit: 1_000, period: "DAY" }],
        api_stages: [{ stage: "v1" }],
      });
    });

    it("would change nothing if it were deployed again", async () => {
      const changes = await stack?.plan();
      // Not aws_kinesis_stream: the emulator drops the tags of a new one.
      const ours = [...(changes ?? [])].filter(
        ([address]) => address.startsWith("aws_api_gateway_") || address === stream,
      );
      expect(ours).toEqual([]);
    }, 100_000);

    it("has Firehose read the Kinesis stream", async () => {
      const state = await stack?.state();
      const values = (type: string) => state?.resources.find((each) => each.type === type)?.values;
      const source = values("aws_kinesis_stream") as { readonly arn: string };
      expect(values("aws_kinesis_firehose_delivery_stream")).toMatchObject({
        kinesis_source_configuration: [{ kinesis_stream_arn: source.arn }],
      });
    });
  },
);
