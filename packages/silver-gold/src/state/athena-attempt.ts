/**
 * Attempts to build a model on Athena: what was started and with which token, so that the next run goes on with it. It is an
 * object of its own, because a query goes on while other runs commit.
 */
import { text } from "node:stream/consumers";
import { ObjectNotFoundError, PreconditionFailedError } from "@lakehouse/lake/errors";
import { athenaPrefix, athenaResultsPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import * as z from "zod";
import { type ModelRecord, pinnedVersions, type RunRecord } from "./run-record.ts";

const checkSchema = z.object({
  /** The place of the check among the model's checks of rows. */
  place: z.number(),
  /** It names the query, and the folder that it writes to. */
  token: z.string(),
  sql: z.string(),
  query: z.string().optional(),
  queriedAt: z.string().optional(),
});

/** The query of a check, over the rows that another query has written. */
export type CheckQuery = z.infer<typeof checkSchema>;

const schema = z.object({
  version: z.literal(1),
  /** Names the attempt: it is Athena's token, and the folder that the query writes to. */
  token: z.string(),
  /** The model's fingerprint. */
  fingerprint: z.string(),
  /** What it reads, by name. */
  sources: pinnedVersions,
  /** The statement: a token stands for one statement only. */
  sql: z.string(),
  /** The ids of the model's columns, if its rows go to a table whose files the model takes over. */
  fieldIds: z.record(z.string(), z.number()).optional(),
  /** Checks of these rows, once they are written. */
  checks: z.array(checkSchema).optional(),
  /** What these checks read beside them, by name. */
  checkSources: pinnedVersions.optional(),
  /** What earlier attempts have used that no run has counted, and this one, once it has failed. */
  used: z.object({ bytesScanned: z.number(), milliseconds: z.number() }).optional(),
  /** Counts the attempts with the same query over the same rows. */
  number: z.number(),
  startedAt: z.string(),
  /** The id of the query, once Athena has said it. */
  query: z.string().optional(),
  /** When it said it. */
  queriedAt: z.string().optional(),
  /** Whether a run refused its rows: a check failed. A later run looks at them again, unless there are newer rows to query. */
  isRefused: z.boolean().optional(),
  /** Why it has not built the model. */
  failure: z
    .object({
      at: z.string(),
      /** It contains no records. */
      problem: z.string(),
      hint: z.string(),
      /** When a run may try again with the same query over the same rows. */
      retryAt: z.string(),
      /** Whether the model fails until then. Otherwise it waits. */
      isFinal: z.boolean(),
    })
    .optional(),
});

/** An attempt to build a model. */
export type Attempt = z.infer<typeof schema>;

/** An attempt, and the version of the object that it was read from. */
export interface SeenAttempt {
  readonly attempt: Attempt;
  readonly etag: string;
}

/** What the keys of everything start with that an attempt writes. */
export function attemptFolder(model: string, token: string): string {
  return `${athenaPrefix}${model}/${token}/`;
}

/** What the keys of everything start with that the query of a check writes. */
export function checkFolder(model: string, token: string, check: string): string {
  return `${attemptFolder(model, token)}${check}/`;
}

/** The object that says what the last attempt for a model is. Removing it lets the next run try again at once. */
export function attemptKey(model: string): string {
  return `${athenaPrefix}${model}/attempt.json`;
}

/** Reads the last attempt for a model; undefined if there is none, or if it can't be understood. */
export async function readAttempt(
  gold: ObjectStore,
  model: string,
): Promise<{ readonly etag: string; readonly attempt: Attempt | undefined } | undefined> {
  try {
    const { head, body } = await gold.open(attemptKey(model));
    const found = schema.safeParse(parsed(await text(body)));
    return { etag: head.etag, attempt: found.data };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** @param etag What it replaces; null for nothing. @returns Undefined if another run was faster. */
export async function writeAttempt(
  gold: ObjectStore,
  model: string,
  attempt: Attempt,
  etag: string | null,
): Promise<SeenAttempt | undefined> {
  try {
    const bytes = Buffer.from(`${JSON.stringify(attempt)}\n`);
    return { attempt, etag: await gold.put(attemptKey(model), bytes, { ifMatch: etag }) };
  } catch (error) {
    if (error instanceof PreconditionFailedError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether a model was built from what an attempt wrote. */
export function isSpent({ token }: Attempt, record: ModelRecord | undefined): boolean {
  return record?.athena?.token === token;
}

/** Whether a run may still need what an attempt writes. */
export function isLive(attempt: Attempt, record: ModelRecord | undefined): boolean {
  return attempt.failure === undefined && !isSpent(attempt, record);
}

/** The ids of an attempt's queries, as far as Athena has said them. */
export function queriesOf({ query, checks = [] }: Attempt): readonly string[] {
  return [query, ...checks.map((check) => check.query)].filter((id) => id !== undefined);
}

/** What attempts left. */
export interface UnusedAttempts {
  /** The keys of what they wrote. */
  readonly keys: readonly string[];
  /** The ids of queries that may still go on, of models that Athena does not build any longer. */
  readonly queries: readonly string[];
}

/**
 * What attempts wrote that no run needs any longer.
 *
 * @param keys The keys of gold, listed before this is called: a later attempt has no objects among them.
 * @param isBuiltThere Whether a model still is one that Athena builds.
 */
export async function unusedAttempts(
  gold: ObjectStore,
  keys: Iterable<string>,
  { models }: Pick<RunRecord, "models">,
  isBuiltThere: (model: string) => boolean,
): Promise<UnusedAttempts> {
  const staged = [...keys].filter((key) => key.startsWith(athenaPrefix));
  const byModel = Map.groupBy(staged, (key) => key.slice(athenaPrefix.length).split("/")[0] ?? "");
  const needed = new Set<string>();
  const queries = new Set<string>();
  let isStarting = false;
  const orphans: string[] = [];
  for (const model of [...byModel.keys()].filter((name) => name !== resultsFolder)) {
    const { attempt } = (await readAttempt(gold, model)) ?? {};
    const isNeeded = attempt !== undefined && isLive(attempt, models[model]);
    if (!isBuiltThere(model)) {
      orphans.push(...(isNeeded ? queriesOf(attempt) : []));
      continue;
    }
    needed.add(attemptKey(model));
    if (isNeeded) {
      needed.add(attemptFolder(model, attempt.token));
      const all = [attempt, ...(attempt.checks ?? [])];
      isStarting ||= all.some(({ query }) => query === undefined);
      for (const query of queriesOf(attempt)) {
        queries.add(query);
      }
    }
  }
  const unused = staged.filter((key) => {
    if (key.startsWith(athenaResultsPrefix)) {
      // Athena names what it says of a query by the query's id.
      const name = key.slice(athenaResultsPrefix.length);
      return !isStarting && !queries.has(name.slice(0, idLength));
    }
    const [model = "", token = ""] = key.slice(athenaPrefix.length).split("/");
    return !needed.has(key) && !needed.has(attemptFolder(model, token));
  });
  return { keys: unused, queries: orphans };
}

const resultsFolder = athenaResultsPrefix.slice(athenaPrefix.length, -1);
/** An id is a UUID. */
const idLength = 36;
