/** Stands in for Lambda's event source mapping: takes batches from a queue, invokes the function, deletes what succeeded. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type {
  ExecutionEnvironment,
  Outcome,
} from "@lakehouse/docker/testing/execution-environment";
import * as z from "zod";
import { clientOptions, region } from "./clients.ts";
import type { DeployedMapping } from "./deployment.ts";
import type { Credentials } from "./emulator.ts";

/** The outcome of one batch. */
export interface Batch {
  /** The bodies of its messages. */
  readonly bodies: readonly string[];
  /** The bodies of those that failed and stay in the queue. */
  readonly failed: readonly string[];
  readonly outcome: Outcome;
}

const response = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});

/** A mapping between a queue and an execution environment of a function. */
export class EventSourceMapping {
  readonly #sqs: SQSClient;
  readonly #operator: SQSClient;
  readonly #mapping: DeployedMapping;
  readonly #function: ExecutionEnvironment;

  /**
   * @param credentials The function's role's, with which Lambda receives messages.
   * @param operator Ends the visibility timeout of failed messages, which no role may do.
   */
  constructor(
    mapping: DeployedMapping,
    execution: ExecutionEnvironment,
    endpoint: string,
    credentials: Credentials,
    operator: SQSClient,
  ) {
    this.#sqs = new SQSClient(clientOptions({ endpoint }, credentials));
    this.#operator = operator;
    this.#mapping = mapping;
    this.#function = execution;
  }

  /**
   * Passes one batch of messages to the function. Failed messages come back at once, so no test waits for the queue's
   * visibility timeout.
   *
   * @returns undefined if there was no message.
   */
  async poll(): Promise<Batch | undefined> {
    const { queue, batchSize } = this.#mapping;
    const { Messages: messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: batchSize,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
    );
    if (messages.length === 0) {
      return undefined;
    }
    const event = { Records: messages.map((message) => recordOf(message, queue.arn)) };
    const outcome = await this.#function.invoke(event);
    const failures = this.#failures(outcome, messages);
    const [failed, done] = [true, false].map((which) =>
      messages.filter(({ MessageId = "" }) => failures.has(MessageId) === which),
    ) as [Message[], Message[]];
    await this.#delete(done);
    await this.#endTimeout(failed);
    return { bodies: messages.map(bodyOf), failed: failed.map(bodyOf), outcome };
  }

  /**
   * Takes batches until the queue is empty, but no more than `enough`.
   *
   * @returns All batches.
   */
  async drain(enough = 200): Promise<readonly Batch[]> {
    const batches: Batch[] = [];
    while (batches.length < enough) {
      const batch = await this.poll();
      if (batch === undefined) {
        return batches;
      }
      batches.push(batch);
    }
    return batches;
  }

  /** The whole batch fails if the function fails, or does not answer with a list of failures. */
  #failures(outcome: Outcome, messages: readonly Message[]): ReadonlySet<string> {
    const all = new Set(messages.map(({ MessageId = "" }) => MessageId));
    if (outcome.kind !== "succeeded") {
      return all;
    }
    if (!this.#mapping.reportsFailures) {
      return new Set();
    }
    if (outcome.response === null) {
      return new Set();
    }
    const parsed = response.safeParse(outcome.response);
    if (!parsed.success) {
      return all;
    }
    const failures = parsed.data.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    return failures.every((id) => all.has(id)) ? new Set(failures) : all;
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) {
      return;
    }
    await this.#sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: this.#mapping.queue.url,
        Entries: messages.map(entryOf),
      }),
    );
  }

  async #endTimeout(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) {
      return;
    }
    await this.#operator.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.#mapping.queue.url,
        Entries: messages.map((message) => ({ ...entryOf(message), VisibilityTimeout: 0 })),
      }),
    );
  }
}

function recordOf(message: Message, eventSourceARN: string): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: {},
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN,
    awsRegion: region,
  };
}

function entryOf({ MessageId, ReceiptHandle }: Message) {
  return { Id: MessageId, ReceiptHandle };
}

function bodyOf({ Body = "" }: Message): string {
  return Body;
}
