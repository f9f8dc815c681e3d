/** The queries of Athena that build models: a run starts them over what is published, waits, and takes the rows of those that end. */
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { athenaResultsPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import {
  QueryRefusedError,
  type QueryService,
  type QueryStatus,
} from "../../engine/athena/query-service.ts";
import { mostStatementBytes, unloadStatement } from "../../engine/athena/statement.ts";
import type { Engine } from "../../engine/engine.ts";
import { AthenaModelError, AthenaModelsError } from "../../errors.ts";
import {
  type Attempt,
  attemptFolder,
  attemptKey,
  isSpent,
  readAttempt,
  type SeenAttempt,
  writeAttempt,
} from "../../state/athena-attempt.ts";
import { FileLists } from "../../state/file-list.ts";
import {
  emptyRecord,
  type PinnedVersions,
  type RunRecord,
  readRunRecord,
} from "../../state/run-record.ts";
import type { ResolvedModel } from "../model-graph.ts";
import { hasRowsOf, isExpired, type Pins, pinsOf } from "./pins.ts";
import { isRemote, readinessOf } from "./readiness.ts";
import { remoteQueryOf } from "./remote-query.ts";

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
  /** By the query so far. */
  readonly bytesScanned: number;
  readonly milliseconds: number;
  /** When the attempt began. */
  readonly since?: string | undefined;
}

/** The rows of a query that has ended. */
export interface AthenaResult {
  readonly attempt: Attempt;
  readonly query: string;
  /** The keys of its files, in the gold store. */
  readonly files: readonly string[];
  readonly bytesScanned: number;
  readonly milliseconds: number;
}

/** The rows of queries that have ended, by model. */
export type AthenaResults = ReadonlyMap<string, AthenaResult>;

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

/** The most attempts with the same query over the same rows, if Athena says that another may succeed. */
const mostAttempts = 4;
const minute = 60_000;
/** A query that has failed for good may succeed once somebody has changed a limit. Each try may cost as much as a success. */
const pauseAfterFailure = 24 * 60 * minute;
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

/** What all models of a run have in common at one moment. */
interface Moment {
  readonly record: RunRecord;
  readonly pins: Pins;
}

/** What a query cost. */
type Usage = Pick<QueryStatus, "bytesScanned" | "milliseconds">;

/** A query that Athena has no room for. All in milliseconds. */
interface Busy {
  /** When it was first refused. */
  readonly first: number;
  /** When to start it again. */
  readonly at: number;
  readonly pause: number;
}

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
  /** When to start a query that Athena had no room for. */
  readonly #later = new Map<string, Busy>();

  constructor(input: AthenaQueriesInput) {
    this.#input = input;
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
      this.#fail(name, error);
      return done;
    }
  }

  async #step(resolved: ResolvedModel, moment: Moment, busy: ReadonlySet<string>): Promise<Step> {
    const { model } = resolved;
    const { gold } = this.#input;
    const seen = await readAttempt(gold, model.name);
    const attempt = seen?.attempt;
    const before = moment.record.models[model.name];
    if (seen !== undefined && attempt !== undefined && attempt.failure === undefined) {
      const isOver =
        attempt.fingerprint !== model.fingerprint ||
        (attempt.query === undefined && isExpired(moment.pins, attempt.sources)) ||
        (attempt.isRefused === true && !this.#hasSameRows(resolved, moment, attempt.sources));
      if (!isSpent(attempt, before)) {
        if (!isOver) {
          return await this.#follow(resolved, { ...seen, attempt });
        }
        await this.#stop(attempt);
      }
    }
    if (!this.#isDue(resolved, moment)) {
      if (attempt !== undefined && !isSpent(attempt, before)) {
        // Gold is what the model says, such as after it was changed and changed back.
        await gold.delete(attemptKey(model.name));
      }
      this.#over.add(model.name);
      return done;
    }
    const isFirst = resolved.reads.some((name) => !moment.pins.has(name));
    if (isFirst || this.#readsOneOf(resolved, busy) || !this.#areSourcesReady(resolved, moment)) {
      return this.#note(model.name, waiting);
    }
    const failure = attempt?.failure;
    const isSame =
      attempt?.fingerprint === model.fingerprint &&
      this.#hasSameRows(resolved, moment, attempt.sources);
    if (
      attempt !== undefined &&
      failure !== undefined &&
      isSame &&
      !this.#isPast(failure.retryAt)
    ) {
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
    const { catalog, engine, athena } = this.#input;
    const sql = await remoteQueryOf(engine, catalog, resolved, moment.pins, athena.database);
    const sources = Object.fromEntries(
      resolved.reads.flatMap((name) => {
        const pin = moment.pins.get(name);
        return pin === undefined ? [] : [[name, pin.last]];
      }),
    );
    const token = randomUUID();
    const made: Attempt = {
      version: 1,
      token,
      fingerprint: model.fingerprint,
      sources,
      sql: unloadStatement(sql, this.#address(attemptFolder(model.name, token))),
      number,
      startedAt: this.#input.now().toISOString(),
    };
    if (Buffer.byteLength(made.sql) > mostStatementBytes) {
      throw new AthenaModelError(
        model.name,
        `its statement is longer than the ${mostStatementBytes} bytes that Athena takes`,
        "Divide the query into several models.",
      );
    }
    // The token is in state before Athena gets it, so that a run that ends in between starts the same query, not another.
    const written = await writeAttempt(gold, model.name, made, seen?.etag ?? null);
    this.#started.add(model.name);
    return written === undefined ? running : await this.#follow(resolved, written);
  }

  /** Starts an attempt's query, or asks what became of it. */
  async #follow(resolved: ResolvedModel, seen: SeenAttempt): Promise<Step> {
    const { name } = resolved.model;
    const { service, mostMinutes = 60 } = this.#input.athena;
    const { attempt, etag } = seen;
    if (attempt.query === undefined) {
      const query = await this.#start(name, attempt, mostMinutes);
      if (query === undefined) {
        return this.#note(name, running, attempt);
      }
      const queriedAt = this.#input.now().toISOString();
      const known = { ...attempt, query, queriedAt };
      await writeAttempt(this.#input.gold, name, known, etag);
      return this.#note(name, running, known);
    }
    const isLate = this.#isPast(attempt.queriedAt ?? attempt.startedAt, mostMinutes * minute);
    const status = await service.status(attempt.query);
    switch (status?.state) {
      case undefined:
        return await this.#failAttempt(resolved, seen, {
          problem: "Athena does not know its query any longer",
          hint: "Run again: it starts another query.",
          isFinal: attempt.number >= mostAttempts,
        });
      case "running":
        if (isLate) {
          await service.stop(attempt.query);
          return await this.#failAttempt(
            resolved,
            seen,
            {
              problem: `its query took longer than ${mostMinutes} minutes, and was stopped`,
              hint: "Let it read less, or allow it more time.",
              isFinal: true,
            },
            status,
          );
        }
        return this.#note(name, running, attempt, status);
      case "succeeded":
        return await this.#take(resolved, seen, status);
      case "cancelled":
        return await this.#failAttempt(resolved, seen, cancellation(status), status);
      case "failed":
        if (isExpired((await this.#moment()).pins, attempt.sources)) {
          // It read versions that are gone. There are newer ones.
          return await this.#failAttempt(
            resolved,
            seen,
            {
              problem: "the versions that its query read are gone",
              hint: "Keep versions for longer than a query takes (retentionDays).",
              isFinal: attempt.number >= mostAttempts,
            },
            status,
          );
        }
        return await this.#failAttempt(
          resolved,
          seen,
          {
            problem: `Athena could not run its query${codeOf(status)}`,
            hint: "Read why in Athena's console, under this id. Then fix the query or the setting.",
            isFinal: !mayRetry(status) || attempt.number >= mostAttempts,
          },
          status,
        );
    }
  }

  /** @returns The id of the query; undefined if Athena has no room for it now. */
  async #start(name: string, attempt: Attempt, mostMinutes: number): Promise<string | undefined> {
    const now = this.#input.now().getTime();
    const later = this.#later.get(name) ?? { first: now, at: now, pause: firstPause };
    if (now < later.at) {
      return undefined;
    }
    try {
      return await this.#input.athena.service.start(attempt.sql, attempt.token);
    } catch (error) {
      if (!(error instanceof QueryRefusedError)) {
        throw error;
      }
      if (!error.isRetryable) {
        const { gold } = this.#input;
        const found = await readAttempt(gold, name);
        const failure = {
          problem: "Athena refuses its query",
          hint: "Fix the query or the workgroup, or give the model its own SQL for Athena: engine: athena({ sql }).",
          // A query that does not start costs nothing.
          ...this.#failureTimes(true, attempt, 0),
        };
        const failed = { ...attempt, failure };
        if (found?.attempt?.token === attempt.token) {
          await writeAttempt(gold, name, failed, found.etag);
        }
        throw failureOf(name, failed, error.message);
      }
      if (now - later.first > mostMinutes * minute) {
        throw new AthenaModelError(
          name,
          `Athena had no room for its query for ${mostMinutes} minutes`,
          "Ask AWS for a higher quota of active DML queries, or run again when fewer run.",
        );
      }
      // The same token again: Athena may have started it after all.
      const pause = Math.min(later.pause * 2, minute);
      this.#later.set(name, { ...later, at: now + pause, pause });
      return undefined;
    }
  }

  /** Finds the files of a query that has succeeded. */
  async #take(resolved: ResolvedModel, seen: SeenAttempt, status: QueryStatus): Promise<Step> {
    const { name } = resolved.model;
    const { attempt } = seen;
    const { gold } = this.#input;
    const folder = attemptFolder(name, attempt.token);
    const listed = await keysIn(gold, folder);
    // Files that the query's own list does not have are those of a query that failed on its way, or was started twice.
    const files = await this.#filesOf(name, attempt, status, listed);
    if (files === undefined || !files.every((key) => listed.includes(key))) {
      return await this.#failAttempt(
        resolved,
        seen,
        {
          problem: "files are missing that Athena wrote for it",
          hint: `Run again. If it stays, see what removes objects from ${folder}, such as a lifecycle rule.`,
          isFinal: attempt.number >= mostAttempts,
        },
        status,
      );
    }
    this.#note(name, running, attempt, status);
    return {
      kind: "result",
      result: {
        attempt,
        query: attempt.query ?? "",
        files: [...files].sort(),
        bytesScanned: status.bytesScanned,
        milliseconds: status.milliseconds,
      },
    };
  }

  /**
   * The keys of the files that a query wrote, by its own list. Undefined if that is missing: the files may have been removed, as
   * after the restore of an earlier run record, and a folder without files is no result without rows.
   */
  async #filesOf(
    model: string,
    { query }: Attempt,
    { manifest }: QueryStatus,
    listed: readonly string[],
  ): Promise<readonly string[] | undefined> {
    if (manifest === undefined) {
      return listed.length === 0 ? [] : undefined;
    }
    const root = this.#address("");
    if (!manifest.startsWith(root)) {
      throw new AthenaModelError(
        model,
        `Athena writes the list of its files to ${manifest}, outside of ${root}`,
        `Let the workgroup write results to ${this.#address(athenaResultsPrefix)}, as a deployment does, then run again.`,
        query,
      );
    }
    try {
      const content = await text(await this.#input.gold.read(manifest.slice(root.length)));
      const lines = content.split("\n").map((line) => line.trim().replace(/^"(.*)"$/, "$1"));
      return lines
        .filter((line) => line !== "")
        .map((line) => (line.startsWith(root) ? line.slice(root.length) : line));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) {
        return undefined;
      }
      throw error;
    }
  }

  async #failAttempt(
    { model: { name } }: ResolvedModel,
    { attempt, etag }: SeenAttempt,
    { isFinal, ...failure }: Pick<NonNullable<Attempt["failure"]>, "problem" | "hint" | "isFinal">,
    status?: QueryStatus,
  ): Promise<Step> {
    const failed = {
      ...attempt,
      failure: { ...failure, ...this.#failureTimes(isFinal, attempt) },
    };
    await writeAttempt(this.#input.gold, name, failed, etag);
    return isFinal
      ? this.#fail(name, failureOf(name, failed, status?.reason), attempt, status)
      : this.#note(name, running, failed, status);
  }

  #failureTimes(
    isFinal: boolean,
    { number }: Attempt,
    pause: number = isFinal ? pauseAfterFailure : 5_000 * 2 ** number,
  ) {
    const now = this.#input.now().getTime();
    return {
      at: new Date(now).toISOString(),
      retryAt: new Date(now + pause).toISOString(),
      isFinal,
    };
  }

  #fail(model: string, error: unknown, attempt?: Attempt, status?: Usage): Step {
    this.#failures.push(error);
    this.#over.add(model);
    this.#runs.set(model, { ...runOf(model, attempt, status), state: "failed" });
    return done;
  }

  #note(model: string, step: Step, attempt?: Attempt, status?: QueryStatus): Step {
    const isRunning = attempt?.query !== undefined && attempt.failure === undefined;
    const state = isRunning ? "running" : "waiting";
    this.#runs.set(model, { ...runOf(model, attempt, status), state });
    return step;
  }

  async #stop({ query }: Attempt): Promise<void> {
    if (query !== undefined) {
      await this.#input.athena.service.stop(query);
    }
  }

  /** Whether a model has to be built: its query or what it reads has changed since it was. */
  #isDue(resolved: ResolvedModel, { record, pins }: Moment): boolean {
    const before = record.models[resolved.model.name];
    const from = before?.athena?.sources;
    return (
      before?.fingerprint !== resolved.model.fingerprint ||
      from === undefined ||
      !this.#hasSameRows(resolved, { record, pins }, from)
    );
  }

  #hasSameRows({ reads }: ResolvedModel, { pins }: Moment, sources: PinnedVersions): boolean {
    return reads.every((name) => {
      const pin = pins.get(name);
      return pin !== undefined && hasRowsOf(pin, sources[name]);
    });
  }

  /** Whether a model reads one of these, directly or not. */
  #readsOneOf({ reads }: ResolvedModel, names: ReadonlySet<string>): boolean {
    const all = new Map(this.#input.models.map((each) => [each.model.name, each.reads]));
    const found = new Set(reads);
    for (const name of found) {
      for (const read of all.get(name) ?? []) {
        found.add(read);
      }
    }
    return !found.isDisjointFrom(names);
  }

  /** Whether the tables and models that it reads have the columns that the catalog says. */
  #areSourcesReady({ reads }: ResolvedModel, { record }: Moment): boolean {
    const { unready, waiting: held } = readinessOf(
      this.#input.models,
      record,
      new Set(),
      new Set(),
    );
    return reads.every((name) => !unready.has(name) && !held.has(name));
  }

  #address(key: string): string {
    return this.#input.gold.uri?.(key) ?? key;
  }

  #isPast(moment: string, milliseconds = 0): boolean {
    return Date.parse(moment) + milliseconds <= this.#input.now().getTime();
  }
}

function cancellation({ reason = "" }: QueryStatus) {
  return /bytes scanned limit/i.test(reason)
    ? {
        problem:
          "its query would have scanned more than the workgroup allows, so Athena stopped it",
        hint: "Let it read less (a filter on the partition column), or raise the limit: athena.modelScanLimitMib.",
        isFinal: true,
      }
    : {
        problem: "somebody stopped its query",
        hint: `It is tried again when what it reads has changed, or a day later.`,
        isFinal: true,
      };
}

/** Whether another attempt, with a folder of its own, may succeed. */
function mayRetry(status: QueryStatus): boolean {
  return status.isRetryable === true || codeOf(status).includes("HIVE_PATH_ALREADY_EXISTS");
}

/** The code at the start of Athena's message: the rest may contain records. */
function codeOf({ reason = "" }: QueryStatus): string {
  const [, code] = /^([A-Z][A-Z0-9_]{2,}):/.exec(reason) ?? [];
  return code === undefined ? "" : ` (${code})`;
}

function failureOf(model: string, { failure, query }: Attempt, detail?: string): AthenaModelError {
  const { problem = "", hint = "", at, retryAt = "" } = failure ?? {};
  if (retryAt === at) {
    return new AthenaModelError(model, problem, `${hint} Each run tries it again.`, query, detail);
  }
  const again = ` Runs try it again when what it reads or its query changes, at the latest after ${retryAt}. To try at once, remove ${attemptKey(model)} from the gold bucket.`;
  return new AthenaModelError(model, problem, `${hint}${again}`, query, detail);
}

function runOf(model: string, attempt?: Attempt, status?: Usage) {
  return {
    model,
    query: attempt?.query,
    bytesScanned: status?.bytesScanned ?? 0,
    milliseconds: status?.milliseconds ?? 0,
    since: attempt?.startedAt,
  };
}

async function keysIn(gold: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of gold.list(prefix, () => {})) {
    keys.push(key);
  }
  return keys;
}
