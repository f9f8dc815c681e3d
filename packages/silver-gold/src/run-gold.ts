/** One run of silver→gold: plan → merge → build → check → commit → publish. See ARCHITECTURE.md. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { InvalidKeyError } from "@lakehouse/lake/errors";
import { symlinkPrefix } from "@lakehouse/lake/keys";
import { foldersOf, type Lake, type ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { type Backlog, noBacklog } from "./current/backlog.ts";
import { type SilverScope, silverScopeOf, withMissingDays } from "./current/silver-scope.ts";
import type { QueryService } from "./engine/athena/query-service.ts";
import type { Engine } from "./engine/engine.ts";
import { mostSessions } from "./engine/engine-memory.ts";
import { openEngine } from "./engine/open-engine.ts";
import { AthenaError, UnknownNameError, unlessStateError } from "./errors.ts";
import { addRuns, answer, type GoldOptions, type GoldProgress, type GoldRun } from "./gold-run.ts";
import type { AthenaQueries } from "./models/athena/athena-queries.ts";
import type { AthenaResult, AthenaResults } from "./models/athena/athena-run.ts";
import { isRemote } from "./models/athena/readiness.ts";
import {
  namesApart,
  type ResolvedModel,
  resolveModels,
  withSources,
} from "./models/model-graph.ts";
import { checkModels } from "./models/model-types.ts";
import { type MadePacks, makePacks, type PackOptions } from "./packs/make-packs.ts";
import { SilverPacks } from "./packs/silver-packs.ts";
import { isRefusal, prepare } from "./prepare.ts";
import { type GoldListing, listGold, unusedState } from "./publish/gold-listing.ts";
import type { OpenTableOptions } from "./publish/open-tables.ts";
import { publish } from "./publish/publish.ts";
import { publishToCatalog } from "./publish/publish-to-catalog.ts";
import type { RunScope } from "./run-scope.ts";
import { abandonPending, canPublish, pendingRemovals } from "./state/abandoned.ts";
import { isSpent, readAttempt, unusedAttempts } from "./state/athena-attempt.ts";
import { commit, writeRunRecord } from "./state/commit.ts";
import { FileLists } from "./state/file-list.ts";
import { LocalFiles } from "./state/local-files.ts";
import type { ManifestPart } from "./state/manifest-parts.ts";
import type { Retired } from "./state/retired.ts";
import {
  emptyRecord,
  isSettled,
  type RunRecord,
  readRunRecord,
  type SeenRecord,
} from "./state/run-record.ts";
import { adaptiveLimit, fixedLimit, type SliceLimit } from "./state/slice-limit.ts";
import { isLog } from "./state/state-keys.ts";
import { Superseded, unlessSuperseded } from "./state/superseded.ts";
import { abandonedTokens, unusedTaken } from "./state/unused-taken.ts";
import { retryTask } from "./tasks/run-task.ts";
import { StoredTasks } from "./tasks/stored-tasks.ts";

const maximumAttempts = 3;
const mebibyte = 1024 * 1024;
const day = 24 * 60 * 60 * 1000;
/** The next slice may take longer than the slowest so far. */
const reserve = 1.5;
/** Milliseconds that taking the rows of a query takes at least. */
const resultReserve = 30_000;
const noneRemoved: readonly Retired[] = [];

/**
 * Brings gold up to date with silver.
 *
 * A large backlog is read in slices. Each is committed and published like a run of its own, so gold is then what it
 * would be if only the objects so far had arrived.
 *
 * Runs may start at any time, overlap, and be killed at any moment. The next run leaves the lake as if a single
 * run had done all the work.
 *
 * @throws UnknownNameError if `acceptDecrease` names something that does not exist.
 * @throws ModelError if a model is invalid, before any data is read.
 * @throws CheckFailedError if a check fails. Gold is then unchanged.
 * @throws AthenaModelError if Athena could not build a model. Everything else is then published. See `onAthenaFailed`.
 */
export async function runGold(
  lake: Pick<Lake, "silver" | "gold">,
  catalog: Catalog,
  options: GoldOptions,
): Promise<GoldRun> {
  const { memoryLimitMib = 256, acceptDecrease = [] } = options;
  const names = [...catalog.tables, ...catalog.models].map(({ name }) => name);
  const unknown = acceptDecrease.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UnknownNameError(unknown, names);
  }
  await mkdir(options.scratch, { recursive: true });
  const directory = await mkdtemp(join(options.scratch, "gold-"));
  try {
    const most = mostSessions(memoryLimitMib);
    const sessions = options.threads ?? Math.min(availableParallelism(), 8, most);
    const folders = await foldersOf(lake);
    using engine = await openEngine({
      directory,
      folders,
      memoryLimitMib,
      sessions,
      reproducible: true,
    });
    const openWide = () =>
      openEngine({
        // Two engines must not spill to one folder.
        directory: join(directory, "wide"),
        folders: [directory, ...folders],
        memoryLimitMib,
        threads: sessions,
      });
    const models = await resolveModels(engine, catalog);
    await checkModels(engine, catalog, models);
    const sliceBytes = (options.sliceMib ?? 256) * mebibyte;
    const limit =
      options.remainingMilliseconds === undefined
        ? fixedLimit(sliceBytes)
        : adaptiveLimit(lake.gold, sliceBytes);
    try {
      const scope = { engine, openWide, models, directory, limit };
      const run = await runSlices({ ...scope, lake, catalog, options });
      if (run.remaining.objects === 0) {
        await limit.end();
      }
      return run;
    } catch (error) {
      await limit.end().catch(() => {});
      throw error;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function refuse(stray: InvalidKeyError): never {
  throw stray;
}

interface SlicesInput {
  readonly lake: Pick<Lake, "silver" | "gold">;
  readonly catalog: Catalog;
  readonly options: GoldOptions;
  readonly engine: Engine;
  readonly openWide: () => Promise<Engine>;
  readonly models: readonly ResolvedModel[];
  readonly directory: string;
  readonly limit: SliceLimit;
}

/** Runs one slice after another until nothing is left, or the time is up. */
async function runSlices(input: SlicesInput): Promise<GoldRun> {
  const { lake, catalog: all, options, engine, openWide, directory, limit } = input;
  // Children belong to their tables, all of which a run brings up to date.
  const children = all.models.flatMap(({ name, childOf }) => (childOf === undefined ? [] : name));
  const only = options.only === undefined ? undefined : [...options.only, ...children];
  const models = only === undefined ? input.models : withSources(input.models, only);
  const apart = only === undefined ? undefined : namesApart(input.models, models);
  const parts = new Set(models.map(({ model }) => model.name));
  // For the run, the others are like models that are no longer defined: they stay as they are.
  const catalog =
    only === undefined ? all : { ...all, models: all.models.filter(({ name }) => parts.has(name)) };
  const { now = () => new Date(), remainingMilliseconds, onProgress } = options;
  const { concurrency = 16, passOver = refuse, retentionDays, tableCatalog, packs } = options;
  const { listing = "all", objectsPerPart, rowsPerFile, taskMib = 32 } = options;
  const { iceberg = tableCatalog === undefined ? undefined : true } = options;
  const { athena } = options;
  let backlog: GoldProgress["backlog"];
  let sum: GoldRun | undefined;
  let slowest = 0;
  let slices = 0;
  const runSlice = async (results: AthenaResults): Promise<Attempt & { readonly sum: GoldRun }> => {
    await rm(join(directory, `slice-${slices}`), { recursive: true, force: true });
    slices += 1;
    const local = join(directory, `slice-${slices}`);
    await mkdir(local);
    const start = (): StartScope => ({
      gold: lake.gold,
      silver: lake.silver,
      engine,
      openWide,
      files: new LocalFiles(lake.gold, local),
      lists: new FileLists(lake.gold),
      catalog: tableCatalog,
      concurrency,
      objectsPerPart,
      rowsPerFile,
      taskBytes: taskMib * mebibyte,
      passOver,
      progress: (stage, name, done, total) =>
        onProgress?.({ stage, name, done, total, ...(backlog && { backlog }) }),
    });
    const done = sum?.newObjects ?? 0;
    const began = performance.now();
    const attempt = await attemptUntilHarmless(start, {
      catalog,
      all,
      apart,
      models,
      results: athena && results,
      queries: athena?.service,
      isRecent: listing === "recent",
      mostEarlierObjects: options.mostEarlierObjects,
      rebuild: options.rebuild === true && sum === undefined,
      prune: options.prune === true && only === undefined,
      accepted: new Set(options.acceptDecrease),
      limit,
      onSlice: (objects, remaining) => {
        const total = done + objects + remaining.objects;
        backlog = total === objects ? undefined : { done, total };
      },
      onOutdated: options.onOutdated ?? (() => {}),
      openTables: {
        iceberg,
        retention: retentionDays === undefined ? undefined : retentionDays * day,
      },
      startedAt: now().toISOString(),
      now,
      tasksOf: (sequence, listed) => storedTasks(input, sequence, listed),
    });
    sum = sum === undefined ? attempt.run : addRuns(sum, attempt.run);
    slowest = Math.max(slowest, performance.now() - began);
    return { ...attempt, sum };
  };
  const hasTimeFor = (milliseconds: number): boolean =>
    remainingMilliseconds === undefined ||
    remainingMilliseconds() >= milliseconds + slowest * reserve;
  for (;;) {
    const { run, makePacks, sum: all } = await runSlice(new Map());
    const isLate = !hasTimeFor(0);
    const isOver = run.outcome === "nothing-new" || run.outcome === "superseded";
    if (isOver || run.remaining.objects === 0 || isLate) {
      const isWhole = run.remaining.objects === 0 && !isLate;
      const made = packs && isWhole ? await makePacks?.(packs, remainingMilliseconds) : undefined;
      const packed = made === undefined || made.packs === 0 ? {} : { packed: made };
      if (athena === undefined || run.outcome === "superseded" || run.remaining.objects > 0) {
        return { ...all, ...packed };
      }
      const hasTimeForResult = (milliseconds: number) => hasTimeFor(milliseconds + resultReserve);
      // A function's start would load it, and most lakes have no such model.
      const { AthenaQueries } = await import("./models/athena/athena-queries.ts");
      const queries = new AthenaQueries({
        ...{ gold: lake.gold, catalog, models, engine, athena, now, directory },
        tables: tableCatalog,
        hasTimeFor: hasTimeForResult,
        progress: (done, total) => onProgress?.({ stage: "query", name: "models", done, total }),
      });
      try {
        const last = await takeQueries(queries, runSlice, hasTimeForResult);
        const { failure } = queries;
        if (failure !== undefined) {
          if (options.onAthenaFailed === undefined) {
            throw failure;
          }
          options.onAthenaFailed(failure);
        }
        const athenaRuns = queries.runs.length === 0 ? {} : { athena: queries.runs };
        return { ...(last ?? all), ...packed, ...athenaRuns };
      } finally {
        options.onAthena?.(queries.runs);
      }
    }
  }
}

/**
 * Takes the rows of Athena's queries as they end. Each time is like a slice: models that read those are built too, and all of it
 * is checked, committed and published.
 *
 * @returns The sum of all slices; undefined if there was none.
 */
async function takeQueries(
  queries: AthenaQueries,
  runSlice: (results: AthenaResults) => Promise<{ readonly run: GoldRun; readonly sum: GoldRun }>,
  hasTimeFor: (milliseconds: number) => boolean,
): Promise<GoldRun | undefined> {
  let last: GoldRun | undefined;
  for (;;) {
    const results = await queries.next();
    if (results === undefined || !hasTimeFor(0)) {
      break;
    }
    const outcome = await take(results);
    if (outcome === "superseded" || outcome === "unfinished") {
      break;
    }
  }
  return last;

  async function take(results: AthenaResults): Promise<GoldRun["outcome"]> {
    try {
      const { run, sum } = await runSlice(results);
      last = run.outcome === "nothing-new" ? last : sum;
      if (run.outcome === "published") {
        for (const [name, result] of results) {
          queries.built(name, result);
        }
      }
      return run.outcome;
    } catch (error) {
      if (!isRefusal(error) || results.size === 0) {
        throw error;
      }
      const [[name, result] = []] = results;
      if (results.size === 1 && name !== undefined && result !== undefined) {
        await queries.refused(name, result, error);
        return "published";
      }
      // One of them is refused, and must not keep the others from being published.
      for (const each of results) {
        const outcome = await take(new Map([each]));
        if (outcome !== "published") {
          return outcome;
        }
      }
      return "published";
    }
  }
}

function storedTasks(
  { lake, catalog, options, directory }: SlicesInput,
  sequence: number,
  listed: GoldListing,
): StoredTasks | undefined {
  const { tasks: dispatch, concurrency = 16 } = options;
  return dispatch === undefined
    ? undefined
    : new StoredTasks({
        gold: lake.gold,
        sequence,
        listed,
        concurrency,
        dispatch,
        retry: (key) =>
          retryTask(lake, catalog, key, {
            scratch: directory,
            memoryLimitMib: options.memoryLimitMib,
          }),
      });
}

/** The scope of a run before it has read the run record. */
type StartScope = Omit<RunScope, "sequence" | "packs" | "tasks">;

interface Attempt {
  readonly run: GoldRun;
  /** Makes the packs that are missing after it; absent if it did not end with gold as silver is. */
  readonly makePacks?: (
    options: PackOptions,
    remainingMilliseconds: GoldOptions["remainingMilliseconds"],
  ) => Promise<MadePacks>;
  /** Whether another run committed while this one published. */
  readonly overtaken: boolean;
}

interface AttemptInput {
  /** The tables and the models of this run. */
  readonly catalog: Catalog;
  /** With the models that are not part of it. */
  readonly all: Catalog;
  readonly apart: ReadonlySet<string> | undefined;
  readonly models: readonly ResolvedModel[];
  /** The rows of queries of Athena that it takes; undefined if DuckDB builds every model. */
  readonly results: AthenaResults | undefined;
  /** What stops the queries of models that are gone. */
  readonly queries: Pick<QueryService, "stop"> | undefined;
  /** Whether it may list only some days of silver. */
  readonly isRecent: boolean;
  readonly mostEarlierObjects: number | undefined;
  readonly rebuild: boolean;
  readonly prune: boolean;
  readonly accepted: ReadonlySet<string>;
  readonly limit: SliceLimit;
  readonly onSlice: (objects: number, remaining: Backlog) => void;
  readonly onOutdated: (outdated: GoldRun["outdated"]) => void;
  readonly openTables: OpenTableOptions;
  readonly startedAt: string;
  readonly now: () => Date;
  /** The tasks of the run with this number; undefined if it has none. */
  readonly tasksOf: (sequence: number, listed: GoldListing) => StoredTasks | undefined;
}

/**
 * Runs again if another run committed during publication. This run may then have overwritten a newer output, if its
 * content equals that of an older one, because stores compare contents. The next attempt finds and fixes that.
 */
async function attemptUntilHarmless(
  start: () => StartScope,
  input: AttemptInput,
): Promise<Attempt> {
  for (let left = maximumAttempts; ; left -= 1) {
    const done = await attempt(start(), input);
    if (!done.overtaken || left === 1) {
      return done;
    }
  }
}

async function attempt(scope: StartScope, input: AttemptInput): Promise<Attempt> {
  const { gold } = scope;
  const { all, startedAt, now } = input;
  const done = {
    newObjects: 0,
    outputs: 0,
    recovered: 0,
    remaining: noBacklog,
    removed: noneRemoved,
    startedAt,
    outdated: {},
  };
  const onOutdated = (all: ReadonlyMap<string, number>): void => {
    done.outdated = Object.fromEntries([...all].filter(([, number]) => number > 0));
    input.onOutdated(done.outdated);
  };
  let seen: SeenRecord = (await readRunRecord(gold)) ?? { record: emptyRecord, etag: null };
  const finish = (
    outcome: GoldRun["outcome"],
    built?: ReadonlyMap<string, number>,
    overtaken = false,
  ): Attempt => {
    const run = answer(seen.record, all, outcome, done, now().toISOString(), built);
    return { run, overtaken };
  };
  try {
    let listing = await listGold(gold, scope.passOver);
    const found = seen.record;
    const isPending = !isSettled(found);
    // Queries through an earlier version's manifests may still be reading files that this run would remove.
    const hasReaders = [...listing.keys()].some((key) => key.startsWith(symlinkPrefix));
    const clean = async (keys: Iterable<string>): Promise<void> => {
      if (!hasReaders) {
        await removeUnused(scope, keys, seen, input, abandoned);
      }
    };
    let abandoned: ReadonlySet<string> = new Set();
    const isAbandoned = isPending && (input.rebuild || !canPublish(found, listing));
    if (isAbandoned) {
      seen = { ...seen, record: abandonPending(found) };
    } else if (isPending) {
      // An earlier run committed these objects but did not publish them. That needs neither silver nor models.
      seen = await publish(scope, seen, listing, now, true);
      done.recovered = pendingOutputs(found);
      done.outputs = done.recovered;
      listing = await listGold(gold, scope.passOver);
    }
    const { record: old, etag } = seen;
    const packs = new SilverPacks(scope, old, listing.keys());
    const sequence = old.sequence + 1;
    const tasks = input.tasksOf(sequence, listing);
    const full: RunScope = { ...scope, packs, sequence, tasks };
    const { days, listed, leavesDays } = await scopeOf(scope, old, input);
    const withPacks = (attempt: Attempt): Attempt => ({
      ...attempt,
      makePacks: (options, remainingMilliseconds) =>
        makePacks(scope, {
          ...options,
          catalog: input.catalog,
          record: seen.record,
          keys: listing.keys(),
          damaged: packs.damaged,
          isWhole: days === undefined,
          now: now(),
          remainingMilliseconds,
        }),
    });
    const prepared = await unlessSuperseded(gold, etag, async () => {
      const results = input.results && (await unspent(gold, input.results, old));
      return await withMissingDays(days, (days) =>
        prepare(full, {
          ...input,
          results,
          old,
          listing,
          days,
          listed,
          leavesDays,
          removals: isAbandoned ? pendingRemovals(found) : undefined,
          onOutdated,
        }),
      );
    });
    if (prepared === undefined) {
      if (!isPending) {
        await unlessSuperseded(gold, etag, () => publishToCatalog(scope, old, etag));
      }
      await clean(listing.keys());
      if (listed !== old.run.listed) {
        await writeRunRecord(scope, { ...old, run: { ...old.run, listed } }, etag);
      }
      return withPacks(finish(isPending ? "published" : "nothing-new"));
    }
    const { next, built, newObjects, remaining, removed, isHeld } = prepared;
    const givenUp = await abandonedTokens(gold, listing.keys(), old);
    seen = await commit(full, next.record, next.uploads, etag);
    abandoned = givenUp;
    done.newObjects = newObjects;
    done.remaining = remaining;
    done.removed = removed;
    const written = [...listing.keys(), ...next.uploads.keys(), ...(tasks?.keys ?? [])];
    if (isHeld) {
      await clean(written);
      return finish("unfinished");
    }
    seen = await publish(scope, seen, listing, now);
    done.outputs += pendingOutputs(next.record);
    await clean(written);
    return withPacks(finish("published", built));
  } catch (error) {
    if (error instanceof Superseded) {
      return finish("superseded", undefined, error.publishing);
    }
    throw error;
  }
}

/**
 * Rows of Athena that no run has published or given up: another one may have, and removed their files, since this run found them. It
 * removes files that were to be taken over only after a commit, so they stay as long as this run, which began with the record, can commit.
 */
async function unspent(
  gold: ObjectStore,
  results: AthenaResults,
  { models }: RunRecord,
): Promise<AthenaResults> {
  const kept = new Map<string, AthenaResult>();
  for (const [name, result] of results) {
    const last = result.taken && (await readAttempt(gold, name))?.attempt;
    const isGivenUp =
      result.taken !== undefined &&
      (last?.token !== result.attempt.token || last.failure !== undefined);
    if (!isSpent(result.attempt, models[name]) && !isGivenUp) {
      kept.set(name, result);
    }
  }
  return kept;
}

/** The days of silver that a run lists: those of the runs before, as long as what they read is held. */
async function scopeOf(
  scope: StartScope,
  old: RunRecord,
  { isRecent, catalog, startedAt, mostEarlierObjects }: AttemptInput,
): Promise<SilverScope> {
  const { held } = old;
  const { listed } = old.run;
  if (!isRecent || held !== undefined) {
    const days = isRecent ? held?.days : undefined;
    return { days, listed, leavesDays: days !== undefined };
  }
  const { tables } = catalog;
  const parts = await partsOf(scope, old);
  return await silverScopeOf(scope.silver, {
    ...{ tables, parts, listed, startedAt },
    most: mostEarlierObjects,
  });
}

/** The parts of all tables' manifests. Those of a damaged one are missing: all of its silver is read again. */
async function partsOf({ lists }: StartScope, { tables }: RunRecord): Promise<ManifestPart[]> {
  const manifests = await Promise.all(
    Object.values(tables).map(({ manifest }) => lists.manifest(manifest).catch(unlessStateError)),
  );
  return manifests.flatMap((manifest) => manifest?.parts ?? []);
}

/** The number of models' objects that are pending. */
function pendingOutputs({ pending }: RunRecord): number {
  return Object.keys(pending).filter((key) => !key.startsWith(symlinkPrefix) && !isLog(key)).length;
}

/** Removes state and data files that are no longer needed. */
async function removeUnused(
  { gold, lists }: Pick<RunScope, "gold" | "lists">,
  keys: Iterable<string>,
  { record }: SeenRecord,
  { all, queries }: Pick<AttemptInput, "all" | "queries">,
  abandoned: ReadonlySet<string>,
): Promise<void> {
  const listed = [...keys];
  const remote = new Set(all.models.filter(isRemote).map(({ name }) => name));
  const attempts = await unusedAttempts(gold, listed, record, (name) => remote.has(name));
  const isStopped = await stopAll(attempts.queries, queries);
  const staged = isStopped ? attempts.keys : [];
  await gold.deleteAll([
    ...(await unusedState(listed, record, lists)),
    ...(await unusedTaken(listed, record, lists, abandoned)),
    ...staged,
  ]);
}

/** @returns False if Athena can't be asked. The queries end by themselves, and the next run tries again. */
async function stopAll(ids: readonly string[], queries: AttemptInput["queries"]): Promise<boolean> {
  try {
    for (const id of ids) {
      await queries?.stop(id);
    }
    return true;
  } catch (error) {
    if (error instanceof AthenaError) {
      return false;
    }
    throw error;
  }
}
