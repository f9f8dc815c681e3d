/** One run of silver→gold: plan → merge → build → check → commit → publish. See ARCHITECTURE.md. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { symlinkPrefix } from "@lakehouse/lake/keys";
import { foldersOf, type Lake, type ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { openEngine } from "./engine/open-engine.ts";
import { answer, type GoldOptions, type GoldRun } from "./gold-run.ts";
import { inParallel } from "./in-parallel.ts";
import { type ResolvedModel, resolveModels } from "./models/model-graph.ts";
import { checkModels } from "./models/model-types.ts";
import { prepare } from "./prepare.ts";
import { listGold, unusedState } from "./publish/gold-listing.ts";
import { publish } from "./publish/publish.ts";
import type { RunScope } from "./run-scope.ts";
import { commit } from "./state/commit.ts";
import { LocalFiles } from "./state/local-files.ts";
import { emptyRecord, type RunRecord, readRunRecord, type SeenRecord } from "./state/run-record.ts";
import { Superseded, unlessSuperseded } from "./state/superseded.ts";

const maximumAttempts = 3;

/**
 * Brings gold up to date with silver.
 *
 * Runs may start at any time, overlap, and be killed at any moment. The next run leaves the lake as if a single
 * run had done all the work.
 *
 * @throws ModelError if a model is invalid, before any data is read.
 * @throws CheckFailedError if a check fails. Gold is then unchanged.
 */
export async function runGold(
  lake: Pick<Lake, "silver" | "gold">,
  catalog: Catalog,
  options: GoldOptions,
): Promise<GoldRun> {
  const { now = () => new Date(), memoryLimitMib = 256 } = options;
  const startedAt = now().toISOString();
  await mkdir(options.scratch, { recursive: true });
  const directory = await mkdtemp(join(options.scratch, "gold-"));
  try {
    const sessions = options.threads ?? Math.min(availableParallelism(), 8);
    const folders = await foldersOf(lake);
    using engine = await openEngine({
      directory,
      folders,
      memoryLimitMib,
      sessions,
      reproducible: true,
    });
    const models = await resolveModels(engine, catalog);
    await checkModels(engine, catalog, models);
    const start = (): Omit<RunScope, "sequence"> => ({
      gold: lake.gold,
      silver: lake.silver,
      engine,
      files: new LocalFiles(lake.gold, directory),
      concurrency: options.concurrency ?? 16,
      progress: (stage, name, done, total) => options.onProgress?.({ stage, name, done, total }),
    });
    const input = { catalog, models, rebuild: options.rebuild === true, startedAt, now };
    return await attemptUntilHarmless(start, input);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Attempt {
  readonly run: GoldRun;
  /** Whether another run committed while this one published. */
  readonly overtaken: boolean;
}

interface AttemptInput {
  readonly catalog: Catalog;
  readonly models: readonly ResolvedModel[];
  readonly rebuild: boolean;
  readonly startedAt: string;
  readonly now: () => Date;
}

/**
 * Runs again if another run committed during publication. This run may then have overwritten a newer output, if its
 * content equals that of an older one, because stores compare contents. The next attempt finds and fixes that.
 */
async function attemptUntilHarmless(
  start: () => Omit<RunScope, "sequence">,
  input: AttemptInput,
): Promise<GoldRun> {
  for (let left = maximumAttempts; ; left -= 1) {
    const { run, overtaken } = await attempt(start(), input);
    if (!overtaken || left === 1) {
      return run;
    }
  }
}

async function attempt(scope: Omit<RunScope, "sequence">, input: AttemptInput): Promise<Attempt> {
  const { gold } = scope;
  const { startedAt, now } = input;
  const counts = { newObjects: 0, outputs: 0, recovered: 0 };
  let seen: SeenRecord = (await readRunRecord(gold)) ?? { record: emptyRecord, etag: null };
  const finish = (
    outcome: GoldRun["outcome"],
    built?: ReadonlyMap<string, number>,
    overtaken = false,
  ): Attempt => {
    const run = answer(seen.record, outcome, counts, startedAt, now().toISOString(), built);
    return { run, overtaken };
  };
  try {
    let listing = await listGold(gold);
    const found = seen.record;
    const isPending = Object.keys(found.pending).length > 0;
    if (isPending) {
      // An earlier run committed these objects but did not publish them. That needs neither silver nor models.
      seen = await publish(scope, seen, listing, now);
      counts.recovered = pendingOutputs(found);
      counts.outputs = counts.recovered;
      listing = await listGold(gold);
    }
    const { record: old, etag } = seen;
    const full: RunScope = { ...scope, sequence: old.sequence + 1 };
    const prepared = await unlessSuperseded(gold, etag, () =>
      prepare(full, { ...input, old, listing }),
    );
    if (prepared === undefined) {
      await removeUnused(scope, listing.keys(), seen, found);
      return finish(isPending ? "published" : "nothing-new");
    }
    const { next, built, newObjects } = prepared;
    seen = await commit(full, next.record, next.uploads, etag);
    counts.newObjects = newObjects;
    seen = await publish(scope, seen, listing, now);
    counts.outputs += pendingOutputs(next.record);
    await removeUnused(scope, [...listing.keys(), ...next.uploads.keys()], seen, found);
    return finish("published", built);
  } catch (error) {
    if (error instanceof Superseded) {
      return finish("superseded", undefined, error.publishing);
    }
    throw error;
  }
}

/** The number of models' objects that are pending. */
function pendingOutputs({ pending }: RunRecord): number {
  return Object.keys(pending).filter((key) => !key.startsWith(symlinkPrefix)).length;
}

/**
 * Removes state that is no longer needed. Files that the manifests pointed at when this run began stay until the next
 * run, because a query may still be reading them.
 */
async function removeUnused(
  { gold, concurrency }: { readonly gold: ObjectStore; readonly concurrency: number },
  keys: Iterable<string>,
  { record }: SeenRecord,
  { symlinks = {}, pending }: RunRecord,
): Promise<void> {
  const addresses = new Set(Object.values(symlinks));
  if (addresses.size > 0 && Object.keys(pending).length > 0) {
    // The record that said what the manifests pointed at before is gone.
    return;
  }
  const unused = unusedState(keys, record).filter((key) => !addresses.has(gold.uri?.(key) ?? ""));
  await inParallel(unused, concurrency, (key) => gold.delete(key));
}
