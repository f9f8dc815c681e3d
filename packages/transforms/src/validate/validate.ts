/** Holds a batch's rows to the contract's rules with Polars; what they refuse, the exact path explains. */
import pl from "nodejs-polars";
import type { Table } from "../contract/table.ts";
import type { Batch } from "../decode/decoder.ts";
import { ExactReader } from "../decode/exact.ts";
import type { Refused } from "../quarantine.ts";
import { columnTypes } from "./condition.ts";
import { polarsCondition } from "./polars-condition.ts";
import { rowRules } from "./rules.ts";

/** A batch of which every row keeps the contract. */
export interface ValidBatch {
  /** Lazy: rows are taken out on Polars' threads, when the frame is written. */
  readonly frame: pl.LazyDataFrame;
  readonly rows: number;
  /** In the order of the records. */
  readonly refused: readonly Refused[];
  readonly dropped: number;
  /** How many of the rows break a rule that only warns. */
  readonly warned: number;
}

/** Validates the batches of one contract. */
export class Validator {
  private readonly exact: ExactReader;
  private readonly removes: pl.Expr;
  private readonly keeps: pl.Expr;
  /** How many rows break a rule that removes them, and how many of the others one that warns. */
  private readonly removing: pl.Expr | undefined;
  private readonly warning: pl.Expr | undefined;

  constructor(table: Table) {
    const typeOf = columnTypes(table);
    const broken = (warns: boolean): pl.Expr[] =>
      rowRules(table)
        .filter(({ consequence }) => (consequence === "warn") === warns)
        .map(({ condition }) => polarsCondition(condition, typeOf).fillNull(true).not());
    const [removing, warning] = [broken(false), broken(true)];
    this.exact = new ExactReader(table);
    this.removes = anyOf(removing);
    this.keeps = this.removes.not();
    this.removing = removing.length === 0 ? undefined : this.removes.sum();
    this.warning = warning.length === 0 ? undefined : anyOf(warning).and(this.keeps).sum();
  }

  /** Takes out the rows that break a rule. */
  validate(batch: Batch): ValidBatch {
    const { refused, dropped } = batch;
    const frame = batch.frame.lazy();
    const warned = countOf(batch, this.warning);
    const count = countOf(batch, this.removing);
    if (count === 0) return { frame, rows: batch.rows, refused, dropped, warned };
    const removed = this.remove(batch);
    return {
      frame: frame.filter(this.keeps),
      rows: batch.rows - count,
      refused: [...refused, ...removed].sort((a, b) => a.byteOffset - b.byteOffset),
      dropped: dropped + count - removed.length,
      warned,
    };
  }

  /** @returns The rows to remove, without those that are only dropped. */
  private remove({ frame, source }: Batch): Refused[] {
    const refused: Refused[] = [];
    const indexed = frame.withRowIndex("row number").filter(this.removes);
    for (const row of indexed.getColumn("row number").toArray()) {
      const { line, byteOffset, raw } = source(Number(row));
      const verdict = this.exact.read(raw.toString("utf8"));
      if (verdict.outcome === "row") {
        throw new Error(
          `Polars refuses what the exact path accepts, at byte ${byteOffset}: please report this contract`,
        );
      }
      if (verdict.outcome === "dropped") continue;
      refused.push({ kind: "record", line, byteOffset, raw, reasons: verdict.reasons });
    }
    return refused;
  }
}

/** Counts are taken one at a time: Polars takes several times as long for two in one. */
function countOf({ frame, rows }: Batch, count: pl.Expr | undefined): number {
  return rows === 0 || count === undefined ? 0 : Number(frame.select(count).row(0)[0]);
}

const anyOf = (rules: readonly pl.Expr[]): pl.Expr =>
  rules.reduce((a, b) => a.or(b), pl.lit(false) as pl.Expr);
