/** Runs a deployed function: its bundle as a process behind Lambda's Runtime API, with its role and its variables. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ExecutionEnvironment } from "@lakehouse/docker/testing/execution-environment";
import { programLauncher } from "@lakehouse/docker/testing/lambda-process";
import { runtimeInterfaceClient } from "@lakehouse/docker/testing/ric";
import { bronzeSilver, silverGold } from "@lakehouse/lake/functions";
import { clientVariables } from "./clients.ts";
import type { DeployedFunction } from "./deployment.ts";
import type { Credentials } from "./emulator.ts";

const require = createRequire(import.meta.url);
const bundles = {
  [bronzeSilver]: dirname(require.resolve("@lakehouse/bronze-silver/handler")),
  [silverGold]: dirname(require.resolve("@lakehouse/silver-gold/handler")),
};

/** The longest that a test waits for an invocation, in milliseconds, whatever the function's timeout. */
const patienceMilliseconds = 60_000;

/** An execution environment with its own /tmp, as in Lambda. */
export interface FunctionProcess extends AsyncDisposable {
  readonly environment: ExecutionEnvironment;
}

/**
 * @param endpoint Where it finds AWS: the emulator, or a proxy in front of it.
 * @param credentials Its role's.
 */
export async function startFunction(
  deployed: DeployedFunction,
  endpoint: string,
  credentials: Credentials,
): Promise<FunctionProcess> {
  // gold-task has the image of silver-gold.
  const transform = deployed.name.endsWith(`-${bronzeSilver}`) ? bronzeSilver : silverGold;
  const scratch = mkdtempSync(join(tmpdir(), `lakehouse-e2e-${transform}-`));
  const environment = await ExecutionEnvironment.create({
    functionName: deployed.name,
    launcher: programLauncher([process.execPath, await runtimeInterfaceClient()]),
    environment: {
      ...deployed.variables,
      ...clientVariables({ endpoint }, credentials),
      TMPDIR: scratch,
    },
    taskRoot: join(dirname(bundles[transform]), "dist-testing"),
    memoryMib: deployed.memoryMib,
    timeoutMs: Math.min(deployed.timeoutSeconds * 1_000, patienceMilliseconds),
  });
  return {
    environment,
    async [Symbol.asyncDispose]() {
      await environment.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
