/** Starts the queries of a run. A start that Athena has no room for is repeated later, with the same token. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { QueryRefusedError, type QueryService } from "../../engine/athena/query-service.ts";
import { AthenaModelError } from "../../errors.ts";
import { type Attempt, readAttempt, writeAttempt } from "../../state/athena-attempt.ts";
import { checkRefusal, failedAttempt, failureOf, refusal } from "./failures.ts";

const minute = 60_000;
const firstPause = 1_000;

/** A query that Athena has no room for. All in milliseconds. */
interface Busy {
  /** When it was first refused. */
  readonly first: number;
  /** When to start it again. */
  readonly at: number;
  readonly pause: number;
}

/** Where queries are started, and where their attempts are kept. */
export interface QueryStarterInput {
  readonly gold: ObjectStore;
  readonly service: QueryService;
  /** For how many minutes a start is repeated. */
  readonly mostMinutes: number;
  readonly now: () => Date;
}

/** The starts of one run. */
export class QueryStarter {
  readonly #input: QueryStarterInput;
  /** By token. */
  readonly #later = new Map<string, Busy>();

  constructor(input: QueryStarterInput) {
    this.#input = input;
  }

  /**
   * Starts a query of an attempt.
   *
   * @param statement Its own, or that of a check.
   * @returns The id of the query; undefined if Athena has no room for it now.
   * @throws AthenaModelError if Athena refuses the query, or has had no room for it for too long.
   */
  async start(
    model: string,
    attempt: Attempt,
    statement: Pick<Attempt, "sql" | "token">,
  ): Promise<string | undefined> {
    const { service, mostMinutes } = this.#input;
    const now = this.#input.now();
    const time = now.getTime();
    const later = this.#later.get(statement.token) ?? { first: time, at: time, pause: firstPause };
    if (time < later.at) {
      return undefined;
    }
    try {
      return await service.start(statement.sql, statement.token);
    } catch (error) {
      if (!(error instanceof QueryRefusedError)) {
        throw error;
      }
      if (!error.isRetryable) {
        throw statement.token === attempt.token
          ? await this.#refused(model, attempt, error)
          : // The rows are paid for, so the next run starts the check of the same ones.
            failureOf(model, failedAttempt(attempt, checkRefusal, now, 0), error.message);
      }
      if (time - later.first > mostMinutes * minute) {
        throw new AthenaModelError(
          model,
          `Athena had no room for its query for ${mostMinutes} minutes`,
          "Ask AWS for a higher quota of active DML queries, or run again when fewer run.",
        );
      }
      // The same token again: Athena may have started it after all.
      const pause = Math.min(later.pause * 2, minute);
      this.#later.set(statement.token, { ...later, at: time + pause, pause });
      return undefined;
    }
  }

  async #refused(
    model: string,
    attempt: Attempt,
    { message }: QueryRefusedError,
  ): Promise<AthenaModelError> {
    const { gold, now } = this.#input;
    const found = await readAttempt(gold, model);
    // Each run tries it again: a query that does not start costs nothing.
    const failed = failedAttempt(attempt, refusal, now(), 0);
    if (found?.attempt?.token === attempt.token) {
      await writeAttempt(gold, model, failed, found.etag);
    }
    return failureOf(model, failed, message);
  }
}
