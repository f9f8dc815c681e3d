/** What the page shows at first view: contracts, models, lineage and the latest run. It lists nothing, and reads no rows. */
import { duckDbType } from "@lakehouse/formats/column";
import { bronzePrefix, quarantinePrefix, silverPrefix } from "@lakehouse/lake/keys";
import { relationsOf, silverNamesOf } from "@lakehouse/lake/relations";
import type {
  CheckData,
  ColumnData,
  EdgeData,
  EngineData,
  LakeData,
  LineageData,
  ModelData,
  RelationData,
  RowsInGold,
  RunData,
  TableData,
} from "@lakehouse/page/data";
import { uniqueMistakes } from "@lakehouse/tables/table-mistake";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { openEngine } from "../engine/open-engine.ts";
import { ModelError } from "../errors.ts";
import {
  type DescribedModel,
  type DescribedTable,
  describe,
  howBuilt,
} from "../inspect/describe.ts";
import { engineNames, engines, isGold, readableTable } from "../inspect/engines.ts";
import { type GoldSummary, summarize } from "../inspect/summary.ts";
import { readHistories, type TableHistory } from "../inspect/versions.ts";
import { inputNames, resolveModel } from "../models/model-graph.ts";
import { type FailedChecks, readFailedChecks } from "../state/failed-checks.ts";
import { kindOf } from "./column-kind.ts";
import type { PageLake } from "./page-lake.ts";

/** @throws StateError if the run record or what it names is damaged. */
export async function lakeData(page: PageLake, now: Date): Promise<LakeData> {
  const { lake, catalog, mistakes, environment, commandLine, place } = page;
  const [gold, histories, lineage] = await Promise.all([
    summarize(lake.gold, catalog),
    readHistories(lake.gold),
    lineageOf(page),
  ]);
  const failed = await readFailedChecks(lake.gold, gold.lastRun?.sequence ?? 0);
  const rows = rowsInGold(page, gold, histories, failed);
  const { tables, models } = describe(catalog);
  const byName = new Map(catalog.models.map((model) => [model.name, model]));
  return {
    location: place.root,
    environment: environment ?? null,
    commandLine,
    at: now.toISOString(),
    lastRun: runOf(gold),
    mistakes: uniqueMistakes(mistakes).map(({ folder, message }) => ({ folder, message })),
    tables: tables.map((table, index) => tableOf(page, table, catalog.tables[index], rows)),
    models: models.map((model) => {
      const { athena = null } = gold.relations.get(model.name) ?? {};
      return { ...modelOf(model, byName.get(model.name), rows), athena };
    }),
    lineage,
    relations: relationsOf(catalog).map(relationOf),
    retired: gold.retired.map(({ kind, name }) => ({ kind, name })),
  };
}

function runOf({ lastRun, currentRows, isPublished, unfinished }: GoldSummary): RunData | null {
  if (lastRun === undefined) {
    return null;
  }
  const { sequence, committedAt, finishedAt = null, newObjects } = lastRun;
  const state = { currentRows, published: isPublished, unfinished };
  return { sequence, committedAt, finishedAt, newObjects, ...state };
}

/** Returns what a table or model has in gold, by its description. */
type RowsOf = (described: DescribedTable | DescribedModel) => RowsInGold;

function rowsInGold(
  { catalog, place }: PageLake,
  gold: GoldSummary,
  histories: ReadonlyMap<string, TableHistory>,
  failed: FailedChecks | undefined,
): RowsOf {
  const relations = new Map(
    relationsOf(catalog)
      .filter(isGold)
      .map((relation) => [relation.name, readableTable(relation, place)]),
  );
  return ({ name, description, expectations = [], checks }) => {
    const { freshness, rows } = gold.relations.get(name) ?? { freshness: "new", rows: 0 };
    const table = relations.get(name);
    const lines = engineNames.map((engine): EngineData => {
      const { title, line } = engines[engine];
      const found = table === undefined ? { missing: "" } : line(table);
      return { name: engine, title, line: null, missing: null, ...found };
    });
    const at = freshness === "current" ? (gold.lastRun?.committedAt ?? null) : null;
    const failures = failed?.checks.filter(({ model }) => model === name) ?? [];
    // One that every table has is in no contract.
    const all = new Set([...checks, ...failures.map(({ check }) => check)]);
    const results = [...all].map((check): CheckData => {
      const failure = failures.find((each) => each.check === check);
      return failed === undefined || failure === undefined
        ? { name: check, result: at === null ? "not run" : "passed", at, failing: null }
        : { name: check, result: "failed", at: failed.at, failing: failure.failing };
    });
    return {
      name,
      description,
      freshness,
      format: table?.format ?? "table",
      rows,
      version: histories.get(name)?.versions.at(-1)?.version ?? null,
      address: `${place.root}/${name}`,
      engines: lines,
      expectations,
      checks: results,
    };
  };
}

function tableOf(
  { lake, bronze }: PageLake,
  described: DescribedTable,
  table: Table | undefined,
  rows: RowsOf,
): TableData {
  const { name, primaryKey, partitionBy, orderBy, deleteWhen, unwrap, source } = described;
  const { columns, keysNeverMove, unknownColumns } = described;
  const defined = table === undefined ? [] : recordTable(table).columns;
  return {
    ...rows(described),
    columns: columns.map(({ nullable, rules, ...column }, index): ColumnData => {
      const { type, pii = null } = defined[index] ?? {};
      const kind = type === undefined ? "other" : kindOf(type);
      return { ...column, kind, nullable, rules, personal: pii };
    }),
    primaryKey,
    partitionBy,
    orderBy,
    deleteWhen,
    keysNeverMove,
    unknownColumns,
    unwrap,
    source: source === null ? "JSON" : JSON.stringify(source),
    bronze: bronze === undefined ? null : `${bronze}/${bronzePrefix(name)}`,
    silver: `${lake.silver.description}/${silverPrefix(name)}`,
    quarantine: `${lake.silver.description}/${quarantinePrefix(name)}`,
  };
}

function modelOf(
  described: DescribedModel,
  model: Model | undefined,
  rows: RowsOf,
): Omit<ModelData, "athena"> {
  const { childOf, columns, primaryKey = [], sql } = described;
  return {
    ...rows(described),
    columns: columns.map(({ nullable = true, rules = [], ...column }, index): ColumnData => {
      const type = model?.columns[index]?.type;
      const kind = type === undefined ? "other" : kindOf(type);
      return { ...column, kind, nullable, rules, personal: null };
    }),
    materialization: howBuilt(described),
    childOf,
    primaryKey,
    sql,
  };
}

function relationOf({ name, kind, columns }: ReturnType<typeof relationsOf>[number]): RelationData {
  const named = columns.map((column) => ({ name: column.name, type: duckDbType(column.type) }));
  return { name, kind: kind === "current" ? "table" : kind, columns: named };
}

/** The graph. A model whose query can't be understood is in it without what it reads. */
async function lineageOf({ catalog, scratch }: PageLake): Promise<LineageData> {
  const layers = catalog.tables.map(({ name }) => {
    const [silver = "", quarantine = ""] = silverNamesOf({ name });
    return { table: name, bronze: `bronze_${name}`, silver, quarantine };
  });
  const nodes = [
    ...layers.flatMap(({ table, bronze, silver, quarantine }) => [
      { name: bronze, kind: "bronze" as const, table },
      { name: silver, kind: "silver" as const, table },
      { name: quarantine, kind: "quarantine" as const, table },
      { name: table, kind: "table" as const, table },
    ]),
    ...catalog.models.map(({ name }) => ({ name, kind: "model" as const, table: null })),
  ];
  const flows = layers.flatMap(({ table, bronze, silver, quarantine }) => [
    { from: bronze, to: silver, kind: "rows" as const },
    { from: bronze, to: quarantine, kind: "rows" as const },
    { from: silver, to: table, kind: "rows" as const },
  ]);
  return { nodes, edges: [...flows, ...(await edgesOfModels(catalog, scratch))] };
}

async function edgesOfModels(catalog: Catalog, directory: string): Promise<EdgeData[]> {
  using engine = await openEngine({ directory });
  const inputs = inputNames(catalog);
  const edges: EdgeData[] = [];
  for (const model of catalog.models) {
    try {
      const { reads, checkReads } = await resolveModel(engine, inputs, model);
      const compared = checkReads.filter((name) => !reads.includes(name) && name !== model.name);
      edges.push(
        ...reads.map((from) => ({ from, to: model.name, kind: "rows" as const })),
        ...compared.map((from) => ({ from, to: model.name, kind: "check" as const })),
      );
    } catch (error) {
      if (!(error instanceof ModelError)) {
        throw error;
      }
    }
  }
  return edges;
}
