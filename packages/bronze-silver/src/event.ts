/** The events that start this function, and the bronze keys that they name. */
import * as z from "zod";
import { UnknownEventError } from "./errors.ts";

const s3Notification = z.object({
  Records: z.array(
    z.object({
      eventSource: z.literal("aws:s3"),
      eventName: z.string().startsWith("ObjectCreated:"),
      s3: z.object({ object: z.object({ key: z.string().min(1) }) }),
    }),
  ),
});
const eventBridgeEvent = z.object({
  source: z.literal("aws.s3"),
  "detail-type": z.literal("Object Created"),
  detail: z.object({ object: z.object({ key: z.string().min(1) }) }),
});
const replayed = z.object({ replay: z.string() });
const testEvent = z.object({ Event: z.literal("s3:TestEvent") });
const keysEvent = z.strictObject({ keys: z.array(z.string().min(1)) });
const catchUpEvent = z.strictObject({});
const sqsEvent = z.object({
  Records: z
    .array(
      z.object({
        eventSource: z.literal("aws:sqs"),
        messageId: z.string().min(1),
        body: z.string(),
      }),
    )
    .min(1),
});

/** One message of an SQS batch. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
}

/** What a message asks for. */
export interface Notification {
  /** Bronze keys. */
  readonly keys: readonly string[];
  /** The replay that sent the message; undefined if S3 did. */
  readonly replay: string | undefined;
}

/** What an event requests. */
export type Request =
  | { readonly kind: "messages"; readonly messages: readonly Message[] }
  | { readonly kind: "keys"; readonly keys: readonly string[] }
  | { readonly kind: "catch-up" };

/** @throws UnknownEventError for an event that no trigger of this function sends. */
export function parseEvent(event: unknown): Request {
  const sqs = sqsEvent.safeParse(event);
  if (sqs.success) {
    return { kind: "messages", messages: sqs.data.Records };
  }
  if (catchUpEvent.safeParse(event).success) {
    return { kind: "catch-up" };
  }
  const keys = keysEvent.safeParse(event);
  return { kind: "keys", keys: keys.success ? keys.data.keys : notifiedKeys(event) };
}

/**
 * Reads a message's body.
 *
 * @throws UnknownEventError if the body is not an S3 notification.
 */
export function notificationOf({ body }: Message): Notification {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    throw new UnknownEventError("the body of an SQS message is not JSON");
  }
  return { keys: notifiedKeys(event), replay: replayed.safeParse(event).data?.replay };
}

/** The body of the message by which a replay has an object processed again: S3's notification, and the replay's id. */
export function replayMessage(key: string, replay: string): string {
  const record = {
    eventSource: "aws:s3",
    eventName: "ObjectCreated:Put",
    s3: { object: { key: encodeURIComponent(key) } },
  };
  return JSON.stringify({ Records: [record], replay });
}

function notifiedKeys(event: unknown): string[] {
  if (testEvent.safeParse(event).success) {
    return [];
  }
  const eventBridge = eventBridgeEvent.safeParse(event);
  if (eventBridge.success) {
    return [eventBridge.data.detail.object.key];
  }
  const s3 = s3Notification.safeParse(event);
  if (!s3.success) {
    const [issue] = s3.error.issues;
    throw new UnknownEventError(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  return [...new Set(s3.data.Records.map((record) => decodeKey(record.s3.object.key)))];
}

/** S3 notifications encode keys as HTML forms do: a space is `+`, a plus `%2B`. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    throw new UnknownEventError("the key of an S3 notification is not URL-encoded");
  }
}
