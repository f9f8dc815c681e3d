/** The Lambda function: one run of silver→gold for each event, or one task of a run. */
import { tmpdir } from "node:os";
import { Logger } from "@aws-lambda-powertools/logger";
import { silverGold } from "@lakehouse/lake/functions";
import { openLake } from "@lakehouse/lake/lake";
import type { PassOver } from "@lakehouse/lake/object-store";
import { openScratch } from "@lakehouse/lake/scratch";
import { catalog } from "@lakehouse/tables/catalog";
import { asError } from "@lakehouse/transforms/errors";
import { engineMemoryMib } from "./engine/engine-memory.ts";
import { CheckFailedError } from "./errors.ts";
import { asksToValidate, parseEvent, type Request, taskOf } from "./event.ts";
import { type Advance, afterRun, listTasks } from "./fan-out.ts";
import { goldMetrics } from "./gold-metrics.ts";
import type { GoldOptions, GoldRun } from "./gold-run.ts";
import type { TableCatalog } from "./publish/table-catalog.ts";
import { runGold } from "./run-gold.ts";
import { readRuntime } from "./runtime.ts";
import { noteFailedChecks } from "./state/failed-checks.ts";
import { leavePending, TasksPending } from "./tasks/pending.ts";
import { runTask } from "./tasks/run-task.ts";

const logger = new Logger({ serviceName: silverGold });
const runtime = readRuntime();
const lake = openLake(runtime.location, runtime.lake, ["silver", "gold"]);
const metrics = goldMetrics(runtime.environment);

/** The part of Lambda's context that this function uses. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/**
 * Handles scheduled events, messages that start a run, `{}`, `{"rebuild": true}`, `{"prune": true}` and `{"acceptDecrease": [NAMES]}`;
 * of a deployment, `{"validate": true}`; of the state machine that spreads a run over many invocations, `{"fanOut": {"execution": NAME}, "request": EVENT}`; and of its
 * tasks, `{"task": KEY}`.
 */
export async function handler(
  event: unknown,
  context?: Context,
): Promise<GoldRun | Advance | { task: string } | { validated: readonly ModelAnswer[] }> {
  if (asksToValidate(event)) {
    return { validated: await validate() };
  }
  const task = taskOf(event);
  return task === undefined ? await run(event, context) : await doTask(task);
}

/** What Athena says of a model's query. */
interface ModelAnswer {
  readonly model: string;
  /** What it reads, and gold does not have yet: Athena was not asked. */
  readonly missing: readonly string[];
  readonly mistake: string | null;
  readonly hint: string | null;
}

/** Asks Athena whether it takes the queries of its models. That reads no rows, and changes nothing. */
async function validate(): Promise<ModelAnswer[]> {
  const athena = await openAthena();
  if (athena === undefined) {
    return [];
  }
  const { validateModels } = await import("./models/athena/validate-models.ts");
  const { openEngine } = await import("./engine/open-engine.ts");
  using scratch = openScratch(tmpdir(), silverGold);
  using engine = await openEngine({ directory: scratch.path });
  const found = await Array.fromAsync(validateModels({ gold: lake.gold, catalog, engine, athena }));
  return found.map(({ model, missing, mistake }) => ({
    ...{ model, missing },
    ...{ mistake: mistake?.message.trim() ?? null, hint: mistake?.hint ?? null },
  }));
}

/** Does a task. Its result is in gold: the answer only names the task. */
async function doTask(task: string): Promise<{ task: string }> {
  try {
    using scratch = openScratch(tmpdir(), silverGold);
    const { memoryMib } = runtime;
    const memoryLimitMib = Math.max(128, Math.floor(memoryMib / 2));
    // Lambda gives a processor for each 1,769 MiB.
    const sessions = Math.max(1, Math.floor(memoryMib / 1_769));
    await runTask(lake, catalog, task, { scratch: scratch.path, memoryLimitMib, sessions });
    logger.info("task finished", { task });
    return { task };
  } catch (error) {
    const { name, message } = asError(error);
    logger.error("task failed", { task, error: { name, message } });
    throw error;
  }
}

/**
 * Does a run. A backlog that is too large for one invocation is left for the next one.
 *
 * A run that is superseded is not an error. Logs and errors name the model or object and what happened to it, but never
 * contain records. `lakehouse gold` shows the rows of a failed check.
 */
async function run(event: unknown, context?: Context): Promise<GoldRun | Advance> {
  let request: Request | undefined;
  let failure: unknown;
  try {
    request = parseEvent(event);
    const { rebuild, prune, acceptDecrease, execution } = request;
    await metrics.started(lake.gold, catalog);
    const memoryLimitMib = engineMemoryMib(runtime.memoryMib);
    const { packSilverAfterDays: afterDays } = runtime;
    // Removes what killed invocations left: they share /tmp with this one.
    using scratch = openScratch(tmpdir(), silverGold);
    const finished = await runGold(lake, catalog, {
      rebuild,
      prune,
      acceptDecrease,
      scratch: scratch.path,
      memoryLimitMib,
      sliceMib: runtime.sliceMib,
      retentionDays: runtime.retentionDays,
      packs: afterDays === undefined ? undefined : { afterDays },
      tableCatalog: await openCatalog(),
      athena: await openAthena(),
      onAthena: metrics.athena,
      // Everything else is published. A failed invocation would be repeated, and keep new silver waiting for that.
      onAthenaFailed: (error) => {
        failure = error;
      },
      remainingMilliseconds: context?.getRemainingTimeInMillis.bind(context),
      // A directory is listed fast, and bronze→silver writes no marks there.
      listing: runtime.location === "s3" ? "recent" : "all",
      passOver: warnOnce(),
      onOutdated: metrics.outdated,
      ...(execution !== undefined && { tasks: leavePending, taskMib: runtime.taskMib }),
    });
    metrics.finished(finished);
    logger.info("run finished", { ...finished });
    if (failure !== undefined) {
      await noteFailure("models failed", failure);
    }
    if (runtime.publishesReport) {
      await report(
        { ...finished, published: finished.published || failure !== undefined },
        context,
      );
    }
    return execution === undefined ? finished : afterRun(finished);
  } catch (error) {
    if (error instanceof TasksPending && request !== undefined) {
      const { execution, ...again } = request;
      logger.info("run leaves tasks", { execution, tasks: error.keys.length });
      const bucket = runtime.lake.buckets?.gold;
      return {
        status: "tasks",
        bucket,
        key: await listTasks(lake.gold, error.keys),
        request: again,
      };
    }
    await noteFailure("run failed", error);
    if (error instanceof CheckFailedError && runtime.publishesReport) {
      await report({ published: true, outdated: {} }, context);
    }
    throw error;
  } finally {
    metrics.publish();
  }
}

/** Logs an error, and notes the checks that failed, for the metric and for `lakehouse status`. */
async function noteFailure(what: string, error: unknown): Promise<void> {
  const { name, message } = asError(error);
  const checks = error instanceof CheckFailedError ? error.failures.map(withoutRows) : undefined;
  logger.error(what, { error: { name, message }, ...(checks && { checks }) });
  if (error instanceof CheckFailedError) {
    metrics.failed(error.failures.length);
    await noteFailedChecks(lake.gold, error, new Date());
  }
}

/** Publishes the report. A run is as good without it, so its errors are logged and forgotten. */
async function report(
  { published, outdated }: Pick<GoldRun, "published" | "outdated">,
  context: Context | undefined,
): Promise<void> {
  try {
    using scratch = openScratch(tmpdir(), silverGold);
    const { publishReport } = await import("./page/publish-report.ts");
    const { environment, page } = runtime;
    const { buckets, region, glueDatabase } = runtime.lake;
    const milliseconds = context?.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY;
    const bytes = await publishReport(
      {
        lake,
        catalog,
        scratch: scratch.path,
        environment,
        bucket: buckets?.gold,
        region,
        glueDatabase,
        page,
      },
      { isChanged: published, outdated, milliseconds, passOver: warnOnce() },
    );
    if (bytes > 0) {
      logger.info("report published", { bytes });
    }
  } catch (error) {
    const { name, message } = asError(error);
    logger.error("report failed", { error: { name, message } });
  }
}

/** The catalog of the deployment. Its client is loaded by the first run. */
async function openCatalog(): Promise<TableCatalog | undefined> {
  const { glueDatabase } = runtime.lake;
  if (glueDatabase === undefined) {
    return undefined;
  }
  const { GlueDatabase } = await import("./publish/glue.ts");
  return new GlueDatabase(glueDatabase, runtime.lake);
}

/** Athena, if it builds models of the deployment. Its client is loaded by the first run. */
async function openAthena(): Promise<GoldOptions["athena"]> {
  const { openWorkgroup } = await import("./engine/athena/open-workgroup.ts");
  return await openWorkgroup(lake.gold, runtime.lake);
}

/** Logs each file that is passed over once. */
function warnOnce(): PassOver {
  const warned = new Set<string>();
  return ({ key, message }) => {
    if (!warned.has(key)) {
      warned.add(key);
      logger.warn("passed over", { reason: message });
    }
  };
}

function withoutRows({ model, check, failing, rows }: CheckFailedError["failures"][number]) {
  return { model, check, failing, rows };
}
