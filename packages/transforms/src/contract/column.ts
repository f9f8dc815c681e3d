/** The columns of a contract, as a user writes them: `decimal(18, 2).notNull().range({ minimum: "0" })`. */
import { didYouMean } from "../mistakes/nearest.ts";
import {
  choiceMistake,
  extraMistake,
  isRecord,
  literalMistake,
  type Mistake,
  optionsMistake,
  shown,
  textMistake,
} from "../mistakes/options.ts";
import { located } from "../mistakes/place.ts";
import { onUnknownMember } from "../mistakes/unknown-members.ts";
import { type EpochUnit, momentUnits } from "../types/epoch.ts";
import type { Reading } from "../types/reading.ts";
import type {
  ColumnType,
  ExactKind,
  Kind,
  KindReading,
  LiteralKind,
  OrderedKind,
  TextKind,
} from "../types/types.ts";
import type { Literal } from "../types/value.ts";
import type { Fact } from "./fact.ts";
import { type Path, type PathArgument, pathsOf } from "./path.ts";
import { type PiiMethod, piiMethods } from "./pii-method.ts";

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
  /** What leads to the value in the record. The default is the column's name. */
  readonly path?: Path;
  /** Where to look if there is no value, one after the other. */
  readonly orPaths?: readonly Path[];
  /** How records may spell the values. Absent if they spell them as the type does. */
  readonly reading?: Reading;
  /** What becomes of the values on the way to silver, if they are personal data. */
  readonly pii?: PiiMethod | undefined;
}

/** A column being defined. Every method returns a new one, and the type checker's facts about what producers send. */
export class Column<K extends Kind = Kind, F extends Fact = Fact> {
  declare readonly kind: K;
  declare readonly facts: F;

  readonly #mistake: Mistake | undefined;

  readonly spec: ColumnSpec;

  /** @param mistake The first mistake in the column's definition. `defineTable` reports it with the column's name. */
  constructor(spec: ColumnSpec, mistake?: Mistake) {
    this.spec = spec;
    this.#mistake = mistake;
    located(this);
  }

  /** Returns the first mistake in the column's definition. */
  static mistakeOf(column: Column): Mistake | undefined {
    return column.#mistake;
  }

  /** Quarantines a record without a value for this column. */
  notNull(...none: readonly []): Column<K, F | "notNull"> {
    return this.#with<"notNull">({ nullable: false }, extraMistake("notNull()", none));
  }

  /** Replaces a missing or null value, before any other rule is checked. */
  default(this: Column<K & LiteralKind, F>, value: Literal): Column<K, F | "default"> {
    return this.#with<"default">(
      { default: value },
      literalMistake("the value of default()", value),
    );
  }

  /** Accepts only these values. */
  accepts<const V extends Literal>(
    this: Column<K & ExactKind, F>,
    ...values: readonly V[]
  ): Column<K, F | { readonly accepts: V }> {
    const mistake = values.map((value) => literalMistake("a value of accepts()", value));
    return this.#with<{ readonly accepts: V }>({ accepted: values }, first(mistake));
  }

  /** Accepts only values from `minimum` to `maximum`, both included. */
  range(
    this: Column<K & OrderedKind, F>,
    bounds: { readonly minimum?: Literal; readonly maximum?: Literal },
    ...none: readonly []
  ): Column<K, F> {
    const mistake = boundsMistake("range()", bounds) ?? extraMistake("range()", none);
    return this.#with(mistake === undefined ? { ...bounds } : {}, mistake);
  }

  /** Accepts only strings in which the expression finds a match. Anchor it to match the whole string. */
  pattern(this: Column<K & TextKind, F>, expression: RegExp): Column<K, F> {
    const mistake = {
      problem: "pattern() takes a regular expression",
      hint: "Write it between slashes: .pattern(/^[A-Z]{2}$/).",
    };
    return expression instanceof RegExp
      ? this.#with({ pattern: expression })
      : this.#with({}, mistake);
  }

  /** Says what the column means. The command `describe` and the Glue catalog show it. */
  describe(description: string): Column<K, F> {
    return this.#with({ description }, textMistake("the argument of describe()", description));
  }

  /**
   * Marks personal data. Silver, and everything made from it, has a keyed hash of each value (`"hash"`), `***` or null (`"mask"`),
   * or no such column (`"drop"`). Rules of the contract see the value itself.
   */
  pii(method: PiiMethod, ...none: readonly []): Column<K, F> {
    const mistake =
      choiceMistake("the method of pii()", method, piiMethods) ?? extraMistake("pii()", none);
    return this.#with(mistake === undefined ? { pii: method } : {}, mistake);
  }

  /**
   * Reads the value at this path of the record, outermost key first: `.from("payer", "country")`, or as text,
   * `.from("items[0].sku")`. Of several whole paths the first that leads to a value counts: `.from("after.id", "before.id")`,
   * or `.from(["temp"], ["temperature"])`.
   */
  from<const P extends readonly PathArgument[]>(...paths: P): Column<K, F | { readonly from: P }> {
    const found = pathsOf(paths);
    if ("problem" in found) {
      return this.#with<{ readonly from: P }>({}, found);
    }
    const [path = [], ...orPaths] = found;
    return this.#with<{ readonly from: P }>(orPaths.length === 0 ? { path } : { path, orPaths });
  }

  /** Reads numbers and booleans as the text that was sent. With `epoch`, also reads strings of digits. */
  coerce(
    this: Column<K & KindReading<"coerce">, F>,
    ...none: readonly []
  ): Column<K, F | "coerce"> {
    return this.#reading<"coerce">({ coerce: true }, extraMistake("coerce()", none));
  }

  /** Removes white space at both ends of a string, before anything else reads it. */
  trim(this: Column<K & KindReading<"trim">, F>, ...none: readonly []): Column<K, F | "spelled"> {
    return this.#reading<"spelled">({ trim: true }, extraMistake("trim()", none));
  }

  /** Turns a string into lower case, before anything else reads it. */
  lower(
    this: Column<K & KindReading<"letters">, F>,
    ...none: readonly []
  ): Column<K, F | "spelled"> {
    return this.#reading<"spelled">({ letters: "lower" }, extraMistake("lower()", none));
  }

  /** Turns a string into upper case, before anything else reads it. */
  upper(
    this: Column<K & KindReading<"letters">, F>,
    ...none: readonly []
  ): Column<K, F | "spelled"> {
    return this.#reading<"spelled">({ letters: "upper" }, extraMistake("upper()", none));
  }

  /**
   * Gives values for what producers send: `.map({ yes: true, no: false, "n/a": null })`. A key is a string, or a number or
   * boolean as it was sent. Everything else is read as usual.
   */
  map<const M extends Readonly<Record<string, Literal | null>>>(
    this: Column<K & KindReading<"map">, F>,
    values: M,
    ...none: readonly []
  ): Column<K, F | { readonly map: `${keyof M & (string | number)}` }> {
    const mistake = mapMistake(values) ?? extraMistake("map()", none);
    return mistake === undefined
      ? this.#reading<{ readonly map: `${keyof M & (string | number)}` }>({
          map: Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)),
        })
      : this.#with<{ readonly map: `${keyof M & (string | number)}` }>({}, mistake);
  }

  /**
   * Reads numbers since 1970-01-01T00:00:00Z: seconds, milliseconds, microseconds or nanoseconds. What is finer than a
   * microsecond is cut off. A date can also count days, `"d"`, and is otherwise the date of that moment in UTC.
   */
  epoch(
    this: Column<K & KindReading<"epoch">, F>,
    unit: K extends "date" ? EpochUnit : Exclude<EpochUnit, "d">,
    ...none: readonly []
  ): Column<K, F | "epoch"> {
    const units = this.spec.type.kind === "date" ? ["d", ...momentUnits] : momentUnits;
    const mistake =
      choiceMistake("the unit of epoch()", unit, units) ?? extraMistake("epoch()", none);
    return this.#reading<"epoch">({ epoch: unit }, mistake);
  }

  /** Reads a timestamp, and keeps its date in UTC. */
  fromTimestamp(
    this: Column<K & KindReading<"fromTimestamp">, F>,
    ...none: readonly []
  ): Column<K, F | "fromTimestamp"> {
    return this.#reading<"fromTimestamp">(
      { fromTimestamp: true },
      extraMistake("fromTimestamp()", none),
    );
  }

  /** Reads dates and times as a pattern says: `.parse("dd/MM/yyyy")`. Of several patterns, the first that fits counts. */
  parse(
    this: Column<K & KindReading<"patterns">, F>,
    ...patterns: readonly string[]
  ): Column<K, F | "parse"> {
    const mistake =
      patterns.length === 0
        ? { problem: "parse() has no pattern", hint: 'Write one: .parse("dd/MM/yyyy").' }
        : first(patterns.map((pattern) => textMistake("a pattern of parse()", pattern)));
    return this.#reading<"parse">({ patterns }, mistake);
  }

  /** Takes a time that is written without an offset as UTC. */
  assumeUtc(this: Column<K & KindReading<"assumedOffset">, F>, ...none: readonly []): Column<K, F> {
    return this.#reading({ assumedOffset: "Z" }, extraMistake("assumeUtc()", none));
  }

  /** Gives the offset of a time that is written without one: `.assumeOffset("+05:30")`. */
  assumeOffset(
    this: Column<K & KindReading<"assumedOffset">, F>,
    offset: string,
    ...none: readonly []
  ): Column<K, F> {
    const mistake = /^[+-]([01]\d|2[0-3]):[0-5]\d$/.test(offset)
      ? extraMistake("assumeOffset()", none)
      : {
          problem: `assumeOffset() does not take ${shown(offset)}`,
          hint: 'Write an offset from UTC: .assumeOffset("+05:30"), or .assumeUtc(). A zone with summer time has two.',
        };
    return this.#reading({ assumedOffset: offset }, mistake);
  }

  #reading<G extends Fact = never>(changes: Reading, mistake?: Mistake): Column<K, F | G> {
    return mistake === undefined
      ? this.#with({ reading: { ...this.spec.reading, ...changes } })
      : this.#with({}, mistake);
  }

  #with<G extends Fact = never>(changes: Partial<ColumnSpec>, mistake?: Mistake): Column<K, F | G> {
    return new Column({ ...this.spec, ...changes }, this.#mistake ?? mistake);
  }

  static {
    onUnknownMember(Column, (column, name, names) => () => {
      const problem = `a column has no method ${name}()`;
      return column.#with({}, { problem, hint: didYouMean(name, names) });
    });
  }
}

/** Returns the mistake in the bounds of a range. */
export function boundsMistake(call: string, bounds: unknown): Mistake | undefined {
  const mistake = optionsMistake(call, bounds, ["minimum", "maximum"]);
  if (mistake !== undefined) {
    return mistake;
  }
  const given = Object.entries(bounds as object).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? { problem: `${call} has no bounds`, hint: "Write a minimum, a maximum or both." }
    : first(given.map(([name, value]) => literalMistake(`the ${name} of ${call}`, value)));
}

/** Returns the mistake in the values of `map()`. */
function mapMistake(values: unknown): Mistake | undefined {
  if (!isRecord(values)) {
    return {
      problem: `map() takes an object, not ${shown(values)}`,
      hint: "Write what is sent, and the value: .map({ yes: true, no: false }).",
    };
  }
  const entries = Object.entries(values);
  return entries.length === 0
    ? {
        problem: "map() has no values",
        hint: "Write what is sent, and the value, or remove map().",
      }
    : first(
        entries.map(([text, value]) =>
          value === null
            ? undefined
            : literalMistake(`the value of map() for ${shown(text)}`, value),
        ),
      );
}

function first(mistakes: readonly (Mistake | undefined)[]): Mistake | undefined {
  return mistakes.find((mistake) => mistake !== undefined);
}

function column<K extends Kind>(
  type: ColumnType & { readonly kind: K },
  none: readonly unknown[],
): Column<K, never> {
  return new Column<K, never>({ type, nullable: true }, extraMistake(`${type.kind}()`, none));
}

/**
 * @example
 * ```ts
 * currency: string().notNull().accepts("EUR", "USD"),
 * country: string().from("payer", "country").pattern(/^[A-Z]{2}$/),
 * ```
 *
 * A string, kept byte for byte. Records write it as a string; a number is refused.
 */
export const string = (...none: readonly []): Column<"string", never> =>
  column({ kind: "string" }, none);

/**
 * @example
 * ```ts
 * is_new: boolean().default(false),
 * ```
 *
 * `true` or `false`. Records write it as a boolean or as a string.
 */
export const boolean = (...none: readonly []): Column<"boolean", never> =>
  column({ kind: "boolean" }, none);

/**
 * @example
 * ```ts
 * pieces: int32().notNull().range({ minimum: 1, maximum: 10_000 }),
 * ```
 *
 * A whole number of 32 bits, -2,147,483,648 to 2,147,483,647. Records write it as a number or as a string.
 */
export const int32 = (...none: readonly []): Column<"int32", never> =>
  column({ kind: "int32" }, none);

/**
 * @example
 * ```ts
 * order_id: int64().notNull().range({ minimum: 1 }),
 * ```
 *
 * A whole number of 64 bits. Records write it as a number or as a string. A number that a double can't hold is refused;
 * the same digits in a string are exact.
 */
export const int64 = (...none: readonly []): Column<"int64", never> =>
  column({ kind: "int64" }, none);

/**
 * @example
 * ```ts
 * temperature: float64().range({ minimum: -273.15 }),
 * ```
 *
 * An IEEE 754 double, the nearest one to the number written. Records write it as a number or as a string. It can't be a
 * key. Use `decimal` for money.
 */
export const float64 = (...none: readonly []): Column<"float64", never> =>
  column({ kind: "float64" }, none);

/**
 * @example
 * ```ts
 * amount: decimal(18, 2).notNull().range({ minimum: "0.01" }),
 * ```
 *
 * An exact decimal number. Records write it as a number or as a string. A value with more places or digits is refused,
 * not rounded. So is a number that a double can't hold; the same digits in a string are exact.
 *
 * @param precision The total number of digits, 1 to 38.
 * @param scale The number of digits after the point, 0 to `precision`.
 */
export const decimal = (
  precision: number,
  scale: number,
  ...none: readonly []
): Column<"decimal", never> => column({ kind: "decimal", precision, scale }, none);

/**
 * @example
 * ```ts
 * order_date: date().notNull().range({ minimum: "2020-01-01" }),
 * ```
 *
 * A calendar date, `2024-02-29`, in the years 0001 to 9999. Records write it as a string.
 */
export const date = (...none: readonly []): Column<"date", never> => column({ kind: "date" }, none);

/**
 * @example
 * ```ts
 * paid_at: timestamp().notNull().describe("When the bank booked it"),
 * ```
 *
 * A moment in the years 0001 to 9999. Records write it as a string in RFC 3339, with an offset. It is kept in UTC, in
 * microseconds.
 */
export const timestamp = (...none: readonly []): Column<"timestamp", never> =>
  column({ kind: "timestamp" }, none);

/**
 * @example
 * ```ts
 * details: json().from("payment", "details"),
 * ```
 *
 * Any JSON value, kept as canonical text: no white space, keys sorted, numbers as written. It can't be a key.
 */
export const json = (...none: readonly []): Column<"json", never> => column({ kind: "json" }, none);

/**
 * @example
 * ```ts
 * event_id: uuid().notNull(),
 * ```
 *
 * A UUID, `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
 * Upper case becomes lower case.
 */
export const uuid = (...none: readonly []): Column<"uuid", never> => column({ kind: "uuid" }, none);

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
