/** A column type in Arrow and Polars: the half that loads native code. Each kind's file has one. */
import type pl from "nodejs-polars";
import type { ColumnWriter } from "../../decode/column-writer.ts";
import type { EpochUnit } from "../epoch.ts";
import type { Kind, TypeOfKind } from "../types.ts";
import type { Scalar } from "../value.ts";

/** The column that a writer is for. */
export interface WriterColumn {
  /** Its index in the contract. */
  readonly index: number;
  /** In rows. */
  readonly capacity: number;
  readonly pattern: RegExp | undefined;
  /** What numbers count, if the column reads numbers as moments. */
  readonly epoch?: EpochUnit | undefined;
  /** The offset of times without one: `Z`, `+05:30`. */
  readonly assumedOffset?: string | undefined;
}

/** How to read values exactly. Null is never wrong. */
export interface ExactValue {
  /** The value. Polars throws if it cannot cast. */
  readonly value: pl.Expr;
  /** Whether it is not a value of the type. Undefined if Polars' cast finds all of these. */
  readonly wrong?: pl.Expr;
  /** The exact answer, slower. Needed only if `wrong` is true for any. */
  readonly reallyWrong?: pl.Expr;
}

/** One kind of column type; `V` is the JavaScript type of its values. */
export interface NativeType<K extends Kind, V extends Scalar> {
  /** Writes a column of decoded records in Arrow's layout. */
  writer(column: WriterColumn, type: TypeOfKind<K>): ColumnWriter;
  /** The type in Polars. */
  polars(type: TypeOfKind<K>): pl.DataType;
  /** A value as a literal of exactly that type. */
  literal(value: V, type: TypeOfKind<K>): pl.Expr;
  /** Reads the canonical text, as CSV has it. */
  fromText(text: pl.Expr, type: TypeOfKind<K>): ExactValue;
  /** Which values of Polars' type are values of this type. Undefined if all are. */
  holds?(column: pl.Expr, type: TypeOfKind<K>): pl.Expr;
}
