/** Plans prod, which is never applied in a test: it takes longer, and differs from dev by data only. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "./emulator.ts";
import { EmulatorError } from "./errors.ts";
import { synthesize } from "./synthesis.ts";
import { lakehouseVariables } from "./system.ts";
import { type Changes, Stack } from "./terraform.ts";

/**
 * Plans each stack of prod against an AWS that has nothing yet but the lake's key, which bootstrap makes. A plan begins with what `terraform validate` does.
 *
 * @returns What each would change, by the stack's name.
 */
export async function planProtected(): Promise<ReadonlyMap<string, Changes>> {
  const folder = mkdtempSync(join(tmpdir(), "lakehouse-e2e-prod-"));
  const emulator = await startEmulator();
  if (emulator === undefined) throw new EmulatorError("this machine has no Python with moto.");
  try {
    const folders = [...(await synthesize(folder))].filter(([name]) => name.startsWith("prod-"));
    const plans = new Map<string, Changes>();
    for (const [name, path] of folders) {
      const variables = name === "prod-lakehouse" ? lakehouseVariables : {};
      const stack = new Stack(name, path, emulator, undefined, variables);
      await stack.init();
      plans.set(name, await stack.plan());
      if (name === "prod-bootstrap") await stack.apply(["aws_kms_alias.key_alias"]);
    }
    return plans;
  } finally {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
