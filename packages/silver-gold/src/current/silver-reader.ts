/** Turns frames read from silver files into frames with exactly the contract's columns and types. */
import type { CanonicalTypes, NativeFormat } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { rulesOf } from "@lakehouse/transforms/contract/fingerprint";
import { partitionLength } from "@lakehouse/transforms/contract/partition";
import type { Table } from "@lakehouse/transforms/contract/table";
import { asError } from "@lakehouse/transforms/errors";
import {
  columnFromText,
  columnFromTyped,
  type ExactColumn,
  missingColumn,
  polarsType,
} from "@lakehouse/transforms/types/native/exact-column";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import pl from "nodejs-polars";
import { SilverObjectError } from "../errors.ts";
import type { SilverObject } from "./silver-objects.ts";

/** Columns of current rows that are not in the contract. They order the rows of a key, and the latest wins. */
export const arrivalColumns = ["_arrival", "_object", "_row"] as const;
/** A count, and a column of frames in between. */
const partitionColumn = "_partition";

/** The number of a row in a frame of several objects, and that of the first row of its object. */
const indexColumn = "__index";
const firstColumn = "__first";

// Polars' expressions are costly to make, so those that are the same for all tables are made once.
const originColumns = [pl.col("_arrival"), pl.col("_object")];
const objectColumn = pl.col("_object");
const rowColumn = pl.col(indexColumn).sub(pl.col(firstColumn)).alias("_row");
const firstRowColumns = [
  pl.col(firstColumn).cast(pl.UInt32),
  pl.col(firstColumn).cast(pl.UInt32).alias(indexColumn),
];
const categories = originColumns.map((column) => column.cast(pl.Categorical));
/** Polars never frees a category, so only what takes much more memory anyway is worth one. In bytes of silver. */
const bytesOfCategory = 64 * 1024;

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

/** What is made once for a table. */
interface TableRecipes {
  /** By the files' format, columns and types. */
  readonly recipes: Map<string, Recipe>;
  readonly canonical: CanonicalTypes;
  readonly partition: PartitionColumns;
}

/** The expressions that find the partitions of rows that have their types. */
interface PartitionColumns {
  /** The day of the row. */
  readonly day: pl.Expr;
  /** The partition's value, of the day or the row. */
  readonly value: pl.Expr;
}

const knownTables = new WeakMap<Table, TableRecipes>();

/** Reads the silver of one table. */
export class SilverReader {
  readonly table: Table;
  readonly #recipes: Map<string, Recipe>;
  readonly #canonical: CanonicalTypes;
  readonly #partition: PartitionColumns;
  readonly #haveCategories: boolean;

  /** @param objects All that it reads. If they are large, arrival and object become categories, which are written much faster. */
  constructor(table: Table, objects: readonly SilverObject[] = []) {
    this.table = table;
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    this.#haveCategories = bytes > objects.length * bytesOfCategory;
    const known = knownTables.get(table) ?? recipesOf(table);
    knownTables.set(table, known);
    this.#recipes = known.recipes;
    this.#canonical = known.canonical;
    this.#partition = known.partition;
  }

  /**
   * The types that a file can be read with right away, if its content is known to be what bronze→silver wrote with this contract.
   * Undefined if another contract made it. Then each value is checked.
   */
  canonicalTypes(contract: string): CanonicalTypes | undefined {
    const isOwn = rulesOf(contract) === rulesOf(this.table.silverFingerprint);
    return isOwn ? this.#canonical : undefined;
  }

  /**
   * Gives rows their types, and adds where they came from.
   *
   * @param raw Rows as they are in the file.
   * @param firstRow The number of the first row within the file.
   * @param canonical The types that they were read with, if their values need no check.
   * @throws SilverObjectError if a value does not fit its column's type.
   */
  type(
    raw: pl.DataFrame,
    object: SilverObject,
    firstRow: number,
    canonical?: CanonicalTypes,
  ): pl.DataFrame {
    try {
      const recipe = this.#recipeFor(raw, object, canonical);
      this.#refuseWrong(raw, recipe, object);
      return raw
        .withRowIndex("_row", firstRow)
        .select(
          ...recipe.select,
          this.#origin(object.arrival).alias("_arrival"),
          this.#origin(object.bronzeKey).alias("_object"),
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
    canonical?: CanonicalTypes,
  ): pl.DataFrame {
    const [any] = objects;
    try {
      const recipe = this.#recipeFor(raw, any, canonical);
      this.#refuseWrong(raw, recipe, any);
      return raw
        .withRowIndex(indexColumn)
        .joinAsof(this.#originsOf(objects, rows), { on: indexColumn, strategy: "backward" })
        .withColumns(rowColumn)
        .select(...recipe.select, ...originColumns);
    } catch (error) {
      throw error instanceof SilverObjectError ? error : unreadable(any, error);
    }
  }

  /** The values of the partitions of rows that have their types. */
  partitionsIn(frame: pl.DataFrame): string[] {
    if (frame.height === 0) {
      return [];
    }
    const { day, value } = this.#partition;
    const values = frame.select(day).unique().select(value).unique();
    return values.getColumn(partitionColumn).toArray().map(String);
  }

  /** The same for each object, by bronze key. */
  partitionsByObject(frame: pl.DataFrame): Map<string, Set<string>> {
    const { day, value } = this.#partition;
    const pairs = frame.select(objectColumn, day).unique().select(objectColumn, value).unique();
    const [objects = [], values = []] = ["_object", partitionColumn].map((name) =>
      pairs.getColumn(name).toArray().map(String),
    );
    const found = new Map<string, Set<string>>();
    for (const [index, object] of objects.entries()) {
      const known = found.get(object) ?? new Set();
      found.set(object, known.add(values[index] ?? ""));
    }
    return found;
  }

  /** The rows of some partitions. */
  within(frame: pl.DataFrame, partitions: ReadonlySet<string>): pl.DataFrame {
    return frame.filter(this.#partition.value.isIn([...partitions]));
  }

  #origin(text: string): pl.Expr {
    return this.#haveCategories ? pl.lit(text).cast(pl.Categorical) : pl.lit(text);
  }

  /** The first row of each object that has rows, and where the object came from. */
  #originsOf(objects: readonly SilverObject[], rows: readonly number[]): pl.DataFrame {
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
      .withColumns(...firstRowColumns, ...(this.#haveCategories ? categories : []));
  }

  #recipeFor(
    raw: pl.DataFrame,
    { format }: SilverObject,
    canonical: CanonicalTypes | undefined,
  ): Recipe {
    const isCanonical = canonical !== undefined;
    const signature = JSON.stringify([format, raw.columns, raw.dtypes, isCanonical]);
    const recipe =
      this.#recipes.get(signature) ??
      this.#makeRecipe(raw, nativeFormats[format].values, isCanonical);
    this.#recipes.set(signature, recipe);
    return recipe;
  }

  #makeRecipe(raw: pl.DataFrame, values: NativeFormat["values"], isCanonical: boolean): Recipe {
    const { columns, partitionBy } = this.table;
    const types = new Map(raw.columns.map((name, index) => [name, raw.dtypes[index]]));
    const exact = columns.map(({ name, type }): ExactColumn => {
      const found = types.get(name);
      if (found === undefined) {
        return missingColumn(name, type);
      }
      const isText = found.equals(pl.String) && !polarsType(type).equals(pl.String);
      return isCanonical && !isText
        ? { cast: pl.col(name) }
        : exactColumn[values](name, type, found);
    });
    const column = partitionBy?.column;
    const partition = column === undefined || types.has(column) ? column : undefined;
    return {
      select: [...exact.map(({ cast }) => cast), pl.col("_row").cast(pl.Int64)],
      wrong: [
        ...exact.flatMap(({ wrong }) => wrong ?? []),
        ...(column === undefined
          ? []
          : [
              (partition === undefined ? pl.lit(null) : pl.col(partition))
                .isNull()
                .cast(pl.Int64)
                .sum()
                .alias(partitionColumn),
            ]),
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

function recipesOf(table: Table): TableRecipes {
  const types = table.columns.map(({ name, type }) => [name, polarsType(type)] as const);
  return {
    recipes: new Map(),
    canonical: new Map(types),
    partition: partitionColumns(table.partitionBy),
  };
}

function partitionColumns(partitionBy: Table["partitionBy"]): PartitionColumns {
  if (partitionBy === undefined) {
    const value = pl.lit("").alias(partitionColumn);
    return { day: value, value };
  }
  const { column, unit } = partitionBy;
  const day = pl.col(column).cast(pl.Date);
  const text = day.cast(pl.String).str.slice(0, partitionLength[unit]);
  return { day, value: text.alias(partitionColumn) };
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
