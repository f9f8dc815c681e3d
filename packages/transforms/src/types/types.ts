/** All column types, by kind. */
import { booleanType } from "./boolean.ts";
import { dateType } from "./date.ts";
import { decimalType } from "./decimal.ts";
import { float64Type } from "./float64.ts";
import { int32Type } from "./int32.ts";
import { int64Type } from "./int64.ts";
import { jsonType } from "./json.ts";
import type { ReadingOption } from "./reading.ts";
import { stringType } from "./string.ts";
import { timestampType } from "./timestamp.ts";
import type { TypeDefinition } from "./type-definition.ts";
import { uuidType } from "./uuid.ts";
import type { Scalar } from "./value.ts";

/** Each definition's kind is its key. `types/native/native-types.ts` has the other half of each. */
export const types = tableOf({
  string: stringType,
  boolean: booleanType,
  int32: int32Type,
  int64: int64Type,
  float64: float64Type,
  decimal: decimalType,
  date: dateType,
  timestamp: timestampType,
  uuid: uuidType,
  json: jsonType,
});

function tableOf<
  const D extends {
    readonly [K in keyof D & string]: TypeDefinition<{ readonly kind: K }, Scalar>;
  },
>(definitions: D): D {
  return definitions;
}

type Types = typeof types;

/** The name of a kind of column type. */
export type Kind = keyof Types;

/** The column type of one kind, as data. */
export type TypeOfKind<K extends Kind> = { [N in K]: Readonly<Types[N]["examples"][number]> }[K];

/** The type of a column, as data. */
export type ColumnType = TypeOfKind<Kind>;

/** Kinds whose definition has these properties. */
type KindWith<P> = { [K in Kind]: Types[K] extends P ? K : never }[Kind];

/** Kinds whose values have an order that all engines agree on. */
export type OrderedKind = KindWith<{ readonly conditions: "order" }>;
/** Kinds whose values are text, which can have a pattern. */
export type TextKind = KindWith<{ readonly conditions: "text" }>;
/** Kinds whose equality all engines agree on. */
export type ExactKind = KindWith<{ readonly isExact: true }>;
/** Kinds whose values a contract can write. */
export type LiteralKind = Exclude<Kind, KindWith<{ readonly conditions: "none" }>>;
/** Kinds that can have an option about other spellings. */
export type KindReading<O extends ReadingOption> = {
  [K in Kind]: O extends Types[K]["readings"][number] ? K : never;
}[Kind];
/** The conditions that a contract can put on a column's values, by kind. */
export type ConditionsOf<K extends Kind> = Types[K]["conditions"];
/** How a record writes a value, by kind. */
export type JsonFormOf<K extends Kind> = Types[K]["jsonForm"];

/** The definition of any kind. */
export type AnyDefinition = TypeDefinition<ColumnType, Scalar>;

const definitions: { readonly [K in Kind]: AnyDefinition } = types;

/** The definition of a column type. */
export function definitionOf(type: ColumnType): AnyDefinition {
  return definitions[type.kind];
}

/** The examples of every kind. Tests run over them, so a new kind is tested without touching the tests. */
export const exampleTypes: readonly ColumnType[] = Object.values(definitions).flatMap(
  ({ examples }) => examples,
);

/** All kinds whose definition satisfies `is`. */
export function kindsWhere(is: (definition: AnyDefinition) => boolean): string[] {
  return Object.entries(definitions)
    .filter(([, definition]) => is(definition))
    .map(([kind]) => kind);
}
