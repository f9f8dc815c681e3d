/** Describes the catalog's contracts and models for reading. */

import { childKeyOf } from "@lakehouse/transforms/contract/check-child";
import { pathsOfColumn } from "@lakehouse/transforms/contract/checked-table";
import { pathText } from "@lakehouse/transforms/contract/path";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table, TableColumn } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { ModelEngine } from "@lakehouse/transforms/model/engine";
import { lookupsOf, type Model } from "@lakehouse/transforms/model/model";
import { typeName } from "@lakehouse/transforms/types/column-type";
import { epochName } from "@lakehouse/transforms/types/epoch";
import type { Reading } from "@lakehouse/transforms/types/reading";
import type { Literal } from "@lakehouse/transforms/types/value";
import { computedText, conditionText } from "./condition-text.ts";

/** The description of a column. */
export interface DescribedColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The rules besides type and nullability, in words. */
  readonly rules: readonly string[];
  readonly description: string;
}

/** The description of a contract. */
export interface DescribedTable {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly DescribedColumn[];
  readonly primaryKey: readonly string[];
  /** Null if it has one partition. */
  readonly partitionBy: string | null;
  readonly orderBy: readonly string[];
  readonly deleteWhen: string | null;
  readonly keysNeverMove: boolean;
  readonly unknownColumns: string;
  /** Null if each value is a record. */
  readonly unwrap: string | null;
  /** Null if objects are JSON. */
  readonly source: NonNullable<Table["source"]> | null;
  readonly expectations: readonly {
    readonly name: string;
    readonly condition: string;
    readonly consequence: string;
  }[];
  readonly checks: readonly string[];
  readonly format: Table["format"];
}

/** The description of a model. */
export interface DescribedModel {
  readonly name: string;
  readonly description: string;
  readonly materialization: string;
  /** The table whose child it is; null if a model's author wrote it. */
  readonly childOf: string | null;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    /** Only of a child. */
    readonly nullable?: boolean;
    readonly rules?: readonly string[];
    readonly description: string;
  }[];
  /** The columns of a child that identify a row. */
  readonly primaryKey?: readonly string[];
  readonly expectations?: DescribedTable["expectations"];
  readonly checks: readonly string[];
  readonly sql: string;
  /** What builds it in a deployment. */
  readonly engine: ModelEngine["kind"];
  /** Its own SQL for Athena; null if `sql` is translated, or DuckDB builds it. */
  readonly athenaSql: string | null;
}

/** The description of the catalog, or of a part of it. */
export interface Description {
  readonly tables: readonly DescribedTable[];
  readonly models: readonly DescribedModel[];
}

/** Describes a whole catalog. */
export function describe({ tables, models }: Catalog): Description {
  return { tables: tables.map(describeTable), models: models.map(describeModel) };
}

function describeTable(table: Table): DescribedTable {
  const { partitionBy } = table;
  return {
    name: table.name,
    description: table.description,
    columns: recordTable(table).columns.map((each) => ({
      name: each.name,
      type: typeName(each.type),
      nullable: each.nullable,
      rules: rulesOf(each),
      description: each.description ?? "",
    })),
    primaryKey: table.primaryKey,
    partitionBy: partitionBy === undefined ? null : `${partitionBy.unit}(${partitionBy.column})`,
    orderBy: table.orderBy,
    deleteWhen: table.deleteWhen === undefined ? null : conditionText(table.deleteWhen),
    keysNeverMove: table.keysNeverMove,
    unknownColumns: table.unknownColumns,
    source: table.source ?? null,
    unwrap: table.unwrap === undefined ? null : pathText(table.unwrap) || "the whole value",
    expectations: describeExpectations(table),
    checks: table.checks.map(checkName),
    format: table.format,
  };
}

function describeExpectations({
  expectations,
}: Pick<Table, "expectations">): DescribedTable["expectations"] {
  return expectations.map(({ name, condition, consequence }) => ({
    name,
    condition: conditionText(condition),
    consequence,
  }));
}

function rulesOf(column: TableColumn): string[] {
  const { name, path, orPaths, child, computed, accepted, minimum, maximum, pattern } = column;
  const rules: string[] = [];
  if (computed !== undefined) {
    rules.push(computedText(computed));
  } else if (path.length !== 1 || path[0] !== name || orPaths !== undefined) {
    rules.push(`from ${pathsOfColumn(column).map(pathText).join(" or ")}`);
  }
  if (child !== undefined) {
    rules.push(`elements are rows of ${name}`);
  }
  if (column.reading !== undefined) {
    rules.push(...spellingsOf(column.reading));
  }
  if (column.default !== undefined) {
    rules.push(`default ${column.default}`);
  }
  if (accepted !== undefined) {
    rules.push(`one of ${accepted.join(", ")}`);
  }
  if (minimum !== undefined) {
    rules.push(`at least ${minimum}`);
  }
  if (maximum !== undefined) {
    rules.push(`at most ${maximum}`);
  }
  if (pattern !== undefined) {
    rules.push(`matches ${pattern}`);
  }
  if (column.pii !== undefined) {
    rules.push(`personal data: ${column.pii}`);
  }
  return rules;
}

/** The options about spelling, in the order in which they apply. */
function spellingsOf(reading: Reading): string[] {
  const { coerce, trim, letters, map, epoch, fromTimestamp, patterns, assumedOffset } = reading;
  const shown = (value: Literal | null): string => (value === null ? "null" : String(value));
  return [
    coerce === true ? (epoch === undefined ? "numbers as sent" : "numbers as strings too") : [],
    trim === true ? "trimmed" : [],
    letters === undefined ? [] : `${letters} case`,
    map === undefined
      ? []
      : map.map(([text, value]) => `${JSON.stringify(text)} is ${shown(value)}`).join(", "),
    fromTimestamp === true ? "the date of a timestamp, in UTC" : [],
    epoch === undefined ? [] : epochName(epoch),
    patterns === undefined ? [] : `written ${patterns.join(" or ")}`,
    assumedOffset === undefined
      ? []
      : `${assumedOffset === "Z" ? "UTC" : assumedOffset} if it has no offset`,
  ].flat();
}

function describeModel(model: Model): DescribedModel {
  const { materialization, engine } = model;
  return {
    name: model.name,
    description: model.description,
    materialization:
      materialization.kind === "full"
        ? "full"
        : [`incremental by ${materialization.table.name}`, ...lookupsOf(model)].join(", looks up "),
    childOf: model.childOf?.name ?? null,
    columns: model.columns.map(({ name, type, description }) => ({
      name,
      type: typeName(type),
      description,
    })),
    ...describeChild(model),
    checks: model.checks.map(checkName),
    sql: model.sql,
    engine: engine.kind,
    athenaSql: (engine.kind === "athena" && engine.sql) || null,
  };
}

/** How a model is built: `full, by Athena`. */
export function howBuilt({
  materialization,
  engine,
}: Pick<DescribedModel, "materialization" | "engine">): string {
  return engine === "athena" ? `${materialization}, by Athena` : materialization;
}

/** What a contract says of a child. */
function describeChild({
  name,
  columns,
  childOf: parent,
}: Model): Partial<Pick<DescribedModel, "columns" | "primaryKey" | "expectations">> {
  const child = parent?.columns.find((column) => column.name === name)?.child;
  if (parent === undefined || child === undefined) {
    return {};
  }
  return {
    columns: columns.map((column) => {
      const own = recordTable(child).columns.find((each) => each.name === column.name);
      return {
        name: column.name,
        type: typeName(column.type),
        nullable: own?.nullable ?? false,
        rules: own === undefined ? [] : rulesOf(own),
        description: column.description,
      };
    }),
    primaryKey: childKeyOf(parent, child),
    expectations: describeExpectations(child),
  };
}
