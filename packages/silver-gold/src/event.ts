/** The events that start this function. */
import { taskPrefix } from "@lakehouse/lake/keys";
import * as z from "zod";
import { UnknownEventError } from "./errors.ts";

const request = z.strictObject({
  rebuild: z.boolean().optional(),
  prune: z.boolean().optional(),
  acceptDecrease: z.array(z.string()).optional(),
});
/** What the state machine sends that spreads a run over many invocations. A pipe starts it with one request for each message. */
const advance = z.strictObject({
  fanOut: z.strictObject({ execution: z.string() }),
  request: z.union([request, z.array(request).transform(() => ({}))]),
});
/** A task of such a run. */
const task = z.strictObject({ task: z.string().startsWith(taskPrefix) });
/** What a deployment sends: whether Athena takes the queries of its models. */
const validation = z.strictObject({ validate: z.literal(true) });
/** What EventBridge rules send, and EventBridge Scheduler if its target has no input. */
const scheduled = z.object({
  source: z.enum(["aws.scheduler", "aws.events"]),
  "detail-type": z.literal("Scheduled Event"),
});

/** Messages that start a run: of the schedule, and of bronze-silver after new silver. All ask for the same. */
const messages = z.object({
  Records: z.array(z.object({ eventSource: z.literal("aws:sqs") })).min(1),
});

/** What an event asks for. */
export interface Request {
  readonly rebuild: boolean;
  /** Whether to remove tables and models from gold that the catalog no longer defines. */
  readonly prune: boolean;
  /** The names of tables and models that may lose more rows in this run than their checks allow. */
  readonly acceptDecrease: readonly string[];
  /** The execution of the state machine that has the tasks of this run done; undefined if the run does everything itself. */
  readonly execution?: string;
}

/** The key of the task that an event asks for; undefined for other events. */
export function taskOf(event: unknown): string | undefined {
  return task.safeParse(event).data?.task;
}

/** Whether an event asks to validate models, and for no run. */
export function asksToValidate(event: unknown): boolean {
  return validation.safeParse(event).success;
}

/** @throws UnknownEventError for an event that no trigger of this function sends. */
export function parseEvent(event: unknown): Request {
  if (scheduled.safeParse(event).success || messages.safeParse(event).success) {
    return { rebuild: false, prune: false, acceptDecrease: [] };
  }
  const { data: asked } = advance.safeParse(event);
  const parsed = request.safeParse(asked === undefined ? event : asked.request);
  if (!parsed.success) {
    throw new UnknownEventError(z.prettifyError(parsed.error).replaceAll(/\s+/g, " "));
  }
  const { rebuild = false, prune = false, acceptDecrease = [] } = parsed.data;
  return {
    rebuild,
    prune,
    acceptDecrease,
    ...(asked && { execution: asked.fanOut.execution }),
  };
}
