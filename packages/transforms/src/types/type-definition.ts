/** The definition of a column type, except what needs native code. Each kind's file has one. */
import type { JsonValue } from "../decode/json.ts";
import type { Side } from "./bounds.ts";
import type { Parsed } from "./parsed.ts";
import type { Reading, ReadingOption } from "./reading.ts";
import type { SampleRequest } from "./sample.ts";
import type { Scalar } from "./value.ts";
import type { SchemaBounds, ValueSchema } from "./value-schema.ts";

/**
 * The conditions that a contract can put on a column's values.
 *
 * - none: only whether there is a value; contracts can't write one, so there is no default
 * - equality: also whether two are equal
 * - order: also which is larger, in an order that all engines agree on; the column can have a range
 * - text: equality, and what the string starts with, ends with and contains; the column can have a pattern
 */
export type Conditions = "none" | "equality" | "order" | "text";

/** How a record writes a value. Numbers and booleans may also be written as strings. */
export type JsonForm = "boolean" | "number" | "string" | "any";

/**
 * One kind of column type.
 *
 * `T` is the type as data, with its parameters. `V` is the JavaScript type of its values.
 */
export interface TypeDefinition<T extends { readonly kind: string }, V extends Scalar> {
  /** Types of this kind, with parameters at their limits if it has any. Tests run over all of them. */
  readonly examples: readonly [T, ...T[]];
  readonly conditions: Conditions;
  /** Whether all engines agree which values are equal. If so, it can be a key, and a column can list accepted values. */
  readonly isExact: boolean;
  /** Whether the canonical text begins with a date. If so, a table can be partitioned by its day, month or year. */
  readonly isPartitioning: boolean;
  readonly jsonForm: JsonForm;

  /** The type as people write it: `decimal(18,2)`. */
  name(type: T): string;
  /** The first mistake in the type's parameters, if any. */
  mistake?(type: T): { readonly problem: string; readonly hint: string } | undefined;

  /** Reads a string exactly. */
  parse(text: string, type: T): Parsed<V>;
  /** Reads a JSON value exactly. @returns undefined if the type has no value of this JSON form. */
  fromJson(found: NonNullable<JsonValue>, type: T): Parsed<V> | undefined;
  /** The options of a column about other spellings that it can have with this type. */
  readonly readings: readonly ReadingOption[];
  /** Reads a JSON value as these options say. Needed if the type has options of its own. */
  fromJsonAs?(found: NonNullable<JsonValue>, reading: Reading, type: T): Parsed<V> | undefined;
  /** A value as JSON that `fromJsonAs` reads, for sample records. */
  toJsonAs?(value: V, reading: Reading, type: T): string;
  /** The JSON that a column of the type reads, for producers. It may not exclude a value that the column accepts. */
  jsonSchema(reading: Reading, bounds: SchemaBounds<V>, type: T): ValueSchema;
  /** The canonical text, as our CSV has it. `parse` reads it back. */
  format(value: V, type: T): string;
  /** Values at the type's limits. If it has an order, the smallest comes first and the largest second. */
  extremes(type: T): readonly [V, V, ...V[]];

  /** A plausible value for sample records. */
  sample(request: SampleRequest<V>, type: T): V;
  /** A key in sample records, different for each seed and index. Without it, keys are samples like other values. */
  sampleKey?(seed: number, index: number): V;

  /** The type in DuckDB's SQL. */
  duckDb(type: T): string;
  /** How DuckDB reads the column from CSV, if not as its own type. */
  fromDuckDbCsv?(column: string, type: T): DuckDbCsvColumn | undefined;
  /** How DuckDB writes the column to CSV, if not as its own type. */
  toDuckDbCsv?(column: string, type: T): string | undefined;
  /** Which of DuckDB's values are ours, if its type has more of them. */
  duckDbValues?(column: string): DuckDbValues;
  /** The type in a table of the Glue catalog. */
  glue(type: T): string;
  /** The type in Athena's SQL. */
  athena(type: T): string;
  /** Athena's SQL that parses a canonical text. An invalid text must fail the query. */
  fromAthenaText(text: string, type: T): string;
  /** The type in a Delta table. */
  delta(type: T): string;
  /** A bound in the log of a Delta table, as JSON. Undefined if a reader would skip a file that has matching rows. */
  deltaBound(value: V, side: Side, type: T): string | undefined;
  /** The type in an Iceberg table. */
  iceberg(type: T): string;
  /** A bound in the manifest of an Iceberg table. Undefined if there is none. */
  icebergBound(value: V, side: Side, type: T): Uint8Array | undefined;
}

/** Those values of a type of DuckDB that a file can hold. */
export interface DuckDbValues {
  /** SQL that is true for them. */
  readonly condition: string;
  /** Continues "it holds only": `dates from … to …`. */
  readonly description: string;
}

/** A column that DuckDB reads from CSV as `type`, and the expression that turns it into a value. */
export interface DuckDbCsvColumn {
  readonly type: string;
  readonly value: string;
}
