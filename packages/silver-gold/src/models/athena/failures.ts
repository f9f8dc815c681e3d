/** Why an attempt to build a model on Athena fails, and when a run tries again. */
import type { QueryStatus } from "../../engine/athena/query-service.ts";
import { AthenaModelError } from "../../errors.ts";
import { type Attempt, attemptFolder, attemptKey } from "../../state/athena-attempt.ts";

/** The most attempts with the same query over the same rows, if Athena says that another may succeed. */
const mostAttempts = 4;
/** A query that has failed for good may succeed once somebody has changed a limit. Each try may cost as much as a success. */
const pauseAfterFailure = 24 * 60 * 60_000;

type Failure = NonNullable<Attempt["failure"]>;

/** Why an attempt fails. */
export type Problem = Pick<Failure, "problem" | "hint" | "isFinal">;

/**
 * The attempt, with its failure.
 *
 * @param pause How many milliseconds later a run may try again.
 */
export function failedAttempt(
  attempt: Attempt,
  { problem, hint, isFinal }: Problem,
  now: Date,
  pause: number = isFinal ? pauseAfterFailure : 5_000 * 2 ** attempt.number,
): Attempt {
  const retryAt = new Date(now.getTime() + pause).toISOString();
  return { ...attempt, failure: { problem, hint, at: now.toISOString(), retryAt, isFinal } };
}

/**
 * The error of a model whose attempt has failed.
 *
 * @param detail Athena's message, for people only.
 */
export function failureOf(
  model: string,
  { failure, query }: Attempt,
  detail?: string,
): AthenaModelError {
  const { problem = "", hint = "", at, retryAt = "" } = failure ?? {};
  const again =
    retryAt === at
      ? "Each run tries it again."
      : `Runs try it again when what it reads or its query changes, at the latest after ${retryAt}. To try at once, remove ${attemptKey(model)} from the gold bucket.`;
  return new AthenaModelError(model, problem, `${hint} ${again}`, query, detail);
}

/** Athena does not start the query. */
export const refusal: Problem = {
  problem: "Athena refuses its query",
  hint: "Fix the query or the workgroup, or give the model its own SQL for Athena: engine: athena({ sql }).",
  isFinal: true,
};

/** Athena does not start the query of a check. */
export const checkRefusal: Problem = {
  problem: "Athena refuses one of its checks",
  hint: "Write the check in another way, or fix the workgroup.",
  isFinal: true,
};

/** Athena has no query with this id. */
export function forgotten(attempt: Attempt): Problem {
  return {
    problem: "Athena does not know its query any longer",
    hint: "Run again: it starts another query.",
    isFinal: isLast(attempt),
  };
}

/** The query has run for too long. */
export function lateness(mostMinutes: number): Problem {
  return {
    problem: `its query took longer than ${mostMinutes} minutes, and was stopped`,
    hint: "Let it read less, or allow it more time: athena.modelMinutes.",
    isFinal: true,
  };
}

/** The query has succeeded, but its rows are incomplete. */
export function missingFiles(model: string, attempt: Attempt): Problem {
  const folder = attemptFolder(model, attempt.token);
  return {
    problem: "files are missing that Athena wrote for it",
    hint: `Run again. If it stays, see what removes objects from ${folder}, such as a lifecycle rule.`,
    isFinal: isLast(attempt),
  };
}

/** What the query wrote can't become the model's. @param isGone Whether something was removed: another attempt may succeed. */
export function untakeable(attempt: Attempt, problem: string, isGone: boolean): Problem {
  return {
    problem,
    hint: isGone
      ? "Run again. If it stays, see what removes tables from the Glue database, or objects from gold."
      : "Give the model other rows or columns, or remove largeOutput.",
    isFinal: !isGone || isLast(attempt),
  };
}

/** The query failed because its versions were removed while it ran. */
export function expiry(attempt: Attempt): Problem {
  return {
    problem: "the versions that its query read are gone",
    hint: "Keep versions for longer than a query takes (retentionDays).",
    isFinal: isLast(attempt),
  };
}

/** The query was stopped, by the workgroup or by somebody. */
export function cancellation({ reason = "" }: QueryStatus): Problem {
  return /bytes scanned limit/i.test(reason)
    ? {
        problem:
          "its query would have scanned more than the workgroup allows, so Athena stopped it",
        hint: "Let it read less (a filter on the partition column), or raise the limit: athena.modelScanLimitMib.",
        isFinal: true,
      }
    : {
        problem: "somebody stopped its query",
        hint: "It is tried again when what it reads has changed, or a day later.",
        isFinal: true,
      };
}

/** The query ran, and failed. */
export function queryFailure(
  attempt: Attempt,
  status: QueryStatus,
  what: string = "its query",
): Problem {
  const code = codeOf(status);
  // Another attempt has a folder of its own.
  const mayRetry = status.isRetryable === true || code.includes("HIVE_PATH_ALREADY_EXISTS");
  return {
    problem: `Athena could not run ${what}${code}`,
    hint: "Read why in Athena's console, under this id. Then fix the query or the setting.",
    isFinal: !mayRetry || isLast(attempt),
  };
}

function isLast({ number }: Attempt): boolean {
  return number >= mostAttempts;
}

/** The code at the start of Athena's message: the rest may contain records. */
function codeOf({ reason = "" }: QueryStatus): string {
  const [, code] = /^([A-Z][A-Z0-9_]{2,}):/.exec(reason) ?? [];
  return code === undefined ? "" : ` (${code})`;
}
