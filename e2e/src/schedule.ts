/** Stands in for EventBridge Scheduler: invokes a function, or sends a message, with the schedule's role and input. */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Outcome } from "@lakehouse/docker/testing/execution-environment";
import { clientOptions } from "./clients.ts";
import type { DeployedSchedule } from "./deployment.ts";
import type { FunctionProcess } from "./function-process.ts";
import { assumeRole } from "./roles.ts";
import type { System } from "./system.ts";

const scheduler = "scheduler.amazonaws.com";

/**
 * Invokes the function of a schedule once. The emulator only checks the permission; the process does the work.
 *
 * @throws AccessDeniedException if the schedule's role may not invoke the function.
 */
export async function invokeBy(
  { emulator }: System,
  { targetArn, roleArn, input }: DeployedSchedule,
  { environment }: FunctionProcess,
): Promise<Outcome> {
  const credentials = await assumeRole(emulator, roleArn, scheduler);
  const lambda = new LambdaClient(clientOptions(emulator, credentials));
  await lambda.send(
    new InvokeCommand({ FunctionName: targetArn, Payload: Buffer.from(JSON.stringify(input)) }),
  );
  return await environment.invoke(input);
}

/**
 * Sends the message of the gold schedule once.
 *
 * @throws AccessDenied if the schedule's role may not send it.
 */
export async function sendBySchedule(
  { emulator, deployment: { schedule } }: System,
  at: Date,
): Promise<void> {
  const { messages, roleArn, input } = schedule;
  const credentials = await assumeRole(emulator, roleArn, scheduler);
  const sqs = new SQSClient(clientOptions(emulator, credentials));
  const body = JSON.stringify(input).replace("<aws.scheduler.scheduled-time>", at.toISOString());
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: messages?.queue.url,
      MessageBody: body,
      MessageGroupId: messages?.group,
    }),
  );
}
