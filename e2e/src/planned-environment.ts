/** Plans an environment before it is deployed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "./emulator.ts";
import { EmulatorError } from "./errors.ts";
import { type EnvironmentName, lakehouseVariables } from "./names.ts";
import { synthesize } from "./synthesis.ts";
import { type Changes, Stack } from "./terraform.ts";

/**
 * Plans each stack against an empty AWS. Planning includes `terraform validate`.
 *
 * @returns What each would change, by the stack's name.
 */
export async function planEnvironment(
  environment: EnvironmentName,
): Promise<ReadonlyMap<string, Changes>> {
  const folder = mkdtempSync(join(tmpdir(), `lakehouse-e2e-${environment}-`));
  const emulator = await startEmulator();
  if (emulator === undefined) {
    throw new EmulatorError("This machine has no Python with moto.");
  }
  try {
    const folders = [...(await synthesize(folder))].filter(([name]) =>
      name.startsWith(`${environment}-`),
    );
    const plans = folders.map(async ([name, path]) => {
      const variables = name.endsWith("-lakehouse") ? lakehouseVariables(environment) : {};
      const stack = new Stack(name, path, emulator, undefined, variables);
      try {
        await stack.init();
        return [name, await stack.plan()] as const;
      } finally {
        await stack.stop();
      }
    });
    return new Map(await Promise.all(plans));
  } finally {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
