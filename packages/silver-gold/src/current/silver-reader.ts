/** Turns frames read from silver files into frames with exactly the contract's columns and types. */

import type { NativeFormat } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { partitionLength } from "@lakehouse/transforms/contract/partition";
import type { Table } from "@lakehouse/transforms/contract/table";
import { asError } from "@lakehouse/transforms/errors";
import {
  columnFromText,
  columnFromTyped,
  type ExactColumn,
  missingColumn,
} from "@lakehouse/transforms/types/native/exact-column";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import pl from "nodejs-polars";
import { SilverObjectError } from "../errors.ts";
import type { SilverObject } from "./silver-objects.ts";

/** Columns of current rows that are not in the contract. They order the rows of a key, and the latest wins. */
export const arrivalColumns = ["_arrival", "_object", "_row"] as const;
/** The column with the partition value. It is not written to current rows. */
export const partitionColumn = "_partition";

/** The number of a row in a frame of several objects, and that of the first row of its object. */
const indexColumn = "__index";
const firstColumn = "__first";

// Polars' expressions are costly to make, so those that are the same for all tables are made once.
const originColumns = [pl.col("_arrival"), pl.col("_object")];
const rowColumn = pl.col(indexColumn).sub(pl.col(firstColumn)).alias("_row");
const firstRowColumns = [
  pl.col(firstColumn).cast(pl.UInt32),
  pl.col(firstColumn).cast(pl.UInt32).alias(indexColumn),
];

/** How a column gets its type, depending on whether the file's format has types. */
const exactColumn = {
  strings: columnFromText,
  typed: columnFromTyped,
} satisfies Readonly<
  Record<
    NativeFormat["values"],
    (name: string, type: ColumnType, found: pl.DataType) => ExactColumn
  >
>;

/** How to read files with certain columns. */
interface Recipe {
  readonly select: readonly pl.Expr[];
  readonly wrong: readonly pl.Expr[];
  readonly reallyWrong: readonly pl.Expr[];
}

/** The recipes of each table, by the files' format, columns and types. */
const knownRecipes = new WeakMap<Table, Map<string, Recipe>>();

/** Reads the silver of one table. */
export class SilverReader {
  readonly table: Table;
  readonly #recipes: Map<string, Recipe>;

  constructor(table: Table) {
    this.table = table;
    this.#recipes = knownRecipes.get(table) ?? new Map();
    knownRecipes.set(table, this.#recipes);
  }

  /**
   * Gives rows their types, and adds where they came from.
   *
   * @param raw Rows as they are in the file.
   * @param firstRow The number of the first row within the file.
   * @throws SilverObjectError if a value does not fit its column's type.
   */
  type(raw: pl.DataFrame, object: SilverObject, firstRow: number): pl.DataFrame {
    try {
      const recipe = this.#recipeFor(raw, object);
      this.#refuseWrong(raw, recipe, object);
      return raw
        .withRowIndex("_row", firstRow)
        .select(
          ...recipe.select,
          pl.lit(object.arrival).alias("_arrival"),
          pl.lit(object.bronzeKey).alias("_object"),
        );
    } catch (error) {
      throw error instanceof SilverObjectError ? error : unreadable(object, error);
    }
  }

  /**
   * Does the same for the whole files of several objects, one after another.
   *
   * @param rows The number of rows of each object.
   * @throws SilverObjectError that names any of them.
   */
  typeAll(
    raw: pl.DataFrame,
    objects: readonly [SilverObject, ...SilverObject[]],
    rows: readonly number[],
  ): pl.DataFrame {
    const [any] = objects;
    try {
      const recipe = this.#recipeFor(raw, any);
      this.#refuseWrong(raw, recipe, any);
      return raw
        .withRowIndex(indexColumn)
        .joinAsof(originsOf(objects, rows), { on: indexColumn, strategy: "backward" })
        .withColumns(rowColumn)
        .select(...recipe.select, ...originColumns);
    } catch (error) {
      throw error instanceof SilverObjectError ? error : unreadable(any, error);
    }
  }

  #recipeFor(raw: pl.DataFrame, { format }: SilverObject): Recipe {
    const signature = JSON.stringify([format, raw.columns, raw.dtypes]);
    const recipe =
      this.#recipes.get(signature) ?? this.#makeRecipe(raw, nativeFormats[format].values);
    this.#recipes.set(signature, recipe);
    return recipe;
  }

  #makeRecipe(raw: pl.DataFrame, values: NativeFormat["values"]): Recipe {
    const { columns, partitionBy } = this.table;
    const types = new Map(raw.columns.map((name, index) => [name, raw.dtypes[index]]));
    const exact = columns.map(({ name, type }): ExactColumn => {
      const found = types.get(name);
      if (found === undefined) {
        return missingColumn(name, type);
      }
      return exactColumn[values](name, type, found);
    });
    const partition = partitionOf(partitionBy, types.has(partitionBy?.column ?? ""));
    return {
      select: [
        ...exact.map(({ cast }) => cast),
        pl.col("_row").cast(pl.Int64),
        partition.alias(partitionColumn),
      ],
      wrong: [
        ...exact.flatMap(({ wrong }) => wrong ?? []),
        ...(partitionBy === undefined
          ? []
          : [partition.isNull().cast(pl.Int64).sum().alias(partitionColumn)]),
      ],
      reallyWrong: exact.flatMap(({ wrong, reallyWrong = wrong }) => reallyWrong ?? []),
    };
  }

  #refuseWrong(raw: pl.DataFrame, { wrong, reallyWrong }: Recipe, object: SilverObject): void {
    const counts = countsOf(raw, wrong);
    if (counts.get(partitionColumn) !== undefined) {
      const column = this.table.partitionBy?.column;
      throw new SilverObjectError(
        object.key,
        `column ${column}, which decides the partition, has nulls`,
      );
    }
    const names = counts.size === 0 ? [] : [...countsOf(raw, reallyWrong).keys()];
    if (names.length > 0) {
      throw new SilverObjectError(
        object.key,
        `column ${names.join(", ")} has values that do not fit the contract's type`,
      );
    }
  }
}

/** The first row of each object that has rows, and where the object came from. */
function originsOf(objects: readonly SilverObject[], rows: readonly number[]): pl.DataFrame {
  const firsts: number[] = [];
  const origins: SilverObject[] = [];
  let first = 0;
  for (const [index, object] of objects.entries()) {
    const height = rows[index] ?? 0;
    if (height > 0) {
      firsts.push(first);
      origins.push(object);
    }
    first += height;
  }
  return pl
    .DataFrame({
      [firstColumn]: firsts,
      _arrival: origins.map(({ arrival }) => arrival),
      _object: origins.map(({ bronzeKey }) => bronzeKey),
    })
    .withColumns(...firstRowColumns);
}

/** The value of the partition that a row belongs to. @param isThere Whether the file has the column. */
function partitionOf(partitionBy: Table["partitionBy"], isThere: boolean): pl.Expr {
  if (partitionBy === undefined) {
    return pl.lit("");
  }
  const { column, unit } = partitionBy;
  const text = (isThere ? pl.col(column) : pl.lit(null)).cast(pl.String);
  return text.str.slice(0, partitionLength[unit]);
}

/** @param error Polars' error. Its message shows values, so it goes into the detail. */
export function unreadable({ key }: SilverObject, error: unknown): SilverObjectError {
  const detail = asError(error).message;
  return new SilverObjectError(key, "it does not match its contract", detail);
}

/** The counts that are not 0, by name. */
function countsOf(frame: pl.DataFrame, counts: readonly pl.Expr[]): Map<string, number> {
  if (frame.height === 0) {
    return new Map();
  }
  const result = frame.select(...counts);
  const row = result.row(0).map(Number);
  const all = result.columns.map((name, index) => [name, row[index] ?? 0] as const);
  return new Map(all.filter(([, value]) => value > 0));
}
