/** The commit: writes state under new names, then activates it with one conditional write of the run record. */
import { PreconditionFailedError } from "@lakehouse/lake/errors";
import type { ObjectBody } from "@lakehouse/lake/object-store";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { FileLists } from "./file-list.ts";
import {
  emptyRecord,
  type RunRecord,
  readRunRecord,
  type SeenRecord,
  serializeRunRecord,
} from "./run-record.ts";
import { runRecordKey, tableOfState } from "./state-keys.ts";
import { knownStateOf } from "./state-of.ts";
import { etagOfOwn, Superseded } from "./superseded.ts";

/**
 * Writes new state, then the run record.
 *
 * @param uploads New state by key; keys contain the digest of the content, so writing them again changes nothing.
 * @param etag The version of the run record that this run began with.
 * @throws Superseded if another run has committed since. Everything that this run wrote is then removed.
 */
export async function commit(
  scope: RunScope,
  record: RunRecord,
  uploads: ReadonlyMap<string, ObjectBody>,
  etag: string | null,
): Promise<SeenRecord> {
  let done = 0;
  await inParallel(uploads, scope.concurrency, async ([key, body]) => {
    await scope.gold.put(key, body);
    done += 1;
    scope.progress("commit", "state", done, uploads.size);
  });
  try {
    return { record, etag: await writeRunRecord(scope, record, etag) };
  } catch (error) {
    if (error instanceof Superseded) {
      await removeUploads(scope, [...uploads.keys()]);
    }
    throw error;
  }
}

/**
 * Replaces the run record.
 *
 * @param etag The version to replace; null if there must be no record yet.
 * @throws Superseded if the version has changed.
 */
export async function writeRunRecord(
  { gold }: Pick<RunScope, "gold">,
  record: RunRecord,
  etag: string | null,
): Promise<string> {
  try {
    return await gold.put(runRecordKey, serializeRunRecord(record), { ifMatch: etag });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) {
      throw error;
    }
    const own = await etagOfOwn(gold, record);
    if (own === undefined) {
      throw new Superseded();
    }
    return own;
  }
}

/** Keeps what the winning run uses: it may have written the same content under the same key. */
async function removeUploads({ gold }: RunScope, keys: string[]): Promise<void> {
  const winner = await readRunRecord(gold);
  const lists = new FileLists(gold);
  const { used, lost } = await knownStateOf(lists, winner?.record ?? emptyRecord);
  const unused = keys.filter((key) => !used.has(key) && !lost.has(tableOfState(key)));
  await gold.deleteAll(unused);
}
