/** The errors of replays on a deployed queue. */
import { LakehouseError } from "@lakehouse/transforms/errors";

/** Two commands send the same replay. */
export class ReplayTakenError extends LakehouseError {
  override readonly name = "ReplayTakenError";
  readonly code = "REPLAY_TAKEN";
  readonly kind = "usage";

  constructor(id: string) {
    super(
      `Another command is sending the replay ${id}. `,
      `Let it send, and follow it: lakehouse replay --status ${id}`,
    );
  }
}

/** AWS refused or failed a request about the queue of replays. */
export class ReplayQueueError extends LakehouseError {
  override readonly name = "ReplayQueueError";
  readonly code = "REPLAY_QUEUE";
  readonly kind = "fault";

  constructor(problem: string, hint: string, options?: ErrorOptions) {
    super(`${problem}. `, hint, options);
  }
}
