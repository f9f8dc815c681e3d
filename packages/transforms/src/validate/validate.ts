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
  readonly frame: pl.DataFrame;
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
  private readonly removing: readonly pl.Expr[];
  private readonly removes: pl.Expr;
  private readonly keeps: pl.Expr;
  private readonly warning: readonly pl.Expr[];

  constructor(table: Table) {
    const typeOf = columnTypes(table);
    const broken = rowRules(table).map(({ condition, consequence }, i) => ({
      consequence,
      expression: polarsCondition(condition, typeOf).fillNull(true).not().alias(`rule ${i}`),
    }));
    this.exact = new ExactReader(table);
    const warns = broken.filter((rule) => rule.consequence === "warn");
    const removes = broken.filter((rule) => rule.consequence !== "warn");
    this.removes = anyOf(removes.map((rule) => rule.expression));
    this.keeps = this.removes.not();
    this.removing = removes.map((rule) => rule.expression.sum());
    this.warning = warns.length === 0 ? [] : [anyOf(warns.map((rule) => rule.expression)).sum()];
  }

  /** Takes out the rows that break a rule. */
  validate(batch: Batch): ValidBatch {
    const { rows } = batch;
    const removed = batch.rows === 0 ? [] : this.removedRows(batch.frame);
    const refused = [...batch.refused];
    let { dropped } = batch;
    for (const row of removed) {
      const { line, byteOffset, raw } = batch.source(row);
      const verdict = this.exact.read(raw.toString("utf8"));
      if (verdict.outcome === "row") {
        throw new Error(
          `Polars refuses what the exact path accepts, at byte ${byteOffset}: please report this contract`,
        );
      }
      if (verdict.outcome === "dropped") dropped++;
      else refused.push({ kind: "record", line, byteOffset, raw, reasons: verdict.reasons });
    }
    if (removed.length > 0) refused.sort((a, b) => a.byteOffset - b.byteOffset);
    const frame = removed.length > 0 ? batch.frame.filter(this.keeps) : batch.frame;
    const kept = rows - removed.length;
    const warned = kept === 0 ? 0 : countOf(frame, this.warning);
    return { frame, rows: kept, refused, dropped, warned };
  }

  private removedRows(frame: pl.DataFrame): number[] {
    if (countOf(frame, this.removing) === 0) return [];
    const indexed = frame.withRowIndex("row number").filter(this.removes);
    return [...indexed.getColumn("row number")].map(Number);
  }
}

/** How often the rules are broken, all together. */
function countOf(frame: pl.DataFrame, broken: readonly pl.Expr[]): number {
  if (broken.length === 0) return 0;
  const counts = frame.select(...broken).row(0);
  return counts.reduce((sum: number, count) => sum + Number(count), 0);
}

const anyOf = (rules: readonly pl.Expr[]): pl.Expr =>
  rules.reduce((a, b) => a.or(b), pl.lit(false) as pl.Expr);
