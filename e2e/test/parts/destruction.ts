/** `terraform destroy`, in the two steps of docs/deploy.md, leaves nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { leftovers } from "../../src/leftovers.ts";
import { synthesizeUnprotected } from "../../src/synthesis.ts";
import type { System } from "../../src/system.ts";
import { emptyBucket } from "../support/lake.ts";

export function destruction(started: () => System): void {
  describe("destroying it", { timeout: 300_000 }, () => {
    it("fails while it is protected", async () => {
      const { stacks, emulator, environment } = started();
      const before = await leftovers(emulator, environment);
      expect(before).not.toEqual([]);
      await expect(stacks.storage.destroy()).rejects.toThrow(/lake_bronze[\s\S]*prevent_destroy/);
      expect(await leftovers(emulator, environment)).toEqual(before);
    });

    it("loses nothing when the protection is removed", async () => {
      const { stacks, emulator, environment } = started();
      const before = await leftovers(emulator, environment);
      const folder = mkdtempSync(join(tmpdir(), "lakehouse-e2e-unprotected-"));
      try {
        const unprotected = synthesizeUnprotected(folder);
        const kinds = [stacks.storage, stacks.lakehouse, stacks.registry];
        await Promise.all(
          kinds.map((stack) => stack.applyDocument(unprotected.get(stack.name) ?? "")),
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      expect(await leftovers(emulator, environment)).toEqual(before);
    });

    it("keeps only the state bucket, the key and the boundary", async () => {
      const { stacks, emulator, environment, stateBucket } = started();
      const [refused] = await Promise.allSettled([
        stacks.bootstrap.destroy(),
        stacks.lakehouse.destroy().then(() => stacks.storage.destroy()),
        stacks.registry.destroy(),
      ]);
      expect(refused).toHaveProperty("reason.message", expect.stringContaining("prevent_destroy"));
      expect(await leftovers(emulator, environment)).toEqual([
        `iam: lakehouse-${environment}-boundary`,
        `kms: lakehouse-${environment}-alarms`,
        `kms: lakehouse-${environment}-lake`,
        `s3: ${stateBucket}`,
      ]);
    });

    it("leaves nothing once these are unprotected and the bucket is empty", async () => {
      const { stacks, emulator, s3, environment, stateBucket } = started();
      stacks.bootstrap.unprotect(["aws_s3_bucket", "state"], ["aws_kms_key", "key"]);
      await emptyBucket(s3, stateBucket);
      await stacks.bootstrap.destroy();
      expect(await leftovers(emulator, environment)).toEqual([]);
    });
  });
}
