/** Lists tables and models, and how other engines read them. */
import { glueDatabase } from "@lakehouse/lake/deployed-lake";
import { relationsOf } from "@lakehouse/lake/relations";
import {
  type EngineLine,
  type EngineName,
  engineNames,
  engines,
  type GoldRelation,
  isGold,
  type Place,
  type ReadableTable,
  readableTable,
} from "@lakehouse/silver-gold/engines";
import { inspect } from "@lakehouse/silver-gold/inspect";
import { readHistories } from "@lakehouse/silver-gold/versions";
import type { ModelEngine } from "@lakehouse/transforms/model/engine";
import type { Context } from "../../context.ts";
import { unknownName } from "../../errors.ts";

/** A table or model. */
export interface ListedTable {
  readonly name: string;
  readonly kind: "table" | "model";
  /** What builds a model in a deployment; null for a table. */
  readonly builtBy: ModelEngine["kind"] | null;
  readonly format: ReadableTable["format"];
  /** The latest version; null if it is not an open table, or no run has made it yet. */
  readonly version: number | null;
  readonly rows: number;
  /** The address of its folder. */
  readonly location: string;
  /** The line to paste into each engine, or why there is none. */
  readonly engines: Readonly<Partial<Record<EngineName, EngineLine>>>;
}

/**
 * @param name A table or model; undefined for all.
 * @param engine The engine to write lines for; undefined for all.
 * @throws UsageError if there is no such table or model.
 */
export async function tables(
  context: Context,
  name: string | undefined,
  engine: EngineName | undefined,
): Promise<readonly ListedTable[]> {
  const { lake, catalog } = context;
  const all = relationsOf(catalog).filter(isGold);
  const wanted = all.filter((relation) => name === undefined || relation.name === name);
  if (wanted.length === 0 && name !== undefined) {
    throw unknownName("table or model", name, all);
  }
  const inspection = await inspect(lake.gold, catalog);
  const histories = await readHistories(lake.gold);
  const rows = new Map([
    ...inspection.tables.map(({ table, files }) => [table.name, sum(files)] as const),
    ...inspection.models.map(({ model, files }) => [model.name, sum(files)] as const),
  ]);
  const place = placeOf(context);
  return wanted.map((relation) => {
    const table = readableTable(relation, place);
    const shown = engine === undefined ? engineNames : [engine];
    return {
      name: relation.name,
      kind: isTable(relation) ? "table" : "model",
      builtBy: isTable(relation) ? null : builderOf(relation),
      format: table.format,
      version: histories.get(relation.name)?.versions.at(-1)?.version ?? null,
      rows: rows.get(relation.name) ?? 0,
      location: `${place.root}/${relation.name}`,
      engines: Object.fromEntries(shown.map((each) => [each, engines[each].line(table)])),
    };
  });
}

/** Children are tables, too. */
function isTable(relation: GoldRelation): boolean {
  return relation.kind === "current" || relation.model.childOf !== undefined;
}

function builderOf(relation: GoldRelation): ListedTable["builtBy"] {
  return relation.kind === "model" ? relation.model.engine.kind : null;
}

/** Where engines find gold. */
export function placeOf({ lake, settings, environment }: Context): Place {
  const root = lake.gold.description;
  const name = settings.buckets?.gold;
  return {
    root,
    // Only buckets have addresses.
    bucket:
      lake.gold.uri === undefined || name === undefined
        ? undefined
        : { name, region: settings.region ?? "REGION" },
    database: glueDatabase(environment ?? "ENVIRONMENT"),
  };
}

function sum(files: readonly { readonly rows: number }[]): number {
  return files.reduce((total, { rows }) => total + rows, 0);
}
