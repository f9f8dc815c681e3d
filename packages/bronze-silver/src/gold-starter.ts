/** Starts a gold run after new silver: one message for each span of time, however many objects it has. */

import { goldStartsGroup } from "@lakehouse/lake/variables";

/** Where messages go, and how often. */
export interface GoldStartSettings {
  /** The address of a FIFO queue, which holds each message back for `seconds`. */
  readonly queue: string;
  readonly seconds: number;
}

/** Sends a message, unless the queue has had one with this id in the last five minutes. */
export type SendOnce = (id: string) => Promise<void>;

/**
 * Asks for gold runs.
 *
 * The first silver of a span sends a message. It is held back as long as a span takes, so it starts a run only when the span is
 * over, and that run finds all silver of the span. All processes count the same spans, and the queue drops repetitions.
 */
export class GoldStarter {
  readonly #seconds: number;
  readonly #send: SendOnce;
  readonly #now: () => number;
  #sent: number | undefined;

  constructor(seconds: number, send: SendOnce, now: () => number = Date.now) {
    this.#seconds = seconds;
    this.#send = send;
    this.#now = now;
  }

  /** Call it after the silver has been written. A failure concerns only the start: the schedule's next run reads the silver. */
  async start(): Promise<void> {
    const span = Math.floor(this.#now() / (this.#seconds * 1_000));
    if (span !== this.#sent) {
      await this.#send(`silver-${this.#seconds}-${span}`);
      this.#sent = span;
    }
  }
}

/** Sends to a queue of SQS. Its client is loaded by the first message. */
export function sendTo(queue: string): SendOnce {
  const load = async () => {
    const { SQSClient, SendMessageCommand } = await import("@aws-sdk/client-sqs");
    // The silver is done: a network without a way to SQS must not use up the invocation's time.
    const requestHandler = { connectionTimeout: 2_000, requestTimeout: 5_000 };
    return { client: new SQSClient({ maxAttempts: 2, requestHandler }), SendMessageCommand };
  };
  let loading: ReturnType<typeof load> | undefined;
  return async (id) => {
    loading ??= load();
    const { client, SendMessageCommand } = await loading;
    await client.send(
      new SendMessageCommand({
        QueueUrl: queue,
        MessageBody: id,
        MessageGroupId: goldStartsGroup,
        MessageDeduplicationId: id,
      }),
    );
  };
}
