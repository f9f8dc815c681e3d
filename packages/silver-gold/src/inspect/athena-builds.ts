/** The models that Athena builds: what their last builds cost, and what became of a query since. */
import { athenaUsd } from "@lakehouse/lake/athena-cost";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { AthenaBuildData } from "@lakehouse/page/data";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { isSpent, readAttempt } from "../state/athena-attempt.ts";
import { type ModelRecord, readRunRecord } from "../state/run-record.ts";

/** A query of a model that has not built it. */
export interface AthenaQuery {
  /** The id; null if Athena has not taken it yet. */
  readonly query: string | null;
  readonly since: string;
  /** Why it has not built the model; null while it goes on. */
  readonly problem: string | null;
  /** What it has read once it has failed, with attempts before it. */
  readonly bytesScanned: number;
  readonly usd: number;
}

/** A model that Athena builds. */
export interface AthenaModel {
  readonly model: string;
  /** Whether gold has rows of it. */
  readonly isBuilt: boolean;
  /** Null if DuckDB built them, as in any lake without Athena, or nothing has. */
  readonly build: AthenaBuildData | null;
  /** Null if there is none since. */
  readonly query: AthenaQuery | null;
}

/** Lists the models that Athena builds. @throws StateError if the run record is damaged. */
export async function athenaModels(
  gold: ObjectStore,
  { models }: Pick<Catalog, "models">,
): Promise<readonly AthenaModel[]> {
  const names = models.flatMap(({ name, engine }) => (engine.kind === "athena" ? [name] : []));
  if (names.length === 0) {
    return [];
  }
  const record = (await readRunRecord(gold))?.record;
  return await Promise.all(
    names.map(async (model): Promise<AthenaModel> => {
      const found = record?.models[model];
      const attempt = (await readAttempt(gold, model))?.attempt;
      const isOpen = attempt !== undefined && !isSpent(attempt, found);
      return {
        model,
        isBuilt: found !== undefined,
        build: athenaBuild(found),
        query: isOpen
          ? {
              query: attempt.query ?? null,
              since: attempt.startedAt,
              problem: attempt.failure?.problem ?? null,
              ...costOf(attempt.failure && attempt.used?.bytesScanned),
            }
          : null,
      };
    }),
  );
}

function costOf(bytesScanned = 0): Pick<AthenaQuery, "bytesScanned" | "usd"> {
  return { bytesScanned, usd: bytesScanned === 0 ? 0 : athenaUsd(bytesScanned) };
}

/** The query of Athena that built what gold has of a model; null if DuckDB did, or nothing has. */
export function athenaBuild(
  record: Pick<ModelRecord, "athena"> | undefined,
): AthenaBuildData | null {
  if (record?.athena === undefined) {
    return null;
  }
  const { query, bytesScanned, milliseconds, builtAt } = record.athena;
  return { query, bytesScanned, usd: athenaUsd(bytesScanned), milliseconds, at: builtAt };
}
