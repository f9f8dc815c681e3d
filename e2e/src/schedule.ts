/** Stands in for EventBridge Scheduler: invokes the function with the schedule's role and input. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Outcome } from "@lakehouse/docker/testing/execution-environment";
import { clientOptions } from "./clients.ts";
import type { FunctionProcess } from "./function-process.ts";
import { assumeRole } from "./roles.ts";
import type { System } from "./system.ts";

/**
 * Invokes the function of the gold schedule once. The emulator only checks the permission; the process does the work.
 *
 * @throws AccessDeniedException if the schedule's role may not invoke the function.
 */
export async function schedule(
  { emulator, deployment }: System,
  { environment }: FunctionProcess,
): Promise<Outcome> {
  const { targetArn, roleArn, input } = deployment.schedule;
  const credentials = await assumeRole(emulator, roleArn, "scheduler.amazonaws.com");
  const lambda = new LambdaClient(clientOptions(emulator, credentials));
  await lambda.send(
    new InvokeCommand({ FunctionName: targetArn, Payload: Buffer.from(JSON.stringify(input)) }),
  );
  return await environment.invoke(input);
}
