/** The tables and models of one test: given rows, and models that are built from them as a run builds them. */
import type { FileColumn } from "@lakehouse/formats/column";
import { identifier } from "@lakehouse/formats/sql-text";
import type { Relation } from "@lakehouse/lake/relations";
import { partitionLength } from "@lakehouse/transforms/contract/partition";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Model, ModelColumn } from "@lakehouse/transforms/model/model";
import { formatValue, parseText } from "@lakehouse/transforms/types/column-type";
import type { Engine, JsonValue, View } from "../engine/engine.ts";
import type { CheckFailure } from "../errors.ts";
import { builtView, type CheckOfRows } from "../models/check-query.ts";
import type { ResolvedModel } from "../models/model-graph.ts";
import { tableOf, whole } from "../models/model-plan.ts";
import type { PartitionOf } from "../models/relations.ts";
import { defineResult, resultView } from "../models/result-view.ts";
import { runCheck } from "../models/run-checks.ts";
import { type Rows, type TextRow, viewOf } from "./rows.ts";

/** What a test's models are built from. */
export interface TestedLakeInput {
  readonly engine: Engine;
  /** By name. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** By name. */
  readonly models: ReadonlyMap<string, ResolvedModel>;
  /** By the names of tables and models. All other tables have no rows. */
  readonly given: ReadonlyMap<string, Rows>;
}

/** Builds models in memory. */
export class TestedLake {
  readonly #input: TestedLakeInput;
  readonly #built = new Map<string, Promise<Rows>>();

  constructor(input: TestedLakeInput) {
    this.#input = input;
  }

  /**
   * The rows of a table or model.
   *
   * @param partition If the table or model is divided by the same table, only this partition.
   */
  async rowsOf(name: string, partition?: PartitionOf): Promise<Rows> {
    const given = this.#input.given.get(name);
    if (given !== undefined) {
      return partition === undefined ? given : this.#partOf(name, given, partition);
    }
    const resolved = this.#input.models.get(name);
    if (resolved === undefined) {
      return { columns: this.#relation(name).columns, rows: [] };
    }
    const table = tableOf(resolved.model);
    if (table === undefined) {
      return await this.#build(resolved);
    }
    const values = partition?.table === table.name ? [partition.value] : this.#partitionsOf(table);
    const parts: Rows[] = [];
    for (const value of values) {
      parts.push(await this.#build(resolved, { table: table.name, value }));
    }
    return { columns: resolved.model.columns, rows: parts.flatMap(({ rows }) => rows) };
  }

  /** Runs a check of a model. @returns The failure. */
  async check(
    model: Model,
    check: CheckOfRows,
    reads: readonly string[],
  ): Promise<CheckFailure | undefined> {
    const { engine } = this.#input;
    const rows = await this.rowsOf(model.name);
    const others: [string, Rows][] = [];
    for (const name of reads) {
      others.push([name, await this.rowsOf(name)]);
    }
    using session = await engine.session();
    for (const [name, each] of [[builtView, rows] as const, ...others]) {
      await session.define(name, viewOf(each));
    }
    return await runCheck(engine, session, check, model);
  }

  async #build(resolved: ResolvedModel, partition?: PartitionOf): Promise<Rows> {
    const key = JSON.stringify([resolved.model.name, partition?.value]);
    const built = this.#built.get(key) ?? this.#query(resolved, partition);
    this.#built.set(key, built);
    return await built;
  }

  async #query({ model, reads }: ResolvedModel, partition?: PartitionOf): Promise<Rows> {
    const inputs: [string, View][] = [];
    for (const name of reads) {
      inputs.push([name, viewOf(await this.rowsOf(name, partition))]);
    }
    using session = await this.#input.engine.session();
    await defineResult(session, model.sql, inputs);
    const { batches } = await session.stream(`select * from ${identifier(resultView)}`);
    const rows: TextRow[] = [];
    for await (const batch of batches) {
      rows.push(...batch.map((row) => model.columns.map((column, at) => textOf(column, row[at]))));
    }
    return { columns: model.columns, rows };
  }

  /** The partitions of a table: those of its given rows or, without any, of given models that are divided by it. */
  #partitionsOf(table: Table): readonly string[] {
    const { given } = this.#input;
    const divided = [...given].filter(([name]) => this.#isDivided(name, table));
    const own = divided.filter(([name]) => name === table.name);
    const values = (own.length > 0 ? own : divided).flatMap(([, each]) =>
      each.rows.map((row) => valueIn(table, each, row)),
    );
    return [...new Set(values)].sort();
  }

  #partOf(name: string, given: Rows, { table: by, value }: PartitionOf): Rows {
    const relation = this.#input.relations.get(by);
    if (relation?.kind !== "current" || !this.#isDivided(name, relation.table)) {
      return given;
    }
    const { table } = relation;
    return { ...given, rows: given.rows.filter((row) => valueIn(table, given, row) === value) };
  }

  /** Whether a table or model has the partitions of a table. */
  #isDivided(name: string, table: Table): boolean {
    const model = this.#input.models.get(name)?.model;
    return name === table.name || (model !== undefined && tableOf(model)?.name === table.name);
  }

  #relation(name: string): { readonly columns: readonly FileColumn[] } {
    const relation = this.#input.relations.get(name);
    if (relation === undefined) {
      throw new Error(`There is no relation ${name}.`);
    }
    return relation;
  }
}

/** The partition of a row. Rows of a model without the column that divides the table are in one partition. */
function valueIn({ partitionBy }: Table, { columns }: Rows, row: TextRow): string {
  const at = columns.findIndex(({ name }) => name === partitionBy?.column);
  return partitionBy === undefined || at === -1
    ? whole
    : (row[at] ?? "").slice(0, partitionLength[partitionBy.unit]);
}

/** A value of a result as our CSV has it. */
function textOf({ type }: ModelColumn, value: JsonValue | undefined): string | null {
  if (value === null || value === undefined) {
    return null;
  }
  const text = String(value);
  const parsed = parseText(type, text);
  return parsed.ok ? formatValue(type, parsed.value) : text;
}
