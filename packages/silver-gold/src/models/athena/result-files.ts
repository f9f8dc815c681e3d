/** The files that a query of Athena wrote, which are its rows. */
import { text } from "node:stream/consumers";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { athenaResultsPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { QueryStatus } from "../../engine/athena/query-service.ts";
import { AthenaModelError } from "../../errors.ts";
import { type Attempt, attemptFolder } from "../../state/athena-attempt.ts";
import { type AthenaResult, usageOf } from "./athena-run.ts";

/**
 * Finds the files of a query that has succeeded.
 *
 * @returns Undefined if files are missing.
 * @throws AthenaModelError if Athena writes its list of files to another bucket.
 */
export async function resultOf(
  gold: ObjectStore,
  model: string,
  attempt: Attempt,
  status: QueryStatus,
): Promise<AthenaResult | undefined> {
  const { query = "" } = attempt;
  const folder = attemptFolder(model, attempt.token);
  const files = await unloadedFiles(gold, model, query, status, folder);
  return files && { attempt, query, files, ...usageOf([attempt.used, status]) };
}

/**
 * Finds the files of an UNLOAD that has succeeded.
 *
 * @param folder What their keys start with.
 * @returns Their keys, sorted. Undefined if files are missing.
 * @throws AthenaModelError like `resultOf`.
 */
export async function unloadedFiles(
  gold: ObjectStore,
  model: string,
  query: string,
  status: QueryStatus,
  folder: string,
): Promise<readonly string[] | undefined> {
  const listed = await keysIn(gold, folder);
  // Files that the query's own list does not have are those of a query that failed on its way, or was started twice.
  const files = await filesOf(gold, model, query, status, listed);
  const isWhole = files?.every((key) => listed.includes(key));
  return isWhole ? [...(files ?? [])].sort() : undefined;
}

/** The address of an object of gold, as Athena needs it. */
export function addressIn(gold: ObjectStore, key: string): string {
  return gold.uri?.(key) ?? key;
}

/**
 * The keys of the files that a query wrote, by its own list. Undefined if that is missing: the files may have been removed, as
 * after the restore of an earlier run record, and a folder without files is no result without rows.
 */
async function filesOf(
  gold: ObjectStore,
  model: string,
  query: string,
  { manifest }: QueryStatus,
  listed: readonly string[],
): Promise<readonly string[] | undefined> {
  if (manifest === undefined) {
    return listed.length === 0 ? [] : undefined;
  }
  const root = addressIn(gold, "");
  if (!manifest.startsWith(root)) {
    throw new AthenaModelError(
      model,
      `Athena writes the list of its files to ${manifest}, outside of ${root}`,
      `Let the workgroup write results to ${addressIn(gold, athenaResultsPrefix)}, as a deployment does, then run again.`,
      query,
    );
  }
  try {
    const content = await text(await gold.read(manifest.slice(root.length)));
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

async function keysIn(gold: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of gold.list(prefix, () => {})) {
    keys.push(key);
  }
  return keys;
}
