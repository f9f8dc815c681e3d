/**
 * Publishes what the commit staged. Any later run can finish it after a crash. It overwrites only the version that it
 * expects, so a slow run does no harm.
 */
import { PreconditionFailedError } from "@lakehouse/lake/errors";
import { symlinkPrefix } from "@lakehouse/lake/keys";
import type { ObjectBody, ObjectStore } from "@lakehouse/lake/object-store";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { writeRunRecord } from "../state/commit.ts";
import {
  isSettled,
  type RunRecord,
  readRunRecord,
  type SeenRecord,
  withOpenTables,
} from "../state/run-record.ts";
import { stagedFile, stagedHash } from "../state/staged.ts";
import { refuseSuperseded, Superseded, unlessSuperseded } from "../state/superseded.ts";
import { publishOpenTables } from "./open-tables.ts";
import { publishToCatalog } from "./publish-to-catalog.ts";
import { contentHashName, publishedVersion } from "./published-content.ts";

/** What publication needs of a run. */
export type PublishScope = Pick<
  RunScope,
  "gold" | "files" | "lists" | "catalog" | "concurrency" | "progress"
>;

/** Each retry means that an older run has just written the object. */
const maximumAttempts = 20;

/**
 * Publishes everything that is pending in a committed run record.
 *
 * @param etags The versions to replace, by gold key, as listed when the run was planned.
 * @param recovers Whether an earlier run committed the record. It may have published some of it.
 * @returns The run record with nothing pending.
 * @throws Superseded if another run has committed since. That run has published this run's outputs too.
 */
export async function publish(
  scope: PublishScope,
  { record, etag }: SeenRecord,
  etags: ReadonlyMap<string, string>,
  now: () => Date,
  recovers = false,
): Promise<SeenRecord> {
  const pending = Object.entries(record.pending);
  const outputs = pending.filter(([key]) => !key.startsWith(symlinkPrefix));
  // Of earlier versions. They go when no table of the catalog reads them any longer. None is written.
  const manifests = pending.filter(
    ([key, object]) => key.startsWith(symlinkPrefix) && object === null,
  );
  const staged = Map.groupBy(outputs, ([, each]) => each);
  const published = new Map(Object.entries(record.run.etags));
  let done = 0;
  const publishOne = async ([key, object]: [string, string | null]): Promise<void> => {
    const version =
      object === null
        ? await remove(scope.gold, key, etag)
        : await replace(
            scope,
            key,
            await contentOf(scope, object, (staged.get(object)?.length ?? 0) > 1),
            etags.get(key) ?? null,
            etag,
            recovers,
          );
    if (version === undefined) {
      published.delete(key);
    } else {
      published.set(key, version);
    }
    done += 1;
    scope.progress("publish", "outputs", done, outputs.length);
  };
  try {
    await unlessSuperseded(scope.gold, etag, async () => {
      await inParallel(outputs, scope.concurrency, publishOne);
      await publishOpenTables(scope, record, etag);
      await publishToCatalog(scope, record, etag);
      await inParallel(manifests, scope.concurrency, publishOne);
    });
    const settled = settle(record, published, now);
    return { record: settled, etag: await writeRunRecord(scope, settled, etag) };
  } catch (error) {
    if (!(error instanceof Superseded)) {
      throw error;
    }
    const last = await readRunRecord(scope.gold);
    if (last?.record.sequence === record.sequence && isSettled(last.record)) {
      // Another run has published this one's outputs, and nothing else.
      return last;
    }
    throw new Superseded(true);
  }
}

/** The record once nothing is pending. */
function settle(record: RunRecord, etags: ReadonlyMap<string, string>, now: () => Date): RunRecord {
  return {
    ...record,
    ...withOpenTables(record, ({ after: _, ...open }) => open),
    pending: {},
    run: {
      ...record.run,
      finishedAt: now().toISOString(),
      etags: Object.fromEntries([...etags].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

/** The content to publish. */
interface Content {
  readonly hash: string;
  /** Returns the body for one attempt. */
  readonly body: () => Promise<ObjectBody>;
}

/** @param isShared Whether several keys get this content. A store may move the file away, but not if a write fails. */
async function contentOf(
  { files }: PublishScope,
  staged: string,
  isShared: boolean,
): Promise<Content> {
  const path = await stagedFile(files, staged);
  return {
    hash: stagedHash(staged),
    body: async () => ({ path: isShared ? await files.copy(path) : path }),
  };
}

async function replace(
  { gold }: PublishScope,
  key: string,
  { hash, body }: Content,
  first: string | null,
  recordEtag: string | null,
  recovers: boolean,
): Promise<string> {
  // Writing the same content again would change its etag under SSE-KMS, and the other run has noted the present one.
  const there = recovers && first !== null ? await publishedVersion(gold, key) : undefined;
  if (there?.hash === hash) {
    return there.etag;
  }
  let expected = first;
  for (let attempt = 1; ; attempt += 1) {
    const content = await body();
    try {
      return await gold.put(key, content, {
        ifMatch: expected,
        metadata: { [contentHashName]: hash },
      });
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) || attempt === maximumAttempts) {
        throw error;
      }
    }
    await refuseSuperseded(gold, recordEtag);
    const found = await publishedVersion(gold, key);
    if (found?.hash === hash) {
      return found.etag;
    }
    expected = found?.etag ?? null;
  }
}

/** Removes an object. Stores can't do that conditionally, so it first checks that this run is still the latest. */
async function remove(
  gold: ObjectStore,
  key: string,
  recordEtag: string | null,
): Promise<undefined> {
  await refuseSuperseded(gold, recordEtag);
  await gold.delete(key);
}
