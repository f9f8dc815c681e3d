/** Checks for the tools that the tests need. */
import { setTimeout as sleep } from "node:timers/promises";
import { RicUnavailableError } from "@lakehouse/docker/testing/errors";
import { runtimeInterfaceClient } from "@lakehouse/docker/testing/ric";
import { startEmulator } from "../../src/emulator.ts";
import { terraformInstalled } from "../../src/terraform.ts";

/**
 * Looks for the tools that the tests need, and prints what is not tested without one.
 *
 * @returns What is missing; undefined if nothing is.
 * @throws Error if something is missing and CI=true.
 */
export async function whatIsMissing(): Promise<string | undefined> {
  const missing = await firstMissing();
  if (missing === undefined) {
    return undefined;
  }
  if (process.env["CI"] === "true") {
    throw new Error(`${missing} It is required if CI=true.`);
  }
  process.stderr.write(`\n*** NOT TESTED: the deployed lakehouse. ${missing}\n\n`);
  return missing;
}

async function firstMissing(): Promise<string | undefined> {
  if (!(await terraformInstalled())) {
    return "There is no terraform on the PATH.";
  }
  const emulator = await startEmulator();
  await emulator?.stop();
  if (emulator === undefined) {
    return "moto, an emulator of AWS, is not installed: pip install 'moto[server]' (python3 must find it).";
  }
  // Building it takes a minute, once. Terraform need not wait for that.
  const refused = runtimeInterfaceClient().catch((error: unknown) => error);
  const reason = await Promise.race([refused, sleep(1_000)]);
  return reason instanceof RicUnavailableError ? reason.message : undefined;
}
