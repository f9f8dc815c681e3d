/** The deployed queue of replays, and the switch that pauses it. */

/** How many objects wait, approximately: SQS counts what several servers hold. */
export interface QueueCounts {
  /** Objects to process, of all replays, with those in progress and those that are tried again later. */
  readonly waiting: number;
  /** Objects that failed five times. */
  readonly failed: number;
}

/** The queue of an environment's replays. */
export interface ReplayQueue {
  /**
   * Sends up to `messagesPerSend` messages.
   *
   * @returns The positions of those that the queue did not take, and that may be sent again.
   */
  send(bodies: readonly string[]): Promise<readonly number[]>;
  counts(): Promise<QueueCounts>;
  isPaused(): Promise<boolean>;
  pause(): Promise<void>;
  /** @returns Whether it goes on now. It does not while the whole lakehouse is paused. */
  resume(): Promise<boolean>;
}

/** SQS's limit. */
export const messagesPerSend = 10;
