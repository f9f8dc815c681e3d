/** A new attempt to build a model on Athena: its token, and its statement over the published versions of what it reads. */
import { randomUUID } from "node:crypto";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import {
  insertStatement,
  mostStatementBytes,
  unloadStatement,
} from "../../engine/athena/statement.ts";
import type { Engine } from "../../engine/engine.ts";
import { AthenaModelError } from "../../errors.ts";
import { type Attempt, attemptFolder } from "../../state/athena-attempt.ts";
import type { ResolvedModel } from "../model-graph.ts";
import type { AthenaOptions } from "./athena-run.ts";
import { type Pins, sourcesIn } from "./pins.ts";
import { remoteQueryOf } from "./remote-query.ts";
import { addressIn } from "./result-files.ts";
import { scratchName } from "./scratch-table.ts";

/** What a statement is made with. */
export interface NewAttemptInput {
  readonly gold: ObjectStore;
  readonly catalog: Catalog;
  readonly engine: Engine;
  readonly athena: Pick<AthenaOptions, "database">;
  readonly now: () => Date;
}

/**
 * Makes an attempt. Nothing is written or started.
 *
 * @param number Which attempt it is, of those with the same query over the same rows.
 * @param used What earlier attempts have used that no run has counted.
 * @param fieldIds The ids of the model's columns, if its rows go to a table whose files it takes over.
 * @throws ModelError if its query has no translation.
 * @throws AthenaModelError if its statement is too long.
 */
export async function newAttempt(
  { gold, catalog, engine, athena, now }: NewAttemptInput,
  resolved: ResolvedModel,
  pins: Pins,
  number: number,
  used: Attempt["used"],
  fieldIds: Attempt["fieldIds"],
): Promise<Attempt> {
  const { name, fingerprint } = resolved.model;
  const query = await remoteQueryOf(engine, catalog, resolved, pins, athena.database);
  const sources = sourcesIn(pins, resolved.reads);
  const token = randomUUID();
  const sql =
    fieldIds === undefined
      ? unloadStatement(query, addressIn(gold, attemptFolder(name, token)))
      : insertStatement(query, scratchName(token));
  if (Buffer.byteLength(sql) > mostStatementBytes) {
    throw new AthenaModelError(
      name,
      `its statement is longer than the ${mostStatementBytes} bytes that Athena takes`,
      "Divide the query into several models.",
    );
  }
  const startedAt = now().toISOString();
  const optional = { ...(fieldIds && { fieldIds }), ...(used && { used }) };
  return { version: 1, token, fingerprint, sources, sql, ...optional, number, startedAt };
}
