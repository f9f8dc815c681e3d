/** The columns of a contract, as a user writes them: `decimal(18, 2).notNull().range({ minimum: "0" })`. */
import type { ColumnType, Kind, OrderedKind } from "./column-type.ts";

/** A value as a contract's author writes it; numbers with more than 15 digits are best written as text. */
export type Literal = string | number | bigint | boolean;

/** What is known of a column, apart from its name. */
export interface ColumnSpec {
  readonly type: ColumnType;
  /** Whether a record may leave it out or say null. */
  readonly nullable: boolean;
  /** What stands in for a missing or null value. */
  readonly default?: Literal;
  readonly accepted?: readonly Literal[];
  readonly minimum?: Literal;
  readonly maximum?: Literal;
  readonly pattern?: RegExp;
  readonly description?: string;
  /** Where the value is in the record; the column's own name when absent. */
  readonly path?: readonly string[];
}

/** A column under construction; every method returns a new one. */
export class Column<K extends Kind = Kind> {
  declare readonly kind: K;

  constructor(readonly spec: ColumnSpec) {}

  /** A record without a value for this column is quarantined. */
  notNull(): Column<K> {
    return new Column({ ...this.spec, nullable: false });
  }

  /** The value that a missing or null one is replaced by, before all other rules. */
  default(value: Literal): Column<K> {
    return new Column({ ...this.spec, default: value });
  }

  /** Only these values are accepted. */
  accepts(this: Column<Exclude<K, "float64" | "json">>, ...values: readonly Literal[]): Column<K> {
    return new Column({ ...this.spec, accepted: values });
  }

  /** Values from `minimum` to `maximum`, both included. */
  range(
    this: Column<K & OrderedKind>,
    bounds: { readonly minimum?: Literal; readonly maximum?: Literal },
  ): Column<K> {
    return new Column({ ...this.spec, ...bounds });
  }

  /** Values in which the regular expression finds a match; anchor it to match the whole value. */
  pattern(this: Column<K & "string">, expression: RegExp): Column<K> {
    return new Column({ ...this.spec, pattern: expression });
  }

  /** What the column means; shown by `describe` and in the catalog. */
  describe(description: string): Column<K> {
    return new Column({ ...this.spec, description });
  }

  /** Where the value is in the record, from the outermost key inwards. */
  from(...path: readonly string[]): Column<K> {
    return new Column({ ...this.spec, path });
  }
}

function column<K extends Kind>(type: ColumnType & { kind: K }): Column<K> {
  return new Column<K>({ type, nullable: true });
}

/** Text, kept byte for byte. */
export const string = (): Column<"string"> => column({ kind: "string" });
/** true or false. */
export const boolean = (): Column<"boolean"> => column({ kind: "boolean" });
/** A whole number of 32 bits. */
export const int32 = (): Column<"int32"> => column({ kind: "int32" });
/** A whole number of 64 bits. */
export const int64 = (): Column<"int64"> => column({ kind: "int64" });
/** An IEEE 754 double: the nearest one to the number written. */
export const float64 = (): Column<"float64"> => column({ kind: "float64" });
/** An exact decimal with `precision` digits in all (1 to 38), `scale` of them after the point. */
export const decimal = (precision: number, scale: number): Column<"decimal"> =>
  column({ kind: "decimal", precision, scale });
/** A calendar date, `2024-02-29`. */
export const date = (): Column<"date"> => column({ kind: "date" });
/** A moment: RFC 3339 with any offset in, UTC with microseconds out. */
export const timestamp = (): Column<"timestamp"> => column({ kind: "timestamp" });
/** Any JSON value, kept as canonical text: no white space, members sorted, numbers as written. */
export const json = (): Column<"json"> => column({ kind: "json" });
