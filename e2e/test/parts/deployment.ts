/** What Terraform itself must do: plan every environment, change nothing without a reason, and lock its state. */
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { madeUpImage, type System, stateBucket } from "../../src/system.ts";
import type { Changes } from "../../src/terraform.ts";
import { keysIn, put } from "../support/lake.ts";

/** @param prod The plans of prod, which are made while dev is applied. */
export function deployment(
  started: () => System,
  prod: () => Promise<ReadonlyMap<string, Changes>>,
): void {
  describe("Terraform", () => {
    it("finds nothing to change in what it has just applied", async () => {
      const { bootstrap, registry, lakehouse } = started().stacks;
      const plans = [bootstrap, registry, lakehouse].map((stack) => stack.plan());
      expect(await Promise.all(plans)).toEqual([new Map(), new Map(), new Map()]);
    });

    it("changes exactly one function when its image has another digest", async () => {
      const { lakehouse } = started().stacks;
      const changes = await lakehouse.planWith({
        bronze_silver_image: madeUpImage("bronze-silver", "c"),
      });
      expect(changes).toEqual(new Map([["aws_lambda_function.bronze_silver", "update"]]));
    });

    it("keeps a state in the state bucket, and does nothing while somebody else holds its lock", async () => {
      const { stacks, s3 } = started();
      const state = "dev-registry.tfstate";
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

    it("plans every stack of prod, all of them new", async () => {
      const plans = await prod();
      expect([...plans.keys()]).toEqual(["prod-bootstrap", "prod-lakehouse", "prod-registry"]);
      for (const [stack, changes] of plans) {
        expect(new Set(changes.values()), stack).toEqual(new Set(["create"]));
      }
    });
  });
}
