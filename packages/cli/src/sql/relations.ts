/** The relations that a query can read as views over local files: as they are, or as they were. */
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import type { FileView, SilverView } from "@lakehouse/silver-gold/engine";
import {
  type Inspection,
  inspect,
  type ModelState,
  type TableState,
} from "@lakehouse/silver-gold/inspect";
import { copySilver } from "@lakehouse/silver-gold/silver-copies";
import { contentAt, readHistories } from "@lakehouse/silver-gold/versions";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../context.ts";
import { DataError, UsageError } from "../errors.ts";
import { localCopies } from "../local-copies.ts";
import { type Point, versionAt, withoutVersions } from "./point.ts";

/** A view of a relation over files. */
export type RelationView = FileView | SilverView;

/** The error for a file that something removed from the lake. */
export function missingFile(error: ObjectNotFoundError): DataError {
  return new DataError(
    `A file of the lake is missing: ${JSON.stringify(error.key)}. `,
    "Run lakehouse audit, which says how to fix it.",
    { cause: error },
  );
}

/** How often files are downloaded of a lake that runs replace meanwhile. */
const maximumAttempts = 3;

/**
 * Views of all relations: of those with these names with all their rows, of the others without rows. Downloads files. All are
 * of one run: if another run has replaced some of them meanwhile, they are downloaded again.
 *
 * @throws DataError if runs replaced them each time.
 */
export async function viewsOf(
  context: Context,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, RelationView>> {
  return (await viewsWithState(context, names)).views;
}

/** As `viewsOf`, with a string that changes when gold's part of the rows does. */
export async function viewsWithState(
  context: Context,
  names: ReadonlySet<string>,
): Promise<{ readonly views: ReadonlyMap<string, RelationView>; readonly state: string }> {
  const { lake, catalog } = context;
  for (let attempt = 1; attempt <= maximumAttempts; attempt += 1) {
    const inspection = await inspect(lake.gold, catalog);
    const isReplaced = async (): Promise<boolean> =>
      contentIn(inspection, names) !== contentIn(await inspect(lake.gold, catalog), names);
    try {
      const views = await viewsFrom(context, names, inspection);
      if (!canBeReplaced(context, names) || !(await isReplaced())) {
        return { views, state: contentIn(inspection, names) };
      }
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError && (await isReplaced()))) {
        throw error;
      }
    }
  }
  throw new DataError(
    `Gold was replaced ${maximumAttempts} times while the query read it. `,
    "Run the query again once the gold run has ended.",
  );
}

/** Whether a query reads files of models that runs replace under the same key. Other files of gold never change. */
function canBeReplaced({ catalog }: Context, names: ReadonlySet<string>): boolean {
  return relationsOf(catalog).some(
    ({ kind, name, isOpen }) => kind === "model" && !isOpen && names.has(name),
  );
}

/** The files of these tables and models, with what is in them. */
function contentIn({ tables, models, hashes }: Inspection, names: ReadonlySet<string>): string {
  const files = [
    ...tables.map((each) => ({ name: each.table.name, files: each.files })),
    ...models.map((each) => ({ name: each.model.name, files: each.files })),
  ].filter(({ name }) => names.has(name));
  return JSON.stringify(
    files.map((each) => [each.name, each.files.map(({ key }) => [key, hashes.get(key)])]),
  );
}

async function viewsFrom(
  context: Context,
  names: ReadonlySet<string>,
  inspection: Inspection,
): Promise<ReadonlyMap<string, RelationView>> {
  const views = new Map<string, RelationView>();
  for (const relation of relationsOf(context.catalog)) {
    const isRead = names.has(relation.name);
    const files = isRead ? await filesOf(context, relation, inspection) : [];
    views.set(relation.name, viewOf(relation, files));
  }
  return views;
}

/** A relation as it was. */
export interface EarlierRelation {
  readonly relation: Relation;
  /** The keys of its files. */
  readonly keys: readonly string[];
}

/**
 * The relations with these names as they were at a point, by name.
 *
 * @throws UsageError if one has no versions, or not this one.
 */
export async function relationsAt(
  { lake, catalog }: Context,
  names: ReadonlySet<string>,
  point: Point,
): Promise<ReadonlyMap<string, EarlierRelation>> {
  const read = relationsOf(catalog).filter(({ name }) => names.has(name));
  if (point.kind === "version" && read.length > 1) {
    throw new UsageError(
      `Version ${point.version} is of one table, and the query reads ${read.map(({ name }) => name).join(", ")}`,
      "Give a time: each table is then read as it was at that time.",
    );
  }
  const histories = await readHistories(lake.gold);
  const found = new Map<string, EarlierRelation>();
  for (const relation of read) {
    const { name } = relation;
    const history = histories.get(name);
    if (!relation.isOpen || relation.kind === "quarantine") {
      throw new UsageError(
        `--at reads open tables, and ${name} is not one: it has no versions`,
        `Tables with versions: ${[...histories.keys()].join(", ") || "none yet"}.`,
      );
    }
    if (history === undefined) {
      throw withoutVersions(name);
    }
    const { columns, keys } = contentAt(history, versionAt(history, point));
    const described = columns.map(({ description = "", ...column }) => ({
      ...column,
      description,
    }));
    found.set(name, { relation: { ...relation, columns: described }, keys });
  }
  return found;
}

/** Views of all relations: of these with their rows as they were, of the others without rows. Downloads files. */
export async function earlierViews(
  context: Context,
  earlier: ReadonlyMap<string, EarlierRelation>,
): Promise<ReadonlyMap<string, RelationView>> {
  const views = new Map<string, RelationView>();
  for (const relation of relationsOf(context.catalog)) {
    const found = earlier.get(relation.name);
    const files = await localCopies(context, context.lake.gold, found?.keys ?? []);
    views.set(relation.name, viewOf(found?.relation ?? relation, files));
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
      return await filesOfSilver(context, relation.table);
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

/** Local copies of a table's silver: from packs, or one by one. */
async function filesOfSilver(context: Context, table: Table): Promise<string[]> {
  const { lake, passOver, scratch } = context;
  const { keys, copies } = await copySilver(lake, table, passOver, scratch);
  const others = keys.filter((key) => !copies.has(key));
  const downloaded = await localCopies(context, lake.silver, others);
  const files = new Map(others.map((key, index) => [key, downloaded[index] ?? ""]));
  // In the order of arrival, as the query promises.
  return keys.map((key) => copies.get(key) ?? files.get(key) ?? "");
}

/** The keys of current rows or of a model. @throws UsageError if gold does not have it as it is defined. */
function keysOf(what: string, state: TableState | ModelState | undefined): readonly string[] {
  if (state === undefined || state.freshness === "new") {
    throw new UsageError(`${what} is not built yet`, "Run lakehouse gold.");
  }
  if (state.freshness === "changed") {
    throw new UsageError(
      `${what} changed since the last gold run, or that run left it out (--only)`,
      "Run lakehouse gold.",
    );
  }
  return state.files.map(({ key }) => key);
}
