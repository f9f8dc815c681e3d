/** Finds files that Athena wrote for models and that no model has taken over, or has any longer. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { isLive, readAttempt } from "./athena-attempt.ts";
import type { FileLists } from "./file-list.ts";
import type { RunRecord } from "./run-record.ts";
import { knownStateOf } from "./state-of.ts";
import { attemptOf } from "./taken-files.ts";

/**
 * The tokens of attempts that have files and are given up.
 *
 * A run that still holds what such an attempt wrote began with the last record, or an earlier one. So their files may go only after a
 * commit that follows this call: that run can't commit any longer.
 */
export async function abandonedTokens(
  gold: ObjectStore,
  keys: Iterable<string>,
  { models }: Pick<RunRecord, "models">,
): Promise<ReadonlySet<string>> {
  const found = [...keys].flatMap((key) => attemptOf(key) ?? []);
  const tokens = new Set(found.map(({ token }) => token));
  for (const model of new Set(found.map((each) => each.model))) {
    const { attempt } = (await readAttempt(gold, model)) ?? {};
    if (attempt !== undefined && isLive(attempt, models[model])) {
      tokens.delete(attempt.token);
    }
  }
  return tokens;
}

/**
 * The keys of files that may go: those of attempts that are given up, and what the last attempt of a model wrote beside its data files.
 *
 * @param keys Listed before `abandonedTokens` was called.
 */
export async function unusedTaken(
  keys: Iterable<string>,
  record: RunRecord,
  lists: FileLists,
  abandoned: ReadonlySet<string>,
): Promise<readonly string[]> {
  const over = [...keys].filter((key) => {
    const { model = "", token = "" } = attemptOf(key) ?? {};
    return abandoned.has(token) || (token !== "" && record.models[model]?.athena?.token === token);
  });
  if (over.length === 0) {
    return [];
  }
  const { used, lost } = await knownStateOf(lists, record);
  return over.filter((key) => !used.has(key) && !lost.has(attemptOf(key)?.model ?? ""));
}
