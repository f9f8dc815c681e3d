/** What an operator does with dead letters: looks at them, restores what was deleted, and sends them again. */
import { DeleteObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import {
  type Message,
  ReceiveMessageCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import type { System } from "../../src/system.ts";

async function received({ sqs, deployment }: System): Promise<readonly Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: deployment.deadLetters.url,
      MaxNumberOfMessages: 10,
      // They stay visible.
      VisibilityTimeout: 0,
    }),
  );
  return Messages;
}

/** The bodies of the messages in the dead-letter queue. */
export async function deadLetters(system: System): Promise<string[]> {
  return (await received(system)).map(({ Body = "" }) => Body);
}

/** Sends the dead letters back, as docs/operations.md tells. */
export async function redrive({ sqs, deployment }: System): Promise<void> {
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deployment.deadLetters.arn }));
}

/** Makes deleted bronze objects visible again: the bucket has kept their versions. No event tells of it. */
export async function restoreBronze({ s3, lake }: System): Promise<void> {
  const { bronze } = lake.buckets;
  const { DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bronze }));
  for (const { Key, VersionId, IsLatest } of DeleteMarkers) {
    if (IsLatest === true) {
      await s3.send(new DeleteObjectCommand({ Bucket: bronze, Key, VersionId }));
    }
  }
}
