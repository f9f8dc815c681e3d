/** Checks a batch's rows against the contract's rules with Polars; the exact path explains each refusal. */
import pl from "nodejs-polars";
import { recordTable } from "../contract/personal.ts";
import type { Table } from "../contract/table.ts";
import type { Batch } from "../decode/batch.ts";
import { ExactReader } from "../decode/exact.ts";
import { keptSelection } from "../personal/kept-frame.ts";
import { withholder } from "../personal/withhold.ts";
import type { Refused } from "../quarantine.ts";
import { columnTypes } from "./condition.ts";
import { polarsCondition } from "./polars-condition.ts";
import { rowRules } from "./rules.ts";

/** A batch whose rows all satisfy the contract, without personal data. */
export interface ValidBatch {
  /** Lazy: Polars filters the rows on its own threads when the frame is written. */
  readonly frame: pl.LazyDataFrame;
  readonly rows: number;
  /** In the order of the records. */
  readonly refused: readonly Refused[];
  readonly dropped: number;
  /** Records that were removed from the object. */
  readonly forgotten: number;
  /** How many rows break a rule that only warns. */
  readonly warned: number;
  /** How many different keys that no column reads the object has had so far. */
  readonly unreadKeys: number;
}

/** No column of a contract has a space in its name. */
const rowNumber = "row number";

/** Validates the batches of one contract. */
export class Validator {
  readonly #exact: ExactReader;
  /** Whether a row breaks a rule that removes it. Undefined if there is no such rule. */
  readonly #removes: pl.Expr | undefined;
  readonly #keeps: pl.Expr | undefined;
  /** How many of the remaining rows break a rule that warns. */
  readonly #warned: pl.Expr | undefined;
  /** Made once, because Polars' JavaScript makes hundreds of functions for each expression. */
  readonly #number = pl.col(rowNumber);

  /** What silver keeps of a frame, and quarantine of a record. Undefined if that is everything. */
  readonly #kept: pl.Expr[] | undefined;
  readonly #withhold: ((refused: Refused) => Refused) | undefined;

  constructor(contract: Table) {
    const table = recordTable(contract);
    this.#kept = keptSelection(contract);
    this.#withhold = withholder(contract);
    const typeOf = columnTypes(table);
    const broken = (warns: boolean): pl.Expr | undefined =>
      rowRules(table)
        .filter(({ consequence }) => (consequence === "warn") === warns)
        .map(({ condition }) => polarsCondition(condition, typeOf).fillNull(true).not())
        .reduce<pl.Expr | undefined>((any, rule) => any?.or(rule) ?? rule, undefined);
    this.#exact = new ExactReader(table);
    this.#removes = broken(false);
    this.#keeps = this.#removes?.not();
    const warns = broken(true);
    this.#warned = (this.#keeps === undefined ? warns : warns?.and(this.#keeps))?.sum();
  }

  /** Removes the rows that break a rule, and personal data. Polars does so on its own threads. */
  async validate(batch: Batch): Promise<ValidBatch> {
    const valid = await this.#judged(batch);
    return {
      ...valid,
      frame: this.#kept === undefined ? valid.frame : valid.frame.select(...this.#kept),
      refused: this.#withhold === undefined ? valid.refused : valid.refused.map(this.#withhold),
    };
  }

  async #judged(batch: Batch): Promise<ValidBatch> {
    const { rows, refused, dropped, forgotten, unreadKeys } = batch;
    const frame = batch.frame.lazy();
    if (rows === 0) {
      return { frame, rows, refused, dropped, forgotten, warned: 0, unreadKeys };
    }
    const [removed, warned] = await Promise.all([
      this.#removedRows(frame),
      this.#countWarned(frame),
    ]);
    if (this.#keeps === undefined || removed.length === 0) {
      return { frame, rows, refused, dropped, forgotten, warned, unreadKeys };
    }
    const explained = this.#explain(batch, removed);
    return {
      frame: frame.filter(this.#keeps),
      rows: rows - removed.length,
      refused: [...refused, ...explained].sort((a, b) => a.byteOffset - b.byteOffset),
      dropped: dropped + removed.length - explained.length,
      forgotten,
      warned,
      unreadKeys,
    };
  }

  async #removedRows(frame: pl.LazyDataFrame): Promise<readonly number[]> {
    if (this.#removes === undefined) {
      return [];
    }
    const removed = await frame
      .withRowIndex(rowNumber)
      .filter(this.#removes)
      .select(this.#number)
      .collect();
    return removed.height === 0 ? [] : removed.getColumn(rowNumber).toArray().map(Number);
  }

  async #countWarned(frame: pl.LazyDataFrame): Promise<number> {
    if (this.#warned === undefined) {
      return 0;
    }
    return Number((await frame.select(this.#warned).collect()).row(0)[0]);
  }

  /** Finds out why rows were removed. @returns Those that are refused, not those that are dropped. */
  #explain({ source }: Batch, rows: readonly number[]): Refused[] {
    const refused: Refused[] = [];
    for (const row of rows) {
      const { line, number, byteOffset, raw, json } = source(row);
      const verdict = this.#exact.read(json ?? raw.toString("utf8"));
      if (verdict.outcome === "row") {
        throw new Error(
          `Polars refuses a record that the exact path accepts, at byte ${byteOffset}. Please report this contract.`,
        );
      }
      if (verdict.outcome === "dropped") {
        continue;
      }
      const { reasons } = verdict;
      refused.push({
        kind: "record",
        line,
        number,
        byteOffset,
        raw: Buffer.from(raw),
        reasons,
        json,
      });
    }
    return refused;
  }
}
