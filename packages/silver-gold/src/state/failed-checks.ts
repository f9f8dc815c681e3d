/** The checks that failed in a run after the last one that committed. It is a note for people, and no run reads it. */
import { text } from "node:stream/consumers";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { statePrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import * as z from "zod";
import type { CheckFailedError } from "../errors.ts";
import { readRunRecord } from "./run-record.ts";

/** Where it is, in the gold store. */
export const failedChecksKey = `${statePrefix}failed-checks.json`;

const schema = z.object({
  /** When the run failed. */
  at: z.string(),
  /** The number of the last run that had committed. */
  after: z.number(),
  checks: z.array(
    z.object({
      /** The model, or the table. */
      model: z.string(),
      check: z.string(),
      failing: z.number(),
    }),
  ),
});

/** Failed checks. They contain no records. */
export type FailedChecks = z.infer<typeof schema>;

/** Writes the note. That it can't be written is no error: the run's own error matters more. */
export async function noteFailedChecks(
  gold: ObjectStore,
  { failures }: CheckFailedError,
  now: Date,
): Promise<void> {
  try {
    const note: FailedChecks = {
      at: now.toISOString(),
      after: (await readRunRecord(gold))?.record.sequence ?? 0,
      checks: failures.map(({ model, check, failing }) => ({ model, check, failing })),
    };
    await gold.put(failedChecksKey, Buffer.from(`${JSON.stringify(note)}\n`));
  } catch {
    // The run's error follows.
  }
}

/** The checks that failed since a run committed; undefined if none did, or if the note can't be understood. */
export async function readFailedChecks(
  gold: ObjectStore,
  sequence: number,
): Promise<FailedChecks | undefined> {
  try {
    const note = schema.parse(JSON.parse(await text(await gold.read(failedChecksKey))));
    return note.after === sequence ? note : undefined;
  } catch (error) {
    if (
      error instanceof ObjectNotFoundError ||
      error instanceof SyntaxError ||
      error instanceof z.ZodError
    ) {
      return undefined;
    }
    throw error;
  }
}
