/** Asks Athena whether it takes the queries of its models, over the tables that are deployed. It reads no rows. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { QueryRefusedError, type QueryStatus } from "../../engine/athena/query-service.ts";
import { validateStatement } from "../../engine/athena/statement.ts";
import type { Engine } from "../../engine/engine.ts";
import { AthenaError, ModelError } from "../../errors.ts";
import { FileLists } from "../../state/file-list.ts";
import { emptyRecord, readRunRecord } from "../../state/run-record.ts";
import { inputNames, resolveModel } from "../model-graph.ts";
import type { AthenaOptions } from "./athena-run.ts";
import { pinsOf } from "./pins.ts";
import { isRemote } from "./readiness.ts";
import { remoteQueryOf } from "./remote-query.ts";

/** What Athena says of a model's query. */
export interface ValidatedModel {
  readonly model: string;
  /** Tables and models that it reads, and that gold does not have yet. It was not asked then. */
  readonly missing: readonly string[];
  /** Why Athena refuses it; undefined if it takes it. */
  readonly mistake: ModelError | undefined;
}

/** What to validate. */
export interface ValidateModelsInput {
  readonly gold: ObjectStore;
  readonly catalog: Catalog;
  readonly engine: Engine;
  readonly athena: AthenaOptions;
}

const pause = 500;
const mostMilliseconds = 120_000;

/**
 * Validates all models that Athena builds, one after the other.
 *
 * @throws AthenaError if Athena can't be asked.
 */
export async function* validateModels(input: ValidateModelsInput): AsyncGenerator<ValidatedModel> {
  const { gold, catalog, engine, athena } = input;
  const record = (await readRunRecord(gold))?.record ?? emptyRecord;
  const lists = new FileLists(gold);
  for (const model of catalog.models.filter(isRemote)) {
    const resolved = await resolveModel(engine, inputNames(catalog), model);
    const pins = await pinsOf(lists, record, new Set(resolved.reads));
    const missing = resolved.reads.filter((name) => !pins.has(name));
    if (missing.length > 0) {
      yield { model: model.name, missing, mistake: undefined };
      continue;
    }
    const query = await remoteQueryOf(engine, catalog, resolved, pins, athena.database);
    const reason = await refusalOf(athena, validateStatement(query));
    const { sqlFile } = model.engine.kind === "athena" && model.engine.sql ? model.engine : model;
    const mistake =
      reason === undefined
        ? undefined
        : new ModelError(
            model.name,
            `Athena refuses its query: ${reason}`,
            "Fix the query, or give the model SQL of its own for Athena: engine: athena({ sql }).",
            sqlFile,
          );
    yield { model: model.name, missing, mistake };
  }
}

/** Why Athena refuses a statement; undefined if it takes it. */
async function refusalOf(
  { service, wait = sleep }: AthenaOptions,
  statement: string,
): Promise<string | undefined> {
  let query: string;
  try {
    query = await service.start(statement, randomUUID());
  } catch (error) {
    if (error instanceof QueryRefusedError && !error.isRetryable) {
      return sentence(error.message);
    }
    throw error instanceof QueryRefusedError
      ? new AthenaError(service.name, "validate a query", error)
      : error;
  }
  for (let waited = 0; waited < mostMilliseconds; waited += pause) {
    const status: Partial<QueryStatus> = (await service.status(query)) ?? {};
    switch (status.state) {
      case "succeeded":
        return undefined;
      case "failed":
        if (status.isRetryable !== true) {
          return sentence(status.reason ?? "it does not say why");
        }
        throw new AthenaError(service.name, "validate a query", new Error(status.reason));
      case "cancelled":
      case undefined:
        throw new AthenaError(service.name, "validate a query", new Error("it was stopped"));
      case "running":
        await wait(pause);
    }
  }
  await service.stop(query);
  throw new AthenaError(service.name, "validate a query", new Error("it took too long"));
}

function sentence(message: string): string {
  return message.trim().replace(/\s+/g, " ").replace(/\.$/, "");
}
