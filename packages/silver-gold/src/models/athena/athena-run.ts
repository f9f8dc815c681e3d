/** How a run uses Athena, and what became of the models that Athena builds. */
import type { QueryService, QueryStatus } from "../../engine/athena/query-service.ts";
import type { CheckFailure } from "../../errors.ts";
import type { Attempt } from "../../state/athena-attempt.ts";
import type { TakenFile } from "../../state/taken-files.ts";

/** Athena, as a run uses it. */
export interface AthenaOptions {
  readonly service: QueryService;
  /** The database of Glue with the lake's tables. */
  readonly database: string;
  /** The most minutes that a query may take, from its start. Default 60. */
  readonly mostMinutes?: number | undefined;
  /** Waits between two questions to Athena. Default: for this number of milliseconds. */
  readonly wait?: ((milliseconds: number) => Promise<unknown>) | undefined;
}

/**
 * What became of a model that Athena builds:
 *
 * - `built`: the run has published its rows.
 * - `running`: its query goes on, and a later run takes its rows.
 * - `waiting`: it was not started, or has to be started again later.
 * - `failed`: its last version stays.
 */
export interface AthenaModelRun {
  readonly model: string;
  readonly state: "built" | "running" | "waiting" | "failed";
  /** The id of the query. */
  readonly query?: string | undefined;
  /** By the query so far, and by attempts before it that failed. */
  readonly bytesScanned: number;
  readonly milliseconds: number;
  /** When the attempt began. */
  readonly since?: string | undefined;
}

/** Rows that nobody here reads: Athena has checked them, too. */
export interface TakenRows {
  readonly files: readonly TakenFile[];
  readonly failures: readonly CheckFailure[];
}

/** What a query has used. */
export type Usage = Pick<QueryStatus, "bytesScanned" | "milliseconds">;

/** What several queries have used. */
export function usageOf(all: readonly (Usage | undefined)[]): Usage {
  return {
    bytesScanned: all.reduce((sum, each) => sum + (each?.bytesScanned ?? 0), 0),
    milliseconds: all.reduce((sum, each) => sum + (each?.milliseconds ?? 0), 0),
  };
}

/** What became of a model, by its last attempt. */
export function modelRun(
  model: string,
  state: AthenaModelRun["state"],
  attempt?: Attempt,
  usage?: Usage,
): AthenaModelRun {
  return {
    model,
    state,
    query: attempt?.query,
    bytesScanned: usage?.bytesScanned ?? 0,
    milliseconds: usage?.milliseconds ?? 0,
    since: attempt?.startedAt,
  };
}

/** The rows of a query that has ended. */
export interface AthenaResult {
  readonly attempt: Attempt;
  readonly query: string;
  /** The keys of its files, in the gold store. */
  readonly files: readonly string[];
  /** The files that become the model's as they are, instead. */
  readonly taken?: TakenRows;
  readonly bytesScanned: number;
  readonly milliseconds: number;
}

/** The rows of queries that have ended, by model. */
export type AthenaResults = ReadonlyMap<string, AthenaResult>;
