/** The end: `terraform destroy`, after which nothing is left. */
import { describe, expect, it } from "vitest";
import { leftovers } from "../../src/leftovers.ts";
import { type System, stateBucket } from "../../src/system.ts";
import { emptyBucket } from "../support/lake.ts";

export function destruction(started: () => System): void {
  describe("destroyed", { timeout: 300_000 }, () => {
    it("keeps the bucket with the states, and nothing else but the bounds of roles", async () => {
      const { stacks, emulator } = started();
      expect(await leftovers(emulator)).not.toEqual([]);
      const [refused] = await Promise.allSettled([
        stacks.bootstrap.destroy(),
        stacks.lakehouse.destroy(),
        stacks.registry.destroy(),
      ]);
      expect(refused).toHaveProperty("reason.message", expect.stringContaining("prevent_destroy"));
      expect(await leftovers(emulator)).toEqual([
        "iam: lakehouse-dev-boundary",
        `s3: ${stateBucket}`,
      ]);
    });

    it("leaves nothing once somebody has unprotected and emptied that", async () => {
      const { stacks, emulator, s3 } = started();
      stacks.bootstrap.unprotect("aws_s3_bucket", "state");
      await emptyBucket(s3, stateBucket);
      await stacks.bootstrap.destroy();
      expect(await leftovers(emulator)).toEqual([]);
    });
  });
}
