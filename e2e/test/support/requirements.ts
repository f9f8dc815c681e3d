/** What the test stands on, and how it is told that something of it is not there. */
import { setTimeout as sleep } from "node:timers/promises";
import { RicUnavailableError } from "@lakehouse/docker/testing/errors";
import { runtimeInterfaceClient } from "@lakehouse/docker/testing/ric";
import { pluginDirectories } from "@lakehouse/infra/terraform/plugins";
import { startEmulator } from "../../src/emulator.ts";
import { terraformInstalled } from "../../src/terraform.ts";

/** Whether all is tested, or only the way of records. */
export const whole = process.env["CI"] === "true" || process.env["LAKEHOUSE_E2E"] === "1";

/**
 * Looks for what the test needs, and says aloud what is not tested without it.
 *
 * @returns What is missing; undefined when all is there.
 * @throws Error where something is missing though CI=true.
 */
export async function whatIsMissing(): Promise<string | undefined> {
  const missing = await firstMissing();
  if (missing === undefined) {
    return undefined;
  }
  if (process.env["CI"] === "true") {
    throw new Error(`${missing} It is required where CI=true.`);
  }
  process.stderr.write(`\n*** NOT TESTED: the deployed lakehouse. ${missing}\n\n`);
  return missing;
}

async function firstMissing(): Promise<string | undefined> {
  if (!(await terraformInstalled())) {
    return "There is no terraform on the PATH.";
  }
  if (!whole && pluginDirectories().length === 0) {
    return "Terraform's AWS provider is not on this machine; with LAKEHOUSE_E2E=1 it is downloaded.";
  }
  const emulator = await startEmulator();
  await emulator?.stop();
  if (emulator === undefined) {
    return "moto, an emulator of AWS, is not installed: pip install 'moto[server]' (python3 must find it).";
  }
  // Where it can be built, which takes a minute once, Terraform need not wait for it.
  const refused = runtimeInterfaceClient().catch((error: unknown) => error);
  const reason = await Promise.race([refused, sleep(1_000)]);
  return reason instanceof RicUnavailableError ? reason.message : undefined;
}
