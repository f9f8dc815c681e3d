/** The columns of a contract, as a user writes them: `decimal(18, 2).notNull().range({ minimum: "0" })`. */
import type {
  ColumnType,
  ExactKind,
  Kind,
  LiteralKind,
  OrderedKind,
  TextKind,
} from "../types/types.ts";
import type { Literal } from "../types/value.ts";

/** Everything about a column except its name. */
export interface ColumnSpec {
  readonly type: ColumnType;
  /** Whether a record may omit the value or set it to null. */
  readonly nullable: boolean;
  /** Replaces a missing or null value. */
  readonly default?: Literal;
  readonly accepted?: readonly Literal[];
  readonly minimum?: Literal;
  readonly maximum?: Literal;
  readonly pattern?: RegExp;
  readonly description?: string;
  /** The keys that lead to the value in the record. The default is the column's name. */
  readonly path?: readonly string[];
}

/** A column being defined. Every method returns a new one. */
export class Column<K extends Kind = Kind> {
  declare readonly kind: K;

  constructor(readonly spec: ColumnSpec) {}

  /** Quarantines a record without a value for this column. */
  notNull(): Column<K> {
    return new Column({ ...this.spec, nullable: false });
  }

  /** Replaces a missing or null value, before any other rule is checked. */
  default(this: Column<K & LiteralKind>, value: Literal): Column<K> {
    return new Column({ ...this.spec, default: value });
  }

  /** Accepts only these values. */
  accepts(this: Column<K & ExactKind>, ...values: readonly Literal[]): Column<K> {
    return new Column({ ...this.spec, accepted: values });
  }

  /** Accepts only values from `minimum` to `maximum`, both included. */
  range(
    this: Column<K & OrderedKind>,
    bounds: { readonly minimum?: Literal; readonly maximum?: Literal },
  ): Column<K> {
    return new Column({ ...this.spec, ...bounds });
  }

  /** Accepts only strings in which the expression finds a match. Anchor it to match the whole string. */
  pattern(this: Column<K & TextKind>, expression: RegExp): Column<K> {
    return new Column({ ...this.spec, pattern: expression });
  }

  /** Says what the column means. The command `describe` and the Glue catalog show it. */
  describe(description: string): Column<K> {
    return new Column({ ...this.spec, description });
  }

  /** Reads the value at this path of the record, outermost key first. */
  from(...path: readonly string[]): Column<K> {
    return new Column({ ...this.spec, path });
  }
}

function column<K extends Kind>(type: ColumnType & { readonly kind: K }): Column<K> {
  return new Column<K>({ type, nullable: true });
}

/**
 * @example
 * ```ts
 * currency: string().notNull().accepts("EUR", "USD"),
 * country: string().from("payer", "country").pattern(/^[A-Z]{2}$/),
 * ```
 *
 * A string, kept byte for byte.
 */
export const string = (): Column<"string"> => column({ kind: "string" });

/**
 * @example
 * ```ts
 * is_new: boolean().default(false),
 * ```
 *
 * `true` or `false`.
 */
export const boolean = (): Column<"boolean"> => column({ kind: "boolean" });

/**
 * @example
 * ```ts
 * pieces: int32().notNull().range({ minimum: 1, maximum: 10_000 }),
 * ```
 *
 * A whole number of 32 bits.
 */
export const int32 = (): Column<"int32"> => column({ kind: "int32" });

/**
 * @example
 * ```ts
 * order_id: int64().notNull().range({ minimum: 1 }),
 * ```
 *
 * A whole number of 64 bits.
 */
export const int64 = (): Column<"int64"> => column({ kind: "int64" });

/**
 * @example
 * ```ts
 * temperature: float64().range({ minimum: -273.15 }),
 * ```
 *
 * An IEEE 754 double: the nearest one to the number written. Use `decimal` for money.
 */
export const float64 = (): Column<"float64"> => column({ kind: "float64" });

/**
 * @example
 * ```ts
 * amount: decimal(18, 2).notNull().range({ minimum: "0.01" }),
 * ```
 *
 * An exact decimal number. A value with more places or digits is refused, not rounded.
 *
 * @param precision The total number of digits, 1 to 38.
 * @param scale The number of digits after the point, 0 to `precision`.
 */
export const decimal = (precision: number, scale: number): Column<"decimal"> =>
  column({ kind: "decimal", precision, scale });

/**
 * @example
 * ```ts
 * order_date: date().notNull().range({ minimum: "2020-01-01" }),
 * ```
 *
 * A calendar date, `2024-02-29`.
 */
export const date = (): Column<"date"> => column({ kind: "date" });

/**
 * @example
 * ```ts
 * paid_at: timestamp().notNull().describe("When the bank booked it"),
 * ```
 *
 * A moment. Records write it in RFC 3339 with any offset; it is kept in UTC, in microseconds.
 */
export const timestamp = (): Column<"timestamp"> => column({ kind: "timestamp" });

/**
 * @example
 * ```ts
 * details: json().from("payment", "details"),
 * ```
 *
 * Any JSON value, kept as canonical text: no white space, members sorted, numbers as written.
 */
export const json = (): Column<"json"> => column({ kind: "json" });

/**
 * @example
 * ```ts
 * event_id: uuid().notNull(),
 * ```
 *
 * A UUID, `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12. Upper case becomes
 * lower case.
 */
export const uuid = (): Column<"uuid"> => column({ kind: "uuid" });

/** The column function of each kind, as contracts import it. Does not compile while one is missing. */
export const columnFunctions = {
  string,
  boolean,
  int32,
  int64,
  float64,
  decimal,
  date,
  timestamp,
  uuid,
  json,
} satisfies { readonly [K in Kind]: (...parameters: never) => Column<K> };
