/** What the type checker knows of the JSON that producers send, from the contract's columns. Types only. */
import type { Kind } from "../types/types.ts";
import type { Literal } from "../types/value.ts";
import type { Each } from "./child.ts";
import type { Column } from "./column.ts";

type Columns = Readonly<Record<string, Column>>;

/**
 * A record as producers write it, as `lakehouse schema` describes it: its values are where `from()` reads them, and what may be
 * null may be missing. Of several paths, each may have the value.
 *
 * @param X The names of the computed columns, which records do not have.
 */
export type SentRecord<
  C extends Columns,
  H extends Readonly<Record<string, Each>> = Readonly<Record<never, never>>,
  X = never,
> = Flat<AllOf<SentColumns<C, X>> & AllOf<SentChildren<H>>>;

type SentColumns<C extends Columns, X> = {
  [N in Exclude<keyof C, X> & string]: C[N] extends Column<infer K, infer F>
    ? AtPaths<PathsOf<F, N>, SentValue<K, F>, IsRequired<F>>
    : never;
}[Exclude<keyof C, X> & string];

type SentChildren<H extends Readonly<Record<string, Each>>> = {
  [N in keyof H & string]: H[N] extends Each<infer C, infer P, infer X>
    ? AtPaths<
        ReadPaths<readonly [P]>,
        readonly SentRecord<C, Readonly<Record<never, never>>, X>[],
        false
      >
    : never;
}[keyof H & string];

type IsRequired<F> = "default" extends F ? false : "notNull" extends F ? true : false;

/** Turns a union of the parts of a record into their intersection. Each is boxed, because it may be a union itself. */
type AllOf<U> = [U] extends [never]
  ? unknown
  : (U extends { readonly box: infer B } ? (part: B) => void : never) extends (
        part: infer A,
      ) => void
    ? A
    : never;

/** Shows an intersection's members as those of one object. */
type Flat<R> = unknown extends R ? Readonly<Record<never, never>> : { [M in keyof R]: R[M] };

/** What leads to the value: the paths of `from()`, otherwise the column's name. */
type PathsOf<F, N extends string> = [Extract<F, { readonly from: unknown }>] extends [never]
  ? readonly [readonly [N]]
  : Extract<F, { readonly from: unknown }> extends { readonly from: infer P }
    ? ReadPaths<P>
    : never;

/** Reads the arguments of `from()` as `pathsOf` does. */
type ReadPaths<P> = P extends readonly (string | number)[]
  ? HasText<P> extends true
    ? { readonly [I in keyof P]: TextPath<P[I]> }
    : readonly [P]
  : P extends readonly unknown[]
    ? { readonly [I in keyof P]: P[I] extends readonly unknown[] ? P[I] : TextPath<P[I]> }
    : never;

type HasText<P extends readonly unknown[]> = P[number] extends infer E
  ? true extends (E extends `${string}${"." | "[" | "]"}${string}` ? true : false)
    ? true
    : false
  : never;

/** `items[0].sku` as `["items", 0, "sku"]`. */
type TextPath<T> = T extends `${infer Head}.${infer Rest}`
  ? readonly [...TextKeys<Head>, ...TextPath<Rest>]
  : T extends string
    ? TextKeys<T>
    : readonly (string | number)[];

type TextKeys<T extends string> =
  T extends `${infer Head}[${infer Index extends number}]${infer Rest}`
    ? readonly [...(Head extends "" ? readonly [] : readonly [Head]), Index, ...TextKeys<Rest>]
    : T extends ""
      ? readonly []
      : readonly [T];

/** A value at its paths, boxed. With several, each may have it. */
type AtPaths<P, V, R> = P extends readonly [infer Only]
  ? { readonly box: AtPath<Only, V, R> }
  : P extends readonly unknown[]
    ? { [I in keyof P]: { readonly box: AtPath<P[I], V, false> } }[number]
    : never;

type AtPath<P, V, R> = P extends readonly [infer Key, ...infer Rest]
  ? string extends Key
    ? Readonly<Record<string, unknown>>
    : Key extends string
      ? R extends true
        ? { readonly [M in Key]: AtPath<Rest, V, R> }
        : { readonly [M in Key]?: AtPath<Rest, V, R> | null | undefined }
      : Key extends number
        ? AtIndex<Key, AtPath<Rest, V, R>, R>
        : never
  : P extends readonly []
    ? V
    : Readonly<Record<string, unknown>>;

/** An array with the element. @param B The elements before it. */
type AtIndex<I extends number, E, R, B extends readonly unknown[] = readonly []> = number extends I
  ? readonly unknown[]
  : B["length"] extends I
    ? R extends true
      ? readonly [...B, E, ...unknown[]]
      : readonly [...Partial<B>, (E | null | undefined)?, ...unknown[]]
    : AtIndex<I, E, R, readonly [...B, unknown]>;

/** The JSON values that a column reads. */
type SentValue<K extends Kind, F> = Given<K, F> | Mapped<F>;

/** What `map()` reads: its keys, in any case and with white space if the column allows it. */
type Mapped<F> =
  Extract<F, { readonly map: string }> extends infer M
    ? M extends { readonly map: infer T extends string }
      ? "spelled" extends F
        ? string | Unquoted<T>
        : T | Unquoted<T>
      : never
    : never;

/** A text that is a number or a boolean in JSON, as such. */
type Unquoted<T> = T extends `${infer V extends number | boolean}` ? V : never;

/** What the column's type reads, or the values that it accepts. */
type Given<K extends Kind, F> = [Extract<F, { readonly accepts: unknown }>] extends [never]
  ? Forms<F>[K]
  : Extract<F, { readonly accepts: unknown }> extends { readonly accepts: infer V extends Literal }
    ? Accepted<K, V, F>
    : never;

/** Texts can be sent only as the contract writes them. Values of other types have several spellings. */
type Accepted<K extends Kind, V extends Literal, F> = "spelled" | "coerce" extends F
  ? Forms<F>[K]
  : K extends "string"
    ? AcceptedText<V, F>
    : K extends "int32" | "int64"
      ? AcceptedInteger<V, F>
      : Forms<F>[K];

type AcceptedText<V, F> = "spelled" extends F
  ? Forms<F>["string"]
  : "coerce" extends F
    ? V | (V extends string ? Unquoted<V> : never)
    : V;

type AcceptedInteger<V extends Literal, F> = "spelled" extends F
  ? Forms<F>["int64"]
  : V extends bigint | number
    ? V | `${V}`
    : Forms<F>["int64"];

interface Forms<F> {
  readonly string: "coerce" extends F ? string | number | boolean : string;
  readonly boolean: boolean | ("spelled" extends F ? string : "true" | "false");
  readonly int32: number | string;
  readonly int64: number | bigint | string;
  readonly float64: number | string;
  readonly decimal: number | bigint | string;
  readonly date: "fromTimestamp" extends F ? MomentForms<F> : DayForms<F>;
  readonly timestamp: MomentForms<F>;
  readonly uuid: string;
  readonly json: NonNullable<unknown>;
}

/** A JavaScript date is written in RFC 3339. */
type MomentForms<F> = "epoch" extends F
  ? EpochForms<F>
  : "parse" extends F
    ? string
    : string | Date;

type DayForms<F> = "epoch" extends F ? EpochForms<F> : string;

type EpochForms<F> = "coerce" extends F ? number | bigint | string : number | bigint;
