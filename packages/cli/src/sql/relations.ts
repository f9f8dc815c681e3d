/** The relations that a query can read as views over local files. */
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import type { FileView, SilverView } from "@lakehouse/silver-gold/engine";
import {
  type Inspection,
  inspect,
  type ModelState,
  silverKeys,
  type TableState,
} from "@lakehouse/silver-gold/inspect";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { localCopies } from "../local-copies.ts";

/** A view of a relation over files. */
export type RelationView = FileView | SilverView;

/** Views of all relations: of those with these names with all their rows, of the others without rows. Downloads files. */
export async function viewsOf(
  context: Context,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, RelationView>> {
  const inspection = await inspect(context.lake.gold, context.catalog);
  const views = new Map<string, RelationView>();
  for (const relation of relationsOf(context.catalog)) {
    const isRead = names.has(relation.name);
    const files = isRead ? await filesOf(context, relation, inspection) : [];
    views.set(relation.name, viewOf(relation, files));
  }
  return views;
}

/** The view of a relation over local files. */
export function viewOf(
  { kind, columns, format }: Relation,
  files: readonly string[],
): RelationView {
  return kind === "silver" ? { kind, columns, files } : { kind: "files", columns, format, files };
}

/** Local copies of all files of a relation. */
async function filesOf(
  context: Context,
  relation: Relation,
  { tables, models }: Inspection,
): Promise<string[]> {
  const { silver, gold } = context.lake;
  const { passOver } = context;
  const { name } = relation;
  switch (relation.kind) {
    case "silver":
      return await localCopies(context, silver, await silverKeys(silver, relation.table, passOver));
    case "quarantine": {
      const keys = (await Array.fromAsync(silver.list(relation.prefix, passOver))).map(
        ({ key }) => key,
      );
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
