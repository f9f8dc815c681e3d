/** The errors of this package. Each names the object or event, and says what to do. */

import { LakehouseError } from "@lakehouse/transforms/errors";
import { tablesPath } from "@lakehouse/transforms/project";

/** A bronze object is in the folder of a table that has no contract. */
export class UnknownTableError extends LakehouseError {
  override readonly name = "UnknownTableError";
  readonly code = "UNKNOWN_TABLE";
  readonly kind = "usage";

  readonly key: string;

  constructor(key: string, table: string, known: readonly string[]) {
    super(
      `${JSON.stringify(key)}: there is no contract for the table ${JSON.stringify(table)}` +
        `${known.length === 0 ? "" : `, only for ${known.join(", ")}`}. `,
      `Add ${tablesPath}/${table}/contract.ts, or move the object to its table's folder.`,
    );
    this.key = key;
  }
}

/** An event that no trigger of this function sends. */
export class UnknownEventError extends LakehouseError {
  override readonly name = "UnknownEventError";
  readonly code = "UNKNOWN_EVENT";
  readonly kind = "usage";

  /** @param detail What is wrong, without the event's contents. */
  constructor(detail: string) {
    super(
      `bronze-silver does not know this event: ${detail}. `,
      `Send an SQS batch of S3 notifications, an S3 or EventBridge "Object Created" event, {"keys": […]}, or {} to catch up.`,
    );
  }
}

/** The time for an object ran out. */
export class ObjectTimeoutError extends LakehouseError {
  override readonly name = "ObjectTimeoutError";
  readonly code = "OBJECT_TIMEOUT";
  readonly kind = "fault";

  /** @param milliseconds How long it was allowed to take. */
  constructor(key: string, milliseconds: number) {
    const seconds = Math.max(0, milliseconds / 1000).toFixed(1);
    super(
      `${JSON.stringify(key)} was not done after ${seconds} s, its share of the invocation's time. `,
      "If it needs longer, raise bronzeSilver.timeoutSeconds or memoryMib in the environment, or run lakehouse replay.",
    );
  }
}

/** The process that worked on an object ended. */
export class ObjectKilledError extends LakehouseError {
  override readonly name = "ObjectKilledError";
  readonly code = "OBJECT_KILLED";
  readonly kind = "fault";

  /** @param end How it ended: `SIGKILL`. */
  constructor(key: string, end: string) {
    super(
      `The process that worked on ${JSON.stringify(key)} ended (${end}), most likely because memory ran out. `,
      "Raise bronzeSilver.memoryMib in the environment, or run lakehouse replay on a larger machine.",
    );
  }
}

/** Some objects could not be processed. The log says why for each. */
export class ObjectsFailedError extends LakehouseError {
  override readonly name = "ObjectsFailedError";
  readonly code = "OBJECTS_FAILED";
  readonly kind = "fault";

  readonly keys: readonly string[];

  /** @param done How many were processed. @param left How many are left, because time ran out. */
  constructor(keys: readonly string[], done: number, left: number) {
    super(
      `${keys.length} objects failed (${done} were processed, ${left} are left): ${keys.slice(0, 10).join(", ")}${keys.length > 10 ? ", …" : ""}. The log says why. `,
      "Fix that, then send {} to catch up.",
    );
    this.keys = keys;
  }
}
