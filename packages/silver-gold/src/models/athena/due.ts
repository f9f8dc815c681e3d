/** Whether a model that Athena builds has to be built, and whether it can be built now. */
import type { Attempt } from "../../state/athena-attempt.ts";
import type { PinnedVersions, RunRecord } from "../../state/run-record.ts";
import type { ResolvedModel } from "../model-graph.ts";
import { hasRowsOf, isExpired, type Pins } from "./pins.ts";
import { readinessOf } from "./readiness.ts";

/** What all models of a run have in common at one moment. */
export interface Moment {
  readonly record: RunRecord;
  readonly pins: Pins;
}

/** Whether a model has to be built: its query, or what it reads, has changed since its last build. */
export function isDue(resolved: ResolvedModel, moment: Moment): boolean {
  const { model } = resolved;
  const before = moment.record.models[model.name];
  const from = before?.athena?.sources;
  return (
    before?.fingerprint !== model.fingerprint ||
    from === undefined ||
    !hasSameRows(resolved, moment, from)
  );
}

/** Whether an attempt has the model's query, over the rows that its sources have now. */
export function isSameBuild(resolved: ResolvedModel, moment: Moment, attempt: Attempt): boolean {
  return (
    attempt.fingerprint === resolved.model.fingerprint &&
    hasSameRows(resolved, moment, attempt.sources)
  );
}

/**
 * Whether an attempt must be given up: the model has changed, the versions are gone that its query would read, or its rows were
 * refused and there are newer ones.
 */
export function isOutdated(resolved: ResolvedModel, moment: Moment, attempt: Attempt): boolean {
  return (
    attempt.fingerprint !== resolved.model.fingerprint ||
    (attempt.query === undefined && isExpired(moment.pins, attempt.sources)) ||
    (attempt.isRefused === true && !hasSameRows(resolved, moment, attempt.sources))
  );
}

/**
 * Whether a model can be built now: all that it reads is published, with the columns of the catalog.
 *
 * @param models All models, in build order.
 * @param busy The names of models that Athena is about to build.
 */
export function isReady(
  resolved: ResolvedModel,
  { record, pins }: Moment,
  models: readonly ResolvedModel[],
  busy: ReadonlySet<string>,
): boolean {
  const { reads } = resolved;
  if (reads.some((name) => !pins.has(name)) || readsOneOf(resolved, models, busy)) {
    return false;
  }
  const { unready, waiting } = readinessOf(models, record, new Set(), new Set());
  return reads.every((name) => !unready.has(name) && !waiting.has(name));
}

/** Whether the columns of an attempt's rows have the ids that they have in the model's next files. */
export function hasIds({ fieldIds }: Attempt, wanted: Attempt["fieldIds"]): boolean {
  return JSON.stringify(fieldIds) === JSON.stringify(wanted);
}

/** Whether everything is published that the checks of a model read beside it. */
export function areChecksReady(
  { model, checkReads }: ResolvedModel,
  { record, pins }: Moment,
  models: readonly ResolvedModel[],
): boolean {
  const { unready, waiting } = readinessOf(models, record, new Set([model.name]), new Set());
  const others = checkReads.filter((name) => name !== model.name);
  return others.every((name) => pins.has(name) && !unready.has(name) && !waiting.has(name));
}

/** Whether a model reads one of these, directly or not. */
function readsOneOf(
  { reads }: ResolvedModel,
  models: readonly ResolvedModel[],
  names: ReadonlySet<string>,
): boolean {
  const all = new Map(models.map((each) => [each.model.name, each.reads]));
  const found = new Set(reads);
  for (const name of found) {
    for (const read of all.get(name) ?? []) {
      found.add(read);
    }
  }
  return !found.isDisjointFrom(names);
}

/** Whether rows were refused by checks that read something that has other rows now. */
export function areChecksOutdated(
  { model, checkReads }: ResolvedModel,
  moment: Moment,
  { isRefused, checkSources = {} }: Attempt,
): boolean {
  const reads = checkReads.filter((name) => name !== model.name);
  return isRefused === true && !hasSameRows({ reads }, moment, checkSources);
}

function hasSameRows(
  { reads }: Pick<ResolvedModel, "reads">,
  { pins }: Moment,
  sources: PinnedVersions,
): boolean {
  return reads.every((name) => {
    const pin = pins.get(name);
    return pin !== undefined && hasRowsOf(pin, sources[name]);
  });
}
