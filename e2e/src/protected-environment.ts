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
 * Plans each stack of prod against an AWS that has nothing yet. A plan begins with what `terraform validate` does.
 *
 * @returns What each would change, by the stack's name.
 */
export async function planProtected(): Promise<ReadonlyMap<string, Changes>> {
  const folder = mkdtempSync(join(tmpdir(), "lakehouse-e2e-prod-"));
  const emulator = await startEmulator();
  if (emulator === undefined) throw new EmulatorError("this machine has no Python with moto.");
  try {
    const folders = [...(await synthesize(folder))].filter(([name]) => name.startsWith("prod-"));
    const plans = folders.map(async ([name, path]) => {
      const variables = name === "prod-lakehouse" ? lakehouseVariables : {};
      const stack = new Stack(name, path, emulator, undefined, variables);
      await stack.init();
      return [name, await stack.plan()] as const;
    });
    return new Map(await Promise.all(plans));
  } finally {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
