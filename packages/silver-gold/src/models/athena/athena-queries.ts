/** The queries of Athena that build models: a run starts them over what is published, waits, and takes the rows of those that end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { QueryStatus } from "../../engine/athena/query-service.ts";
import type { Engine } from "../../engine/engine.ts";
import { AthenaModelsError } from "../../errors.ts";
import {
  type Attempt,
  attemptKey,
  isSpent,
  readAttempt,
  type SeenAttempt,
  writeAttempt,
} from "../../state/athena-attempt.ts";
import { FileLists } from "../../state/file-list.ts";
import { emptyRecord, type RunRecord, readRunRecord } from "../../state/run-record.ts";
import type { ResolvedModel } from "../model-graph.ts";
import {
  type AthenaModelRun,
  type AthenaOptions,
  type AthenaResult,
  type AthenaResults,
  modelRun,
  type Usage,
} from "./athena-run.ts";
import { isDue, isOutdated, isReady, isSameBuild, type Moment } from "./due.ts";
import {
  cancellation,
  expiry,
  failedAttempt,
  failureOf,
  forgotten,
  lateness,
  missingFiles,
  type Problem,
  queryFailure,
} from "./failures.ts";
import { newAttempt } from "./new-attempt.ts";
import { isExpired, pinsOf } from "./pins.ts";
import { isRemote, readinessOf } from "./readiness.ts";
import { resultOf } from "./result-files.ts";
import { QueryStarter } from "./start-query.ts";

/** What the queries are for. */
export interface AthenaQueriesInput {
  readonly gold: ObjectStore;
  readonly catalog: Catalog;
  /** In build order. */
  readonly models: readonly ResolvedModel[];
  readonly engine: Engine;
  readonly athena: AthenaOptions;
  readonly now: () => Date;
  /** Called each time that it asks for its queries. */
  readonly progress: (done: number, total: number) => void;
  /** Whether there is time to wait, and to take the rows of a query. */
  readonly hasTimeFor: (milliseconds: number) => boolean;
}

const minute = 60_000;
const firstPause = 1_000;
const longestPause = 15_000;

/** What to do with a model next. */
type Step =
  | { readonly kind: "result"; readonly result: AthenaResult }
  | { readonly kind: "running" }
  | { readonly kind: "waiting" }
  | { readonly kind: "done" };

const running: Step = { kind: "running" };
const waiting: Step = { kind: "waiting" };
const done: Step = { kind: "done" };

/** The queries of one run. */
export class AthenaQueries {
  readonly #input: AthenaQueriesInput;
  readonly #models: readonly ResolvedModel[];
  readonly #runs = new Map<string, AthenaModelRun>();
  readonly #failures: unknown[] = [];
  /** Models for which this run has done what it can. */
  readonly #over = new Set<string>();
  /** Models for which this run has started a query. */
  readonly #started = new Set<string>();
  /** The tokens of attempts whose rows this run was offered. */
  readonly #offered = new Set<string>();
  readonly #starter: QueryStarter;
  readonly #mostMinutes: number;

  constructor(input: AthenaQueriesInput) {
    const { gold, now, athena } = input;
    const { service, mostMinutes = 60 } = athena;
    this.#input = input;
    this.#mostMinutes = mostMinutes;
    this.#starter = new QueryStarter({ gold, service, mostMinutes, now });
    this.#models = input.models.filter(({ model }) => isRemote(model));
  }

  /** What became of each model that this run did something for. */
  get runs(): readonly AthenaModelRun[] {
    return [...this.#runs.values()];
  }

  /** Why models were not built; undefined if none has failed. */
  get failure(): unknown {
    const [first, ...more] = this.#failures;
    return more.length === 0 ? first : new AthenaModelsError(this.#failures);
  }

  /**
   * Starts what has to be built, and waits until queries have ended, but only for a minute at a time: meanwhile there may be new
   * silver.
   *
   * @returns Their rows. Undefined if this run gets no more.
   */
  async next(): Promise<AthenaResults | undefined> {
    if (this.#models.length === 0) {
      return undefined;
    }
    const moment = await this.#moment();
    let waited = 0;
    for (let pause = firstPause; ; pause = Math.min(pause * 1.5, longestPause)) {
      const results = new Map<string, AthenaResult>();
      const busy = new Set<string>();
      let isRunning = false;
      for (const resolved of this.#models) {
        const { name } = resolved.model;
        const step = await this.#tryStep(resolved, moment, busy);
        if (step.kind === "result" && !this.#offered.has(step.result.attempt.token)) {
          results.set(name, step.result);
        }
        if (step.kind !== "done") {
          busy.add(name);
        }
        isRunning ||= step.kind === "running";
      }
      this.#input.progress(this.#models.length - busy.size, this.#models.length);
      const usable = this.#usable(results, moment.record);
      if (usable.size === 0 && !isRunning) {
        return undefined;
      }
      if (usable.size > 0 || waited >= minute) {
        for (const { attempt } of usable.values()) {
          this.#offered.add(attempt.token);
        }
        return usable;
      }
      if (!this.#input.hasTimeFor(pause)) {
        return undefined;
      }
      waited += pause;
      await (this.#input.athena.wait ?? sleep)(pause);
    }
  }

  /** Notes that the rows of a query are published. */
  built(model: string, { query, bytesScanned, milliseconds }: AthenaResult): void {
    this.#runs.set(model, { model, state: "built", query, bytesScanned, milliseconds });
  }

  /** Notes that a run refused the rows of a query, because of the rows. */
  async refused(model: string, result: AthenaResult, error: unknown): Promise<void> {
    const { attempt } = result;
    const found = await readAttempt(this.#input.gold, model);
    if (found?.attempt?.token === attempt.token) {
      await writeAttempt(this.#input.gold, model, { ...attempt, isRefused: true }, found.etag);
    }
    // A later run looks at the same rows again, for which Athena charges nothing.
    this.#fail(model, error, attempt, attempt.isRefused ? undefined : result);
  }

  /** Results whose checks can be run: they may read models that Athena has not built yet. */
  #usable(results: AthenaResults, record: RunRecord): AthenaResults {
    const names = new Set(results.keys());
    const { waiting: held } = readinessOf(this.#input.models, record, names, new Set());
    return new Map([...results].filter(([name]) => !held.has(name)));
  }

  async #moment(): Promise<Moment> {
    const { gold } = this.#input;
    const record = (await readRunRecord(gold))?.record ?? emptyRecord;
    const names = new Set(this.#models.flatMap(({ reads }) => reads));
    return { record, pins: await pinsOf(new FileLists(gold), record, names) };
  }

  /** An error of one model does not keep others from being built. */
  async #tryStep(
    resolved: ResolvedModel,
    moment: Moment,
    busy: ReadonlySet<string>,
  ): Promise<Step> {
    const { name } = resolved.model;
    if (this.#over.has(name)) {
      return done;
    }
    try {
      return await this.#step(resolved, moment, busy);
    } catch (error) {
      return this.#fail(name, error);
    }
  }

  async #step(resolved: ResolvedModel, moment: Moment, busy: ReadonlySet<string>): Promise<Step> {
    const { model } = resolved;
    const { gold } = this.#input;
    const seen = await readAttempt(gold, model.name);
    const attempt = seen?.attempt;
    const isUnspent = attempt !== undefined && !isSpent(attempt, moment.record.models[model.name]);
    if (seen !== undefined && isUnspent && attempt.failure === undefined) {
      if (!isOutdated(resolved, moment, attempt)) {
        return await this.#follow(model.name, { ...seen, attempt });
      }
      await this.#stop(attempt);
    }
    if (!isDue(resolved, moment)) {
      if (isUnspent) {
        // Gold is what the model says, such as after it was changed and changed back.
        await gold.delete(attemptKey(model.name));
      }
      this.#over.add(model.name);
      return done;
    }
    if (!isReady(resolved, moment, this.#input.models, busy)) {
      return this.#note(model.name, waiting);
    }
    const failure = attempt?.failure;
    const isSame = attempt !== undefined && isSameBuild(resolved, moment, attempt);
    if (isSame && failure !== undefined && !this.#isPast(failure.retryAt)) {
      return failure.isFinal
        ? this.#fail(model.name, failureOf(model.name, attempt), attempt)
        : this.#note(model.name, running, attempt);
    }
    if (this.#started.has(model.name) && failure === undefined) {
      // What it reads has changed since this run took its rows. The next run builds it again.
      this.#over.add(model.name);
      return done;
    }
    const number = isSame && failure?.isFinal === false ? attempt.number + 1 : 1;
    const made = await newAttempt(this.#input, resolved, moment.pins, number);
    // The token is in state before Athena gets it, so that a run that ends in between starts the same query, not another.
    const written = await writeAttempt(gold, model.name, made, seen?.etag ?? null);
    this.#started.add(model.name);
    return written === undefined ? running : await this.#follow(model.name, written);
  }

  /** Starts an attempt's query, or asks what became of it. */
  async #follow(name: string, seen: SeenAttempt): Promise<Step> {
    const { gold, athena } = this.#input;
    const { attempt, etag } = seen;
    if (attempt.query === undefined) {
      const query = await this.#starter.start(name, attempt);
      if (query === undefined) {
        return this.#note(name, running, attempt);
      }
      const queriedAt = this.#input.now().toISOString();
      const known = { ...attempt, query, queriedAt };
      await writeAttempt(gold, name, known, etag);
      return this.#note(name, running, known);
    }
    const isLate = this.#isPast(attempt.queriedAt ?? attempt.startedAt, this.#mostMinutes * minute);
    const status = await athena.service.status(attempt.query);
    const fail = async (problem: Problem): Promise<Step> =>
      await this.#failAttempt(name, seen, problem, status);
    switch (status?.state) {
      case undefined:
        return await fail(forgotten(attempt));
      case "running":
        if (isLate) {
          await this.#stop(attempt);
          return await fail(lateness(this.#mostMinutes));
        }
        return this.#note(name, running, attempt, status);
      case "succeeded": {
        const result = await resultOf(gold, name, attempt, status);
        if (result === undefined) {
          return await fail(missingFiles(name, attempt));
        }
        this.#note(name, running, attempt, status);
        return { kind: "result", result };
      }
      case "cancelled":
        return await fail(cancellation(status));
      case "failed": {
        // If it read versions that are gone, there are newer ones.
        const isGone = isExpired((await this.#moment()).pins, attempt.sources);
        return await fail(isGone ? expiry(attempt) : queryFailure(attempt, status));
      }
    }
  }

  async #failAttempt(
    name: string,
    { attempt, etag }: SeenAttempt,
    problem: Problem,
    status?: QueryStatus,
  ): Promise<Step> {
    const failed = failedAttempt(attempt, problem, this.#input.now());
    await writeAttempt(this.#input.gold, name, failed, etag);
    return problem.isFinal
      ? this.#fail(name, failureOf(name, failed, status?.reason), attempt, status)
      : this.#note(name, running, failed, status);
  }

  #fail(model: string, error: unknown, attempt?: Attempt, usage?: Usage): Step {
    this.#failures.push(error);
    this.#over.add(model);
    this.#runs.set(model, modelRun(model, "failed", attempt, usage));
    return done;
  }

  #note(model: string, step: Step, attempt?: Attempt, status?: QueryStatus): Step {
    const isRunning = attempt?.query !== undefined && attempt.failure === undefined;
    const state = isRunning ? "running" : "waiting";
    this.#runs.set(model, modelRun(model, state, attempt, status));
    return step;
  }

  async #stop({ query }: Attempt): Promise<void> {
    if (query !== undefined) {
      await this.#input.athena.service.stop(query);
    }
  }

  #isPast(moment: string, milliseconds = 0): boolean {
    return Date.parse(moment) + milliseconds <= this.#input.now().getTime();
  }
}
