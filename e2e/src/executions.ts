/** Starts, follows and redrives executions of the deployed state machine. moto's interpreter runs its definition. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { clientOptions } from "./clients.ts";
import type { Deployment } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { assumeRole } from "./roles.ts";

/** An execution that has ended. */
export interface Ended {
  readonly arn: string;
  readonly status: string;
  readonly output: unknown;
  readonly cause: string | undefined;
}

const patienceMilliseconds = 120_000;

/**
 * Starts an execution as the schedule does, with its role.
 *
 * @returns Its ARN.
 * @throws AccessDeniedException if the schedule's role may not start the state machine.
 */
export async function startExecution(
  emulator: Emulator,
  { schedule }: Deployment,
  input: unknown = schedule.input,
): Promise<string> {
  const { targetArn: stateMachineArn, roleArn } = schedule;
  const credentials = await assumeRole(emulator, roleArn, "scheduler.amazonaws.com");
  const scheduler = new SFNClient(clientOptions(emulator, credentials));
  const { executionArn = "" } = await scheduler.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return executionArn;
}

/** Waits until an execution has ended. */
export async function endOf(emulator: Emulator, executionArn: string): Promise<Ended> {
  const client = new SFNClient(clientOptions(emulator, emulator.operator));
  const deadline = performance.now() + patienceMilliseconds;
  while (performance.now() < deadline) {
    const {
      status = "",
      output,
      cause,
    } = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== "RUNNING") {
      const value: unknown = output === undefined ? undefined : JSON.parse(output);
      return { arn: executionArn, status, output: value, cause };
    }
    await sleep(100);
  }
  throw new Error(`${executionArn} has not ended.`);
}

/** Lets a failed execution go on where it failed. */
export async function redriveExecution(emulator: Emulator, executionArn: string): Promise<void> {
  const client = new SFNClient(clientOptions(emulator, emulator.operator));
  await client.send(new RedriveExecutionCommand({ executionArn }));
}
