/** The queries of Athena that build models: a run starts them over what is published, waits, and takes the rows of those that end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import type { QueryStatus } from "../../engine/athena/query-service.ts";
import type { Engine } from "../../engine/engine.ts";
import { AthenaModelsError, type CheckFailure } from "../../errors.ts";
import { inParallel } from "../../in-parallel.ts";
import type { TableCatalog } from "../../publish/table-catalog.ts";
import {
  type Attempt,
  attemptKey,
  type CheckQuery,
  checkFolder,
  isSpent,
  queriesOf,
  readAttempt,
  type SeenAttempt,
  writeAttempt,
} from "../../state/athena-attempt.ts";
import { FileLists } from "../../state/file-list.ts";
import { emptyRecord, type RunRecord, readRunRecord } from "../../state/run-record.ts";
import { Superseded, unlessSuperseded } from "../../state/superseded.ts";
import { checksOfRows } from "../check-query.ts";
import type { ResolvedModel } from "../model-graph.ts";
import { fieldIdsOf } from "../open-model.ts";
import {
  type AthenaModelRun,
  type AthenaOptions,
  type AthenaResult,
  type AthenaResults,
  modelRun,
  type Usage,
  usageOf,
} from "./athena-run.ts";
import {
  areChecksOutdated,
  areChecksReady,
  hasIds,
  isDue,
  isOutdated,
  isReady,
  isSameBuild,
  type Moment,
} from "./due.ts";
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
  untakeable,
} from "./failures.ts";
import { newAttempt } from "./new-attempt.ts";
import { isExpired, pinsOf, sourcesIn } from "./pins.ts";
import { isRemote, readinessOf } from "./readiness.ts";
import { checkFailure, checkQueries, type RemoteChecksInput } from "./remote-checks.ts";
import { addressIn, resultOf, unloadedFiles } from "./result-files.ts";
import { createScratch, filesInScratch, type ScratchInput } from "./scratch-table.ts";
import { QueryStarter } from "./start-query.ts";

/** What the queries are for. */
export interface AthenaQueriesInput {
  readonly gold: ObjectStore;
  readonly catalog: Catalog;
  /** In build order. */
  readonly models: readonly ResolvedModel[];
  readonly engine: Engine;
  readonly athena: AthenaOptions;
  /** Where Athena finds tables. */
  readonly tables: TableCatalog | undefined;
  /** A folder on local disk for files that are read once. */
  readonly directory: string;
  readonly now: () => Date;
  /** Called each time that it asks for its queries. */
  readonly progress: (done: number, total: number) => void;
  /** Whether there is time to wait, and to take the rows of a query. */
  readonly hasTimeFor: (milliseconds: number) => boolean;
}

const minute = 60_000;
const firstPause = 1_000;
const longestPause = 15_000;
/** How many files of the rows that break a check are read at once. */
const sampleFiles = 4;

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
  readonly #lists: FileLists;
  /** What was found in scratch tables, by token. */
  readonly #taken = new Map<string, AthenaResult>();
  readonly #starter: QueryStarter;
  readonly #mostMinutes: number;

  constructor(input: AthenaQueriesInput) {
    const { gold, now, athena } = input;
    const { service, mostMinutes = 60 } = athena;
    this.#input = input;
    this.#mostMinutes = mostMinutes;
    this.#lists = new FileLists(gold);
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
    const names = new Set(
      this.#models.flatMap(({ reads, checkReads }) => [...reads, ...checkReads]),
    );
    for (;;) {
      const { record, etag } = (await readRunRecord(gold)) ?? { record: emptyRecord, etag: null };
      try {
        const look = () => pinsOf(new FileLists(gold), record, names);
        return { record, pins: await unlessSuperseded(gold, etag, look) };
      } catch (error) {
        if (!(error instanceof Superseded)) {
          throw error;
        }
        // What it names may be gone. The later record names what there is.
      }
    }
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
    // What a failure for good has used is counted with it.
    let used = isUnspent && attempt.failure?.isFinal === false ? attempt.used : undefined;
    if (seen !== undefined && isUnspent && attempt.failure === undefined) {
      if (
        !isOutdated(resolved, moment, attempt) &&
        hasIds(attempt, await this.#fieldIds(model, moment))
      ) {
        return await this.#follow(resolved, { ...seen, attempt }, moment);
      }
      await this.#stop(attempt);
      used = await this.#usage(attempt);
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
    const ids = await this.#fieldIds(model, moment);
    const made = await newAttempt(this.#input, resolved, moment.pins, number, used, ids);
    // The token is in state before Athena gets it, so that a run that ends in between starts the same query, not another.
    const written = await writeAttempt(gold, model.name, made, seen?.etag ?? null);
    this.#started.add(model.name);
    return written === undefined ? running : await this.#follow(resolved, written, moment);
  }

  /** The ids of a model's columns, if its rows go to a scratch table. */
  async #fieldIds({ name, engine }: Model, { record }: Moment): Promise<Attempt["fieldIds"]> {
    const model = this.#models.find((each) => each.model.name === name)?.model;
    return model === undefined || engine.kind !== "athena" || engine.largeOutput !== true
      ? undefined
      : await fieldIdsOf(this.#lists, model, record.models[name]);
  }

  /** Starts an attempt's query, or asks what became of it. */
  async #follow(resolved: ResolvedModel, seen: SeenAttempt, moment: Moment): Promise<Step> {
    const { gold } = this.#input;
    const { model } = resolved;
    const { name } = model;
    const { attempt, etag } = seen;
    if (attempt.query === undefined) {
      if (attempt.fieldIds !== undefined) {
        await createScratch(this.#scratch, model, attempt);
      }
      const query = await this.#starter.start(name, attempt, attempt);
      if (query === undefined) {
        return this.#note(name, running, attempt);
      }
      const queriedAt = this.#input.now().toISOString();
      const known = { ...attempt, query, queriedAt };
      await writeAttempt(gold, name, known, etag);
      return this.#note(name, running, known);
    }
    const ended = await this.#ended(name, seen, attempt, "its query");
    if (ended.status === undefined) {
      return ended.step;
    }
    const { status } = ended;
    if (attempt.fieldIds !== undefined) {
      return await this.#takeOver(resolved, seen, status, moment);
    }
    const result = await resultOf(gold, name, attempt, status);
    if (result === undefined) {
      return await this.#failAttempt(name, seen, missingFiles(name, attempt), status);
    }
    this.#note(name, running, attempt, status);
    return { kind: "result", result };
  }

  /**
   * Asks what became of a query of an attempt.
   *
   * @param what What it is, in messages.
   * @returns Its status if it has succeeded.
   */
  async #ended(
    name: string,
    seen: SeenAttempt,
    { query = "", queriedAt }: Pick<Attempt, "query" | "queriedAt">,
    what: string,
  ): Promise<
    | { readonly status: QueryStatus }
    | { readonly status: undefined; readonly step: Step; readonly isOver: boolean }
  > {
    const { attempt } = seen;
    const isLate = this.#isPast(queriedAt ?? attempt.startedAt, this.#mostMinutes * minute);
    const status = await this.#input.athena.service.status(query);
    const fail = async (problem: Problem) => ({
      status: undefined,
      step: await this.#failAttempt(name, seen, problem, status),
      isOver: true,
    });
    switch (status?.state) {
      case undefined:
        return await fail(forgotten(attempt));
      case "running":
        if (isLate) {
          await this.#stop(attempt);
          return await fail(lateness(this.#mostMinutes));
        }
        return {
          status: undefined,
          step: this.#note(name, running, attempt, status),
          isOver: false,
        };
      case "succeeded":
        return { status };
      case "cancelled":
        return await fail(cancellation(status));
      case "failed": {
        // If it read versions that are gone, there are newer ones.
        const sources = { ...attempt.sources, ...attempt.checkSources };
        const isGone = isExpired((await this.#moment()).pins, sources);
        return await fail(isGone ? expiry(attempt) : queryFailure(attempt, status, what));
      }
    }
  }

  /** Has the rows in an attempt's scratch table checked, and then takes its files. @param status What the query has used. */
  async #takeOver(
    resolved: ResolvedModel,
    seen: SeenAttempt,
    status: QueryStatus,
    moment: Moment,
  ): Promise<Step> {
    const { gold } = this.#input;
    const { model } = resolved;
    const { name } = model;
    const { attempt, etag } = seen;
    const checks = areChecksOutdated(resolved, moment, attempt) ? undefined : attempt.checks;
    const known = this.#taken.get(attempt.token);
    if (known !== undefined) {
      return { kind: "result", result: known };
    }
    if (checks === undefined || checks.every(({ query }) => query !== undefined)) {
      const found = await filesInScratch(this.#scratch, model, attempt);
      if (found.problem !== undefined) {
        const problem = untakeable(attempt, found.problem, found.isGone);
        return await this.#failAttempt(name, seen, problem, status);
      }
      if (checks === undefined) {
        return await this.#planChecks(resolved, seen, status, moment);
      }
      const checked = await this.#checked(resolved, seen, checks);
      if ("step" in checked) {
        return checked.step;
      }
      const { failures, statuses } = checked;
      const result: AthenaResult = {
        attempt,
        query: attempt.query ?? "",
        files: [],
        taken: { files: found.files, failures },
        ...usageOf([attempt.used, status, ...statuses]),
      };
      this.#taken.set(attempt.token, result);
      this.#note(name, running, attempt, status);
      return { kind: "result", result };
    }
    const place = checks.findIndex(({ query }) => query === undefined);
    const check = checks[place];
    const query = check && (await this.#starter.start(name, attempt, check));
    if (check === undefined || query === undefined) {
      return this.#note(name, running, attempt, status);
    }
    const queriedAt = this.#input.now().toISOString();
    const next = { ...attempt, checks: checks.with(place, { ...check, query, queriedAt }) };
    const written = await writeAttempt(gold, name, next, etag);
    return written === undefined
      ? running
      : await this.#takeOver(resolved, written, status, moment);
  }

  /** Writes the queries of checks into the attempt, with their tokens, before Athena gets one of them. */
  async #planChecks(
    resolved: ResolvedModel,
    { attempt, etag }: SeenAttempt,
    status: QueryStatus,
    moment: Moment,
  ): Promise<Step> {
    const { gold } = this.#input;
    const { name } = resolved.model;
    if (!areChecksReady(resolved, moment, this.#input.models)) {
      return this.#note(name, waiting, attempt, status);
    }
    const { pins } = moment;
    const checks = await checkQueries(this.#checks, resolved, attempt, pins);
    const others = resolved.checkReads.filter((read) => read !== name);
    const checkSources = sourcesIn(pins, others);
    const written = await writeAttempt(gold, name, { ...attempt, checks, checkSources }, etag);
    return written === undefined
      ? running
      : await this.#takeOver(resolved, written, status, moment);
  }

  /** What the queries of checks have found, once all of them have ended. */
  async #checked(
    resolved: ResolvedModel,
    seen: SeenAttempt,
    checks: readonly CheckQuery[],
  ): Promise<
    | { readonly step: Step }
    | { readonly failures: CheckFailure[]; readonly statuses: readonly QueryStatus[] }
  > {
    const { gold, directory } = this.#input;
    const { model } = resolved;
    const statuses: QueryStatus[] = [];
    let step: Step | undefined;
    for (const check of checks) {
      const of = checksOfRows(model)[check.place];
      const what = `its check ${of === undefined ? check.place : checkName(of)}`;
      const ended = await this.#ended(model.name, seen, check, what);
      if (ended.status !== undefined) {
        statuses.push(ended.status);
      } else if (ended.isOver) {
        return { step: ended.step };
      } else {
        step = ended.step;
      }
    }
    if (step !== undefined) {
      return { step };
    }
    const failures: CheckFailure[] = [];
    for (const [index, { place, token, query = "" }] of checks.entries()) {
      const folder = checkFolder(model.name, seen.attempt.token, token);
      const status = statuses[index];
      const keys = status && (await unloadedFiles(gold, model.name, query, status, folder));
      if (keys === undefined) {
        const problem = missingFiles(model.name, seen.attempt);
        return { step: await this.#failAttempt(model.name, seen, problem, status) };
      }
      const paths = await inParallel(keys, sampleFiles, (key) => gold.download(key, directory));
      const failure = await checkFailure(this.#input, resolved, place, paths);
      failures.push(...(failure === undefined ? [] : [failure]));
    }
    return { failures, statuses };
  }

  get #scratch(): ScratchInput {
    const { gold, tables } = this.#input;
    if (tables === undefined) {
      throw new TypeError("Athena finds tables in a catalog only.");
    }
    return { gold, tables };
  }

  get #checks(): RemoteChecksInput {
    const { gold, catalog, engine, athena } = this.#input;
    const addressOf = (key: string) => addressIn(gold, key);
    return { catalog, engine, database: athena.database, addressOf };
  }

  async #failAttempt(
    name: string,
    { attempt, etag }: SeenAttempt,
    problem: Problem,
    status?: QueryStatus,
  ): Promise<Step> {
    const used = await this.#usage(attempt);
    const failed = { ...failedAttempt(attempt, problem, this.#input.now()), used };
    await writeAttempt(this.#input.gold, name, failed, etag);
    return problem.isFinal
      ? this.#fail(name, failureOf(name, failed, status?.reason), attempt, used)
      : this.#note(name, running, failed, status);
  }

  /** What the queries of an attempt have used, and those before it that no run has counted. */
  async #usage(attempt: Attempt): Promise<Usage> {
    const { service } = this.#input.athena;
    const statuses = await Promise.all(queriesOf(attempt).map((query) => service.status(query)));
    return usageOf([attempt.used, ...statuses]);
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

  async #stop(attempt: Attempt): Promise<void> {
    for (const query of queriesOf(attempt)) {
      await this.#input.athena.service.stop(query);
    }
  }

  #isPast(moment: string, milliseconds = 0): boolean {
    return Date.parse(moment) + milliseconds <= this.#input.now().getTime();
  }
}
