/** What an operator does with dead letters: lists them, restores deleted objects, redrives. */
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

/** Redrives the dead letters, as in docs/operations.md. */
export async function redrive({ sqs, deployment }: System): Promise<void> {
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deployment.deadLetters.arn }));
}

/** Restores deleted bronze objects, whose versions the bucket kept. This sends no event. */
export async function restoreBronze({ s3, lake }: System): Promise<void> {
  const { bronze } = lake.buckets;
  const { DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bronze }));
  for (const { Key, VersionId, IsLatest } of DeleteMarkers) {
    if (IsLatest === true) {
      await s3.send(new DeleteObjectCommand({ Bucket: bronze, Key, VersionId }));
    }
  }
}
