/** Terraform changes nothing without a reason, and locks its state. */
import { GetFunctionConcurrencyCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DeleteObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { replayParameter, replayStates } from "@lakehouse/lake/deployed-lake";
import { describe, expect, it } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import { bucketOf, madeUpImage } from "../../src/names.ts";
import type { System } from "../../src/system.ts";
import { keysIn, put } from "../support/lake.ts";

export function deployment(started: () => System): void {
  describe("Terraform", () => {
    it("plans no change after it has applied, though somebody has paused replays", async () => {
      const { emulator, environment, stacks: all } = started();
      const ssm = new SSMClient(clientOptions(emulator, emulator.operator));
      const Name = replayParameter(environment);
      await ssm.send(
        new PutParameterCommand({ Name, Value: replayStates.paused, Overwrite: true }),
      );
      const stacks = Object.values(all);
      const plans = await Promise.all(stacks.map((stack) => stack.plan()));
      expect(plans).toEqual(stacks.map(() => new Map()));
    });

    it("has deployed the key of bootstrap, access logs, and one gold run at a time", async () => {
      const { s3, lake, stacks, environment, emulator, deployment } = started();
      const { resources } = await stacks.bootstrap.state();
      const key = resources.find(({ type }) => type === "aws_kms_key")?.values;
      for (const bucket of Object.values(lake.buckets)) {
        const [Key = ""] = await keysIn(s3, bucket);
        const stored = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
        expect(stored.ServerSideEncryption).toBe("aws:kms");
        expect(key).toMatchObject({ arn: stored.SSEKMSKeyId });
      }
      const logs = await keysIn(s3, bucketOf(environment, "access-logs"));
      expect(new Set(logs.map((each) => each.split("/")[0]))).toEqual(
        new Set(["bronze", "silver", "gold", "athena-results"]),
      );
      const lambda = new LambdaClient(clientOptions(emulator, emulator.operator));
      const reserved = await lambda.send(
        new GetFunctionConcurrencyCommand({ FunctionName: deployment.silverGold.name }),
      );
      expect(reserved.ReservedConcurrentExecutions).toBe(1);
    });

    it("changes only one function when its image has another digest", async () => {
      const { stacks, environment } = started();
      const changes = await stacks.lakehouse.planWith({
        bronze_silver_image: madeUpImage(environment, "bronze-silver", "c"),
      });
      expect(changes).toEqual(
        new Map([
          ["aws_lambda_function.bronze_silver", "update"],
          ["aws_lambda_alias.bronze_silver_live", "update"],
        ]),
      );
    });

    it("keeps state in the state bucket, and refuses to plan while somebody else holds its lock", async () => {
      const { stacks, s3, environment, stateBucket } = started();
      const state = `${environment}-registry.tfstate`;
      expect(await keysIn(s3, stateBucket)).toEqual([state]);
      const lock = `${state}.tflock`;
      const holder = { ID: "a-b-c", Operation: "OperationTypeApply", Who: "somebody@else" };
      await put(s3, stateBucket, lock, JSON.stringify(holder));
      try {
        expect(await stacks.registry.planWhileLocked()).toMatch(/state lock[\s\S]*somebody@else/i);
      } finally {
        await s3.send(new DeleteObjectCommand({ Bucket: stateBucket, Key: lock }));
      }
    });
  });
}
