/** Checks the form of a contract as the user wrote it, before anything else reads it. */
import { didYouMean, nearest } from "../mistakes/nearest.ts";
import {
  choiceMistake,
  isRecord,
  type Mistake,
  optionsMistake,
  shown,
  textMistake,
} from "../mistakes/options.ts";
import { tableChecksMistake } from "../model/check-row-count.ts";
import { modelFormats } from "./checked-table.ts";
import { childrenMistake } from "./child.ts";
import { Column, columnFunctions } from "./column.ts";
import { partitionLength } from "./partition.ts";
import { type Path, pathsOf } from "./path.ts";

const tableOptions = [
  "name",
  "description",
  "columns",
  "computed",
  "children",
  "primaryKey",
  "partitionBy",
  "orderBy",
  "deleteWhen",
  "keysNeverMove",
  "unknownColumns",
  "unwrap",
  "source",
  "expectations",
  "checks",
  "format",
] as const;

type Options = Readonly<Record<string, unknown>>;

/** Returns the first mistake in a contract's form. The columns are checked later. */
export function definitionMistake(definition: unknown): Mistake | undefined {
  const mistake = optionsMistake("defineTable()", definition, tableOptions);
  if (mistake !== undefined || !isRecord(definition)) {
    return mistake;
  }
  return (
    textMistake("its name", definition["name"]) ??
    optionalText("its description", definition["description"]) ??
    columnsMistake(definition["columns"]) ??
    functionMistake(
      "its computed",
      definition["computed"],
      "computed: (row) => ({ is_large: row.amount.gt(1000) }).",
    ) ??
    childrenMistake(definition["children"], definition["source"]) ??
    primaryKeyMistake(definition) ??
    partitionMistake(definition) ??
    orderMistake(definition) ??
    deleteWhenMistake(definition) ??
    keysNeverMoveMistake(definition) ??
    unknownColumnsMistake(definition["unknownColumns"]) ??
    unwrapMistake(definition["unwrap"]) ??
    sourceMistake(definition["source"], definition["unwrap"]) ??
    formatMistake(definition["format"]) ??
    functionMistake(
      "its expectations",
      definition["expectations"],
      "expectations: (row) => [expectation(…)].",
    ) ??
    tableChecksMistake(definition["checks"])
  );
}

/** Returns the mistake in a value that must be an object of columns. */
export function columnsMistake(columns: unknown): Mistake | undefined {
  if (!isRecord(columns)) {
    return {
      problem: `columns is ${shown(columns)}`,
      hint: "Write columns: { order_id: int64().notNull(), … }.",
    };
  }
  const [name, value] =
    Object.entries(columns).find(([, column]) => !(column instanceof Column)) ?? [];
  if (name === undefined) {
    return undefined;
  }
  return { problem: `column ${name} is ${shown(value)}`, hint: columnHint(name, value) };
}

function columnHint(name: string, value: unknown): string {
  const called = typeof value === "function" ? value.name : value;
  if (typeof called !== "string") {
    return `Write a column, such as ${name}: string().`;
  }
  if (typeof value === "function" && called in Column.prototype) {
    return `Call it: ${name}: ….${called}().`;
  }
  const functions = Object.keys(columnFunctions);
  const example = nearest(called, functions) ?? "string";
  const meant = functions.includes(called) ? "" : `${didYouMean(called, functions)} `;
  return `${meant}Call it: ${name}: ${example}().`;
}

/** Returns the mistake in a value that must be a string or undefined. */
export function optionalText(what: string, value: unknown): Mistake | undefined {
  return value === undefined ? undefined : textMistake(what, value);
}

function primaryKeyMistake({ primaryKey }: Options): Mistake | undefined {
  if (primaryKey === undefined) {
    return undefined;
  }
  if (Array.isArray(primaryKey) && primaryKey.length === 0) {
    return {
      problem: "its primaryKey is an empty list",
      hint: "Name the columns that identify a row. If each record is a row of its own, leave primaryKey out.",
    };
  }
  return Array.isArray(primaryKey) && primaryKey.every((name) => typeof name === "string")
    ? undefined
    : {
        problem: `its primaryKey is ${Array.isArray(primaryKey) ? "not a list of names" : shown(primaryKey)}`,
        hint: 'Write a list: primaryKey: ["order_id"].',
      };
}

function partitionMistake({ partitionBy }: Options): Mistake | undefined {
  const units = Object.keys(partitionLength);
  if (partitionBy === undefined) {
    return undefined;
  }
  if (!isRecord(partitionBy)) {
    return {
      problem: `its partitionBy is ${shown(partitionBy)}`,
      hint: 'Write partitionBy: month("order_date"), or day or year, or leave it out.',
    };
  }
  return (
    optionsMistake("partitionBy", partitionBy, ["unit", "column"]) ??
    choiceMistake("the unit of partitionBy", partitionBy["unit"], units) ??
    textMistake("the column of partitionBy", partitionBy["column"])
  );
}

function orderMistake({ orderBy }: Options): Mistake | undefined {
  const names: readonly unknown[] = [orderBy ?? []].flat();
  return names.every((name) => typeof name === "string")
    ? undefined
    : {
        problem: `its orderBy is ${Array.isArray(orderBy) ? "not a list of names" : shown(orderBy)}`,
        hint: 'Write a name or a list of names: orderBy: "updated_at".',
      };
}

function deleteWhenMistake({ deleteWhen, primaryKey }: Options): Mistake | undefined {
  if (deleteWhen !== undefined && typeof deleteWhen !== "function") {
    return {
      problem: `its deleteWhen is ${shown(deleteWhen)}`,
      hint: 'Write a function: deleteWhen: (row) => row.op.eq("d").',
    };
  }
  return deleteWhen !== undefined && primaryKey === undefined
    ? {
        problem: "it has deleteWhen, but no primaryKey, so there is no key to delete",
        hint: "Name the primaryKey, or remove deleteWhen.",
      }
    : undefined;
}

function keysNeverMoveMistake({
  keysNeverMove,
  partitionBy,
  primaryKey,
}: Options): Mistake | undefined {
  if (keysNeverMove !== undefined && typeof keysNeverMove !== "boolean") {
    return {
      problem: `its keysNeverMove is ${shown(keysNeverMove)}`,
      hint: "Write keysNeverMove: true, or leave it out.",
    };
  }
  const missing = primaryKey === undefined ? "primaryKey" : "partitionBy";
  return keysNeverMove === true && (primaryKey === undefined || partitionBy === undefined)
    ? {
        problem: `it has keysNeverMove, but no ${missing}`,
        hint: `Remove keysNeverMove: without ${missing}, no key can move to another partition.`,
      }
    : undefined;
}

function unknownColumnsMistake(value: unknown): Mistake | undefined {
  return value === undefined
    ? undefined
    : choiceMistake("unknownColumns", value, ["ignore", "quarantine"]);
}

/** The formats of each layer. */
const formatsOf = { silver: ["csv", "parquet"], gold: modelFormats } as const;

function unwrapMistake(unwrap: unknown): Mistake | undefined {
  const path = unwrap === undefined ? [] : unwrapPath(unwrap);
  return "problem" in path ? path : undefined;
}

function sourceMistake(source: unknown, unwrap: unknown): Mistake | undefined {
  if (source === undefined) {
    return undefined;
  }
  const hint = 'Write source: csv(), or source: csv({ delimiter: ";" }).';
  if (!isRecord(source) || source["format"] !== "csv") {
    return { problem: `its source is ${shown(source)}`, hint };
  }
  if (unwrap !== undefined) {
    return {
      problem: "it has unwrap and source: csv(), but rows of CSV are in no envelope",
      hint: "Remove one of the two.",
    };
  }
  const { delimiter } = source;
  const isDelimiter = typeof delimiter === "string" && /^[\t\x20-\x7e]$/.test(delimiter);
  return isDelimiter && delimiter !== '"'
    ? optionsMistake("csv()", source, ["format", "delimiter"])
    : {
        problem: `the delimiter of csv() is ${shown(delimiter)}`,
        hint: `Use one ASCII character. ${hint}`,
      };
}

/** The path of `unwrap`. */
export function unwrapPath(unwrap: unknown): Path | Mistake {
  const isPath = typeof unwrap === "string" || Array.isArray(unwrap);
  const paths = isPath ? pathsOf([unwrap]) : { problem: "" };
  const [path] = "problem" in paths ? [] : paths;
  return (
    path ?? {
      problem: `its unwrap is ${Array.isArray(unwrap) ? "not a list of keys" : shown(unwrap)}`,
      hint: 'Write the path to the array of records: unwrap: "Records", or unwrap: [] if all of it is an array.',
    }
  );
}

function formatMistake(format: unknown): Mistake | undefined {
  if (format === undefined) {
    return undefined;
  }
  const mistake = optionsMistake("format", format, ["silver", "gold"]);
  if (mistake !== undefined || !isRecord(format)) {
    return mistake;
  }
  for (const [layer, value] of Object.entries(format)) {
    const found =
      value === undefined
        ? undefined
        : choiceMistake(
            `the format of ${layer}`,
            value,
            formatsOf[layer as keyof typeof formatsOf],
          );
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function functionMistake(what: string, value: unknown, example: string): Mistake | undefined {
  return value === undefined || typeof value === "function"
    ? undefined
    : {
        problem: `${what} ${what.endsWith("s") ? "are" : "is"} ${shown(value)}`,
        hint: `Write a function: ${example}`,
      };
}
