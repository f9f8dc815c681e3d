/** What an operator does with dead letters: looks at them, restores what was deleted, and sends them again. */
import { DeleteObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
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

/** Moves the dead letters back, as SQS's redrive does, which the emulator does not have. */
export async function redrive(system: System): Promise<void> {
  const { sqs, deployment } = system;
  for (const { Body, ReceiptHandle } of await received(system)) {
    await sqs.send(
      new SendMessageCommand({ QueueUrl: deployment.mapping.queue.url, MessageBody: Body }),
    );
    await sqs.send(
      new DeleteMessageCommand({ QueueUrl: deployment.deadLetters.url, ReceiptHandle }),
    );
  }
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
