/** Defines the relations that a query reads as views over local files. */
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import type { Session, View } from "@lakehouse/silver-gold/engine";
import {
  type Inspection,
  inspect,
  type ModelState,
  silverKeys,
  type TableState,
} from "@lakehouse/silver-gold/inspect";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { localCopies } from "../local-copies.ts";

/** Defines every view without rows, which is enough to validate a query. */
export async function defineEmptyViews(session: Session, catalog: Catalog): Promise<void> {
  for (const relation of relationsOf(catalog)) {
    await session.define(relation.name, viewOf(relation, []));
  }
}

/** Defines the views with these names, with all their rows. Downloads their files. */
export async function defineViews(
  context: Context,
  session: Session,
  names: ReadonlySet<string>,
): Promise<void> {
  const inspection = await inspect(context.lake.gold, context.catalog);
  for (const relation of relationsOf(context.catalog)) {
    if (names.has(relation.name)) {
      const files = await filesOf(context, relation, inspection);
      await session.define(relation.name, viewOf(relation, files));
    }
  }
}

function viewOf({ kind, columns, format }: Relation, files: readonly string[]): View {
  return kind === "silver" ? { kind, columns, files } : { kind: "files", columns, format, files };
}

/** Local copies of all files of a relation. */
async function filesOf(
  context: Context,
  relation: Relation,
  { tables, models }: Inspection,
): Promise<string[]> {
  const { silver, gold } = context.lake;
  const { name } = relation;
  switch (relation.kind) {
    case "silver":
      return await localCopies(context, silver, await silverKeys(silver, relation.table));
    case "quarantine": {
      const keys = (await Array.fromAsync(silver.list(relation.prefix))).map(({ key }) => key);
      return await localCopies(context, silver, keys);
    }
    case "current": {
      const state = tables.find(({ table }) => table.name === name);
      return await localCopies(context, gold, keysOf(`Table ${name}`, state));
    }
    case "model": {
      const state = models.find(({ model }) => model.name === name);
      return await localCopies(context, gold, keysOf(`Model ${name}`, state));
    }
  }
}

/** The keys of current rows or of a model; empty before the first gold run. */
function keysOf(what: string, state: TableState | ModelState | undefined): readonly string[] {
  if (state?.freshness === "changed") {
    throw new UsageError(`${what} changed since the last gold run`, "Run lakehouse gold.");
  }
  return (state?.files ?? []).map(({ key }) => key);
}
